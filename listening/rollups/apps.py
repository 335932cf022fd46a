from django.apps import AppConfig


class RollupsConfig(AppConfig):
    name = "listening.rollups"
    verbose_name = "Rollups"

    def ready(self) -> None:
        from districts.signals import edition_drawn, edition_in_force
        from listening.rollups.epochs import on_edition_drawn, on_edition_in_force

        edition_drawn.connect(on_edition_drawn, dispatch_uid="rollups.prepare")
        edition_in_force.connect(on_edition_in_force, dispatch_uid="rollups.follow_boundaries")
