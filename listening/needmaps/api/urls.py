from django.urls import path

from listening.needmaps.api.lists import DistrictProfileView, TopThemesView, TrendView
from listening.needmaps.api.views import NeedMapView

urlpatterns = [
    path("need-map", NeedMapView.as_view(), name="need-map"),
    path("need-map/trend", TrendView.as_view(), name="need-map-trend"),
    path("themes/top", TopThemesView.as_view(), name="themes-top"),
    path("districts/<int:pk>/profile", DistrictProfileView.as_view(), name="district-profile"),
]
