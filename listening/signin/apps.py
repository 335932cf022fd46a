from django.apps import AppConfig


class SigninConfig(AppConfig):
    name = "listening.signin"
    verbose_name = "Sign-in"

    def ready(self) -> None:
        """Listen to what allauth says happened, and check the settings."""
        from listening.signin import checks, sessions  # noqa: F401
