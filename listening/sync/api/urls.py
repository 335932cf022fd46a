from django.urls import path

from listening.sync.api import views

urlpatterns = [
    path("hello", views.HelloView.as_view(), name="sync-hello"),
    path("push", views.PushView.as_view(), name="sync-push"),
    path("pull", views.PullView.as_view(), name="sync-pull"),
    path("lookup", views.LookupView.as_view(), name="sync-lookup"),
    path("conflicts", views.ConflictsView.as_view(), name="sync-conflicts"),
    path("conflicts/<int:pk>/settlement", views.SettlementView.as_view(), name="clash-settlement"),
    path("waiting", views.WaitingView.as_view(), name="sync-waiting"),
    path("waiting/<uuid:pk>/release", views.ReleaseView.as_view(), name="op-release"),
    path("waiting/<uuid:pk>", views.OneWaitingView.as_view(), name="op"),
    path("phones", views.FreshnessView.as_view(), name="sync-phones"),
]
