from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "listening.sync"
    verbose_name = "Sync"
