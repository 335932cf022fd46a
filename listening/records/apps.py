from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "listening.records"
    verbose_name = "Records"

    def ready(self) -> None:
        from districts.signals import edition_activated
        from listening.records.redistrict import on_edition_activated

        edition_activated.connect(on_edition_activated, dispatch_uid="records.redistrict")
