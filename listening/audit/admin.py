"""The audit trail in the administration: to be looked at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from backend.admin_pages import ReadOnlyPage
from listening.audit.chain import chain_entries
from listening.audit.models import Entry


@admin.register(Entry)
class EntryPage(ReadOnlyPage):
    """People and records by their ids. Whom they stand for is looked up elsewhere, by those who may."""

    list_display = ("position", "at", "person_id", "credential", "verb", "model", "number", "subject_id", "purpose")
    list_filter = ("verb", "purpose")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("=person_id", "=subject_id", "=request_id")
    search_help_text = "Number of a person, or id of a request. Of a record: manage.py list_audit."
    fields = (
        "position", "id", "at", "written_by", "person_id", "credential", "verb", "model", "ids", "number",
        "subject_id", "request_id", "purpose", "hash_as_text",
    )  # fmt: skip
    readonly_fields = ("hash_as_text",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        # What was done a moment ago is to be seen, too.
        chain_entries()
        return super().changelist_view(request, extra_context)

    @admin.display(description="hash")
    def hash_as_text(self, entry: Entry) -> str:
        return bytes(entry.hash).hex()
