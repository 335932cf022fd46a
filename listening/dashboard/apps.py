from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "listening.dashboard"
    verbose_name = "Dashboard"
