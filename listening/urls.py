"""The addresses of listening under /api/v1/; pages are mounted in backend.urls."""

from django.urls import include, path

urlpatterns = [
    path("", include("listening.codelists.api.urls")),
    path("", include("listening.fieldwork.api.urls")),
    path("", include("listening.consent.api.urls")),
    path("", include("listening.capture.api.urls")),
    path("", include("listening.vault.api.urls")),
    path("", include("listening.attachments.api.urls")),
    path("", include("listening.needmaps.api.urls")),
    path("", include("listening.publishing.api.urls")),
    path("", include("listening.erasure.api.urls")),
    path("sync/", include("listening.sync.api.urls")),
]
