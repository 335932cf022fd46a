"""Themes in the administration: labels and order; a theme is retired, never deleted, because records refer to it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from backend.admin_pages import AdminPage, Lines
from listening.codelists.models import Theme, ThemeLabel


class LabelLines(Lines):
    model = ThemeLabel
    extra = 0
    min_num = 1
    validate_min = True


@admin.register(Theme)
class ThemePage(AdminPage):
    list_display = ("code", "parent", "sensitivity", "position", "retired_on")
    list_filter = ("sensitivity", ("retired_on", admin.EmptyFieldListFilter))
    list_select_related = ("parent",)
    search_fields = ("code", "labels__label")
    inlines = (LabelLines,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # What other systems hold is the code; it stays what it was.
        return () if obj is None else ("code",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
