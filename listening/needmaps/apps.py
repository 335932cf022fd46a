from django.apps import AppConfig


class NeedMapsConfig(AppConfig):
    name = "listening.needmaps"
    verbose_name = "Need maps"
