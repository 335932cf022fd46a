from django.urls import path

from listening.vault.api.views import ContactView

urlpatterns = [path("conversations/<uuid:pk>/contact", ContactView.as_view(), name="contact")]
