from django.apps import AppConfig


class ReleasesConfig(AppConfig):
    name = "listening.releases"
    verbose_name = "Releases"
