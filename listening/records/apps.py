from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "listening.records"
    verbose_name = "Records"
