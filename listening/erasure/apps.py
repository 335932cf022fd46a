from django.apps import AppConfig


class ErasureConfig(AppConfig):
    name = "listening.erasure"
    verbose_name = "Erasure"

    def ready(self) -> None:
        from listening.erasure import checks  # noqa: F401  (registers the system checks)
