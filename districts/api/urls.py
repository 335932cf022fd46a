from django.urls import path

from districts.api.views import CrosswalkView, DistrictsView, DistrictView, LayersView

urlpatterns = [
    path("layers", LayersView.as_view(), name="layers"),
    path("districts", DistrictsView.as_view(), name="districts"),
    path("districts/crosswalk", CrosswalkView.as_view(), name="district-crosswalk"),
    path("districts/<int:pk>", DistrictView.as_view(), name="district"),
]
