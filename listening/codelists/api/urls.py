from django.urls import path

from listening.codelists.api.views import ThemesView

urlpatterns = [path("themes", ThemesView.as_view(), name="themes")]
