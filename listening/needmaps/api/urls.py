from django.urls import path

from listening.needmaps.api.views import NeedMapView

urlpatterns = [path("need-map", NeedMapView.as_view(), name="need-map")]
