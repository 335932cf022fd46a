"""What the pages of the administration are built of, and those that only show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

admin.site.site_header = admin.site.site_title = "Neighbourhood listening"

if TYPE_CHECKING:
    # Django's own classes take type arguments in their stubs alone.
    AdminPage = admin.ModelAdmin[Any]
    Lines = admin.TabularInline[Any, Any]
else:
    AdminPage = admin.ModelAdmin
    Lines = admin.TabularInline


class _ReadOnly:
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyPage(_ReadOnly, AdminPage):
    """A page of what has a door of its own, and must not be changed behind it."""


class ReadOnlyLines(_ReadOnly, Lines):
    """Lines of such a thing on the page of another."""

    extra = 0
    can_delete = False
