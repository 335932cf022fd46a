from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "listening.audit"
    verbose_name = "Audit"
