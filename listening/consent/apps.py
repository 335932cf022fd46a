from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "listening.consent"
    verbose_name = "Consent"
