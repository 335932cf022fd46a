"""Records in the administration: to be looked at. They are made, changed and deleted through capture alone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from backend.admin_pages import ReadOnlyLines, ReadOnlyPage
from listening.records.models import Conversation, Finding, ParticipantBand


class FindingLines(ReadOnlyLines):
    model = Finding
    fields = ("kind", "text", "severity", "shared_by", "place", "theme_codes")
    readonly_fields = ("theme_codes",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("themes")

    @admin.display(description="themes")
    def theme_codes(self, finding: Finding) -> str:
        return ", ".join(theme.code for theme in finding.themes.all())


class BandLines(ReadOnlyLines):
    model = ParticipantBand
    fields = ("variable", "band", "people")


@admin.register(Conversation)
class ConversationPage(ReadOnlyPage):
    list_display = ("occurred_at", "listener", "channel", "place", "is_test", "may_be_counted")
    list_filter = ("channel", "place", "is_test", "may_be_counted")
    list_select_related = ("listener",)
    list_per_page = 50
    # Counting all records again for each page that is turned would take longer than showing it.
    show_full_result_count = False
    exclude = ("submission_fingerprint", "location")
    inlines = (FindingLines, BandLines)

    def get_queryset(self, request: HttpRequest) -> Any:
        return Conversation.objects.visible_to(request.user)  # type: ignore[arg-type]
