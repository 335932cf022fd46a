"""Records in the administration: to be looked at. They are made, changed and deleted through capture alone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from backend.admin_pages import ReadOnlyLines, ReadOnlyPage
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.fieldwork.person import person_of
from listening.records.models import Conversation, Finding, ParticipantBand
from listening.records.permissions import takes_purpose


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

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data and "cl" in response.context_data:
            shown = response.context_data["cl"].result_list
            others = [row.pk for row in shown if row.listener_id != person_of(request).pk]
            if others:
                record(Verb.READ_LIST, Conversation, others, request=request)
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        conversation = self.get_object(request, object_id)
        if conversation is not None and conversation.listener_id != person_of(request).pk:
            if takes_purpose([conversation.pk]):
                record(Verb.REFUSED, Conversation, [conversation.pk], request=request)
                raise PermissionDenied(
                    "A sensitive record of others takes a purpose, and this page cannot ask for one."
                )
            record(Verb.READ_DETAIL, Conversation, [conversation.pk], request=request)
        return super().change_view(request, object_id, form_url, extra_context)
