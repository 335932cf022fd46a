from django.apps import AppConfig


class CodelistsConfig(AppConfig):
    name = "listening.codelists"
    verbose_name = "Codelists"
