from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "listening.desk"
    verbose_name = "Coordinator's desk"
