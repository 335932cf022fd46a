from django.urls import path

from listening.capture.api.views import ConversationListView, ConversationView, FindingListView, FindingView

urlpatterns = [
    path("conversations", ConversationListView.as_view(), name="conversations"),
    path("conversations/<uuid:pk>", ConversationView.as_view(), name="conversation"),
    path("findings", FindingListView.as_view(), name="findings"),
    path("findings/<uuid:pk>", FindingView.as_view(), name="finding"),
]
