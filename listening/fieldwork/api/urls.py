from django.urls import path

from listening.fieldwork.api import devices
from listening.fieldwork.api.views import SessionsView, SessionView, VenuesView

urlpatterns = [
    path("venues", VenuesView.as_view(), name="venues"),
    path("sessions", SessionsView.as_view(), name="sessions"),
    path("sessions/<uuid:pk>", SessionView.as_view(), name="session"),
    path("devices", devices.DevicesView.as_view(), name="device-list"),
    path("devices/enrolment-codes", devices.EnrolmentCodesView.as_view(), name="enrolment-codes"),
    path("devices/enrol", devices.EnrolView.as_view(), name="enrol"),
    path("devices/hello", devices.HelloView.as_view(), name="hello"),
    path("devices/<uuid:pk>", devices.OneDeviceView.as_view(), name="device"),
    path("devices/<uuid:pk>/confirmation", devices.ConfirmationView.as_view(), name="device-confirmation"),
]
