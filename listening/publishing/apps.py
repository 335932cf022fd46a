from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "listening.publishing"
    verbose_name = "Publishing"

    def ready(self) -> None:
        from listening.publishing import checks  # noqa: F401 - registers them
