"""The pages: start, sign in and out, language, and the need map. Mounted at / by backend.urls."""

from django.urls import path
from django.views.i18n import set_language

from backend.policy import Public, access
from listening.dashboard.entrance import SignIn, SignOut, home
from listening.dashboard.views import dashboard

urlpatterns = [
    path("", home, name="home"),
    path("dashboard/", dashboard, name="dashboard"),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", SignOut.as_view(), name="logout"),
    path("language/", access(Public)(set_language), name="set_language"),
]
