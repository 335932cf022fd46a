"""Give a finding its themes: the one change of a record that the desk makes, by the door that all changes take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backend.policy import access
from backend.problems import Forbidden, InvalidRequest, NotFound, PreconditionFailed
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.capture.amend import amend
from listening.capture.api.serializers import read_submission
from listening.codelists.models import Theme
from listening.desk.heard import HeardConversation, heard, theme_labels
from listening.desk.narrowing import PARAMETERS
from listening.desk.page import FAULTS, check_purpose, desk_page, note_reading, problem_of, to_page
from listening.fieldwork.models import User
from listening.fieldwork.permissions import Coordinates
from listening.fieldwork.person import person_of
from listening.records.models import Conversation, Finding
from listening.records.permissions import may_change
from listening.records.render import document_of


@dataclass(frozen=True, slots=True)
class OfferedTheme:
    """A theme to choose."""

    code: str
    label: str
    sensitivity: str
    chosen: bool


@access(Coordinates)
@require_http_methods(["GET", "HEAD", "POST"])
def finding_themes(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One finding with the themes that it has and could have."""
    if request.method != "POST":
        return _page(request, pk)
    codes = request.POST.getlist("themes")
    try:
        version = request.POST.get("version", "")
        if not (version.isascii() and version.isdecimal() and len(version) < 10):
            raise InvalidRequest(_("“%(value)s” is no version; open the page again.") % {"value": version[:50]})
        set_themes(request, pk, codes, version=int(version))
    except FAULTS as fault:
        return _page(request, pk, codes=codes, fault=fault)
    back = QueryDict(request.POST.get("back", "")[:1_000], mutable=True)
    for name in back.keys() - set(PARAMETERS):
        del back[name]
    back.pop("purpose", None)
    return to_page(request, "desk", back.urlencode(), f"f-{pk}")


@transaction.atomic
def set_themes(request: HttpRequest, pk: UUID, codes: Sequence[str], *, version: int) -> None:
    """Give a finding these themes and no others. `version`: of its conversation, as it was read.

    Raises NotFound, Forbidden, PurposeRequired, PreconditionFailed, and what amending raises.
    """
    person = person_of(request)
    conversation = _holding(person, pk).select_for_update(of=("self",)).select_related("listener").first()
    if conversation is None:
        raise NotFound(_("There is no such finding."))
    if not may_change(person, conversation):
        raise Forbidden(_("Only the listener and coordinators may change this conversation."))
    others = [conversation.pk] if conversation.listener_id != person.pk else []
    purpose = check_purpose(request, others)
    if conversation.version != version:
        raise PreconditionFailed(_("Somebody changed this conversation since you opened it. It is shown as it is now."))
    document = document_of(conversation.pk)
    for finding in document["findings"]:
        if finding["id"] == str(pk):
            finding["themes"] = list(codes)
    amend(conversation, read_submission(document, listener=conversation.listener), by=person)
    record(Verb.CHANGE, Conversation, [conversation.pk], request=request, purpose=purpose)


def _holding(person: User, finding: UUID) -> Any:
    of_finding = Finding.objects.filter(pk=finding).values("conversation_id")
    return Conversation.objects.visible_to(person).filter(pk__in=of_finding)


def _page(
    request: HttpRequest, pk: UUID, *, codes: Sequence[str] | None = None, fault: Exception | None = None
) -> HttpResponse:
    """The form; `codes` are what was chosen in vain."""
    person, language = person_of(request), get_language() or ""
    shown: dict[str, Any] = {"back": request.POST.get("back", "") or request.GET.get("back", "")}
    try:
        conversation = _holding(person, pk).only("pk", "listener_id").first()
        if conversation is None:
            record(Verb.REFUSED, Finding, [pk], request=request)
            raise NotFound(_("There is no such finding."))
        note_reading(request, [conversation.pk] if conversation.listener_id != person.pk else [], Verb.READ_DETAIL)
    except FAULTS as error:
        return desk_page(request, "desk/themes.html", shown, problem=problem_of(error))
    labels = theme_labels(language)
    (told,) = heard([conversation.pk], labels)
    shown["conversation"] = told
    shown["finding"] = next(one for one in told.findings if one.id == pk)
    shown["groups"] = _offered(told, pk, labels, codes)
    return desk_page(request, "desk/themes.html", shown, problem=problem_of(fault) if fault else None)


def _offered(
    told: HeardConversation, pk: UUID, labels: dict[str, str], codes: Sequence[str] | None
) -> list[list[OfferedTheme]]:
    """Themes on offer, and those that the finding has: each with those below it."""
    if codes is None:
        codes = list(Theme.objects.filter(findings=pk).values_list("code", flat=True))
    on_offer = set(Theme.objects.on_offer().values_list("pk", flat=True))
    groups: dict[int, list[OfferedTheme]] = {}
    for theme in sorted(Theme.objects.all(), key=lambda one: one.parent_id is not None):
        offered = OfferedTheme(theme.code, labels[theme.code], theme.sensitivity, theme.code in codes)
        if theme.pk in on_offer or offered.chosen:
            groups.setdefault(theme.parent_id or theme.pk, []).append(offered)
    return list(groups.values())
