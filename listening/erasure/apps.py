from django.apps import AppConfig


class ErasureConfig(AppConfig):
    name = "listening.erasure"
    verbose_name = "Erasure"
