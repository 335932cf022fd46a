"""Geography in the administration: names and figures are edited, boundaries are imported (`import_districts`)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from backend.admin_pages import AdminPage, Lines, ReadOnlyLines, ReadOnlyPage
from districts.models import BoundaryEdition, District, DistrictName, Layer, Membership, Population


@admin.register(Layer)
class LayerPage(AdminPage):
    """A layer comes into being with its first edition; its code and rank are what other layers are placed by."""

    list_display = ("code", "rank", "is_default")
    readonly_fields = ("code", "rank")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(BoundaryEdition)
class BoundaryEditionPage(ReadOnlyPage):
    list_display = ("layer", "code", "status", "valid_from", "valid_to", "is_schematic", "imported_at")
    list_filter = ("layer", "status")
    list_select_related = ("layer",)


class NameLines(Lines):
    model = DistrictName
    extra = 0


class PopulationLines(Lines):
    model = Population
    extra = 0


class ParentLines(ReadOnlyLines):
    model = Membership
    fk_name = "child"
    fields = ("parent", "share_of_area", "share_of_population", "is_main")
    verbose_name_plural = "lies in"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("parent").defer("parent__geometry")


@admin.register(District)
class DistrictPage(AdminPage):
    list_display = ("code", "name", "edition", "area_km2", "exclude_from_rates")
    list_filter = ("edition__layer", "exclude_from_rates")
    list_select_related = ("edition",)
    search_fields = ("code", "name", "names__name")
    fields = ("edition", "code", "name", "area_km2", "exclude_from_rates")
    readonly_fields = ("edition", "code", "name", "area_km2")
    inlines = (NameLines, PopulationLines, ParentLines)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("geometry")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
