from django.urls import path

from listening.needmaps.api.cells import NeedMapCellColumnsView, NeedMapCellsView
from listening.needmaps.api.clusters import NeedMapClustersView
from listening.needmaps.api.coverage import CoverageNextView, CoverageView
from listening.needmaps.api.hexagons import NeedMapHexagonsView
from listening.needmaps.api.lists import DistrictProfileView, TopThemesView, TrendView
from listening.needmaps.api.representation import RepresentationView, WeightsView
from listening.needmaps.api.targets import CoverageTargetsView
from listening.needmaps.api.tiles import DensityTilesView, DensityTileView
from listening.needmaps.api.views import NeedMapView

urlpatterns = [
    path("need-map", NeedMapView.as_view(), name="need-map"),
    path("need-map/trend", TrendView.as_view(), name="need-map-trend"),
    path("need-map/cells", NeedMapCellsView.as_view(), name="need-map-cells"),
    path("need-map/cells/columns", NeedMapCellColumnsView.as_view(), name="need-map-cells-columns"),
    path("need-map/clusters", NeedMapClustersView.as_view(), name="need-map-clusters"),
    path("need-map/hexagons", NeedMapHexagonsView.as_view(), name="need-map-hexagons"),
    path("tiles/density", DensityTilesView.as_view(), name="density-tiles"),
    path("tiles/density/<str:z>/<str:x>/<str:y>.mvt", DensityTileView.as_view(), name="density-tile"),
    path("coverage", CoverageView.as_view(), name="coverage"),
    path("coverage/next", CoverageNextView.as_view(), name="coverage-next"),
    path("coverage/representation", RepresentationView.as_view(), name="coverage-representation"),
    path("coverage/targets", CoverageTargetsView.as_view(), name="coverage-targets"),
    path("coverage/weights", WeightsView.as_view(), name="coverage-weights"),
    path("themes/top", TopThemesView.as_view(), name="themes-top"),
    path("districts/<int:pk>/profile", DistrictProfileView.as_view(), name="district-profile"),
]
