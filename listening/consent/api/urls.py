from django.urls import path

from listening.consent.api.views import NoticesView

urlpatterns = [path("notices", NoticesView.as_view(), name="notices")]
