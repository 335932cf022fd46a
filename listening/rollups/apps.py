from django.apps import AppConfig


class RollupsConfig(AppConfig):
    name = "listening.rollups"
    verbose_name = "Rollups"
