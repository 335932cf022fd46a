from django.apps import AppConfig


class WebClientsConfig(AppConfig):
    name = "backend.webclients"
    label = "webclients"
    verbose_name = "Web clients"
