from django.urls import path

from listening.capture.api.tiles import ConversationTilesView, ConversationTileView
from listening.capture.api.views import ConversationListView, ConversationView, FindingListView, FindingView

urlpatterns = [
    path("conversations", ConversationListView.as_view(), name="conversations"),
    path("conversations/<uuid:pk>", ConversationView.as_view(), name="conversation"),
    path("findings", FindingListView.as_view(), name="findings"),
    path("findings/<uuid:pk>", FindingView.as_view(), name="finding"),
    path("tiles/conversations", ConversationTilesView.as_view(), name="conversation-tiles"),
    path("tiles/conversations/<str:z>/<str:x>/<str:y>.mvt", ConversationTileView.as_view(), name="conversation-tile"),
]
