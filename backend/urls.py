"""The whole public address space."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from backend import errors, health
from backend.policy import Public, access
from listening.dashboard import entrance
from listening.dashboard.views import dashboard
from listening.erasure.pages import receipt
from listening.fieldapp import views as fieldapp
from listening.fieldwork import pages as fieldwork
from listening.opendata.map import public_map
from listening.publishing import pages as publishing

urlpatterns = [
    path("", entrance.home, name="home"),
    path("dashboard/", dashboard, name="dashboard"),
    path("", include("listening.signin.urls")),
    path("field/", fieldapp.page, name="field"),
    path("field/sw.js", fieldapp.worker, name="field-worker"),
    path("field/manifest.webmanifest", fieldapp.manifest, name="field-manifest"),
    path("desk/", include("listening.desk.urls")),
    path("receipt/", receipt, name="receipt"),
    path("devices/", fieldwork.devices, name="devices"),
    path("devices/add/", fieldwork.add_device, name="device-add"),
    path("devices/<uuid:pk>/confirm/", fieldwork.confirm_device, name="device-confirm"),
    path("devices/<uuid:pk>/revoke/", fieldwork.revoke_device, name="device-revoke"),
    path("releases/", publishing.releases, name="releases"),
    path("releases/propose/", publishing.propose_release, name="release-propose"),
    path("releases/<int:pk>/approve/", publishing.approve_release, name="release-approve"),
    path("releases/<int:pk>/reject/", publishing.reject_release, name="release-reject"),
    path("releases/<str:code>/withdraw/", publishing.withdraw_release, name="release-withdraw"),
    path("language/", access(Public)(set_language), name="set_language"),
    path("api/v1/", include("districts.api.urls")),
    path("api/v1/", include("listening.urls")),
    path("api/v1/schema", SpectacularAPIView.as_view(permission_classes=[Public]), name="schema"),
    path(
        "api/v1/docs", SpectacularSwaggerView.as_view(permission_classes=[Public], url_name="schema"), name="api-docs"
    ),
    path("map/", public_map, name="public-map"),
    path("open/", include("listening.opendata.urls")),
    path("problems/<slug:slug>", errors.problem_page, name="problem"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("admin/", admin.site.urls),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error
