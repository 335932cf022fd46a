"""The pages of the desk, under /desk/."""

from django.urls import path

from listening.desk.pages import conflicts, incoming, next_places, phones, sessions, themes, venues, waiting

urlpatterns = [
    path("", incoming.incoming, name="desk"),
    path("findings/<uuid:pk>/themes/", themes.finding_themes, name="desk-themes"),
    path("conflicts/", conflicts.conflicts, name="desk-conflicts"),
    path("conflicts/<int:pk>/settle/", conflicts.settle, name="desk-settle"),
    path("waiting/", waiting.waiting_ops, name="desk-waiting"),
    path("waiting/<uuid:pk>/release/", waiting.release_op, name="desk-release"),
    path("waiting/<uuid:pk>/dismiss/", waiting.dismiss_op, name="desk-dismiss"),
    path("phones/", phones.phones, name="desk-phones"),
    path("sessions/", sessions.sessions, name="desk-sessions"),
    path("sessions/add/", sessions.add, name="desk-session-add"),
    path("sessions/<uuid:pk>/", sessions.change, name="desk-session"),
    path("venues/", venues.venues, name="desk-venues"),
    path("venues/add/", venues.add, name="desk-venue-add"),
    path("venues/<int:pk>/", venues.change, name="desk-venue"),
    path("next/", next_places.next_places, name="desk-next"),
]
