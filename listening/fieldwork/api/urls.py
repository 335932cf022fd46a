from django.urls import path

from listening.fieldwork.api.views import SessionsView, SessionView, VenuesView

urlpatterns = [
    path("venues", VenuesView.as_view(), name="venues"),
    path("sessions", SessionsView.as_view(), name="sessions"),
    path("sessions/<uuid:pk>", SessionView.as_view(), name="session"),
]
