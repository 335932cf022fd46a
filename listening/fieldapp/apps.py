from django.apps import AppConfig


class FieldAppConfig(AppConfig):
    name = "listening.fieldapp"
    verbose_name = "Field app"
