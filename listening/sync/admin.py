"""Clashes in the administration: to be looked at by whoever also coordinates; they are settled over the API."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from backend.admin_pages import ReadOnlyPage
from listening.fieldwork.person import person_of
from listening.sync.conflicts import clashes_of
from listening.sync.models import Clash


@admin.register(Clash)
class ClashPage(ReadOnlyPage):
    list_display = ("at", "conversation", "field", "ours", "theirs", "settlement", "settled_by")
    list_filter = (("settled_at", admin.EmptyFieldListFilter),)
    list_select_related = ("conversation", "settled_by")
    fields = ("at", "conversation", "field", "ours", "theirs", "settlement", "settled_at", "settled_by")

    def get_queryset(self, request: HttpRequest) -> Any:
        return clashes_of(person_of(request))
