from django.urls import path

from listening.attachments.api.views import AttachmentContentView, AttachmentListView, AttachmentView

urlpatterns = [
    path("attachments", AttachmentListView.as_view(), name="attachments"),
    path("attachments/<uuid:pk>", AttachmentView.as_view(), name="attachment"),
    path("attachments/<uuid:pk>/content", AttachmentContentView.as_view(), name="attachment-content"),
]
