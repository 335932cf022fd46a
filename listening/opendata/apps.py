from django.apps import AppConfig


class OpenDataConfig(AppConfig):
    name = "listening.opendata"
