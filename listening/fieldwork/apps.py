from django.apps import AppConfig


class FieldworkConfig(AppConfig):
    name = "listening.fieldwork"
    verbose_name = "Fieldwork"
