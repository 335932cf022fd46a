from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "listening.vault"
    verbose_name = "Contact vault"

    def ready(self) -> None:
        from listening.vault import checks  # noqa: F401  (registers the system checks)
