from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "listening.demo"
    verbose_name = "Demonstration"

    def ready(self) -> None:
        from listening.demo import checks  # noqa: F401  (registers the check)
