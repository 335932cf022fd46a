from django.urls import path

from districts.api.tiles import DistrictTilesView, DistrictTileView
from districts.api.views import CrosswalkView, DistrictsView, DistrictView, LayersView

urlpatterns = [
    path("layers", LayersView.as_view(), name="layers"),
    path("districts", DistrictsView.as_view(), name="districts"),
    path("districts/crosswalk", CrosswalkView.as_view(), name="district-crosswalk"),
    path("districts/<int:pk>", DistrictView.as_view(), name="district"),
    path("tiles/districts/<str:layer>", DistrictTilesView.as_view(), name="district-tiles"),
    path("tiles/districts/<str:layer>/<str:z>/<str:x>/<str:y>.mvt", DistrictTileView.as_view(), name="district-tile"),
]
