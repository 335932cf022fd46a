"""The two small forms of the desk: a session, a venue. What is typed wrongly stays in the form, with what is wrong."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from uuid6 import uuid7

from backend.problems import Problem
from listening.capture.envelope import city_envelope
from listening.desk.wording import SESSION_KINDS, VENUE_KINDS
from listening.fieldwork.models import Session, Venue
from listening.fieldwork.sessions import state_of as state_of_session
from listening.fieldwork.venues import state_of as state_of_venue

LOCAL_FORMAT = "%Y-%m-%dT%H:%M"


class InstantInput(forms.DateTimeInput):
    """The browser's own field of day and time; in the time of the city."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format=LOCAL_FORMAT)


class _Form(forms.Form):
    """Labels in front, errors beside; `read` says what was read, so that no change of another is overwritten."""

    read = forms.CharField(required=False, widget=forms.HiddenInput, max_length=2_000)

    def add_problem(self, problem: Problem) -> None:
        """Tell a problem beside the field that it is about."""
        for error in problem.errors or [{"detail": problem.detail}]:
            name = error.get("pointer", "").strip("/")
            self.add_error(name if name in self.fields else None, error["detail"])

    def clean_read(self) -> str:
        return _unsealed(self.cleaned_data["read"])


class SessionForm(_Form):
    """An outing or event. Instants are in the time of the city."""

    id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    kind = forms.ChoiceField(label=_lazy("Kind"), choices=[*SESSION_KINDS.items()])
    title = forms.CharField(label=_lazy("Title"), required=False, max_length=200)
    venue = forms.ChoiceField(label=_lazy("Venue"), required=False)
    started_at = forms.DateTimeField(label=_lazy("Begins"), widget=InstantInput)
    ended_at = forms.DateTimeField(label=_lazy("Ends"), widget=InstantInput, required=False)

    def __init__(self, data: Any = None, *, session: Session | None = None) -> None:
        told: dict[str, Any] = {"id": str(uuid7())}
        if session is not None:
            names = ("kind", "title", "started_at", "ended_at")
            told = {name: getattr(session, name) for name in names} | {"read": sealed(state_of_session(session))}
            told["venue"] = session.venue.code if session.venue else ""
        super().__init__(data, initial=told)
        self.venues = {venue.code: venue for venue in Venue.objects.all()}
        field = self.fields["venue"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("none")), *((code, venue.name) for code, venue in self.venues.items())]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        begins, ends = cleaned.get("started_at"), cleaned.get("ended_at")
        for name, instant in (("started_at", begins), ("ended_at", ends)):
            if instant and not 2000 <= instant.year < 9999:
                self.add_error(name, _("%(year)s: give a year from 2000 on.") % {"year": instant.year})
        if begins and ends and ends < begins:
            self.add_error("ended_at", _("A session does not end before it begins."))
        return cleaned

    @property
    def told(self) -> dict[str, Any]:
        """What a session is made of."""
        cleaned = self.cleaned_data
        names = ("kind", "title", "started_at", "ended_at")
        return {name: cleaned[name] for name in names} | {"venue": self.venues.get(cleaned["venue"])}


class VenueForm(_Form):
    """A place where people are listened to; its point as two numbers, for there is no map without a script."""

    code = forms.SlugField(
        label=_lazy("Code"),
        max_length=80,
        help_text=_lazy("Short and for good, e.g. market-north: phones know it by it."),
    )
    name = forms.CharField(label=_lazy("Name"), max_length=200)
    kind = forms.ChoiceField(label=_lazy("Kind"), choices=[*VENUE_KINDS.items()])
    latitude = forms.FloatField(label=_lazy("Latitude"), required=False, min_value=-90, max_value=90)
    longitude = forms.FloatField(label=_lazy("Longitude"), required=False, min_value=-180, max_value=180)

    def __init__(self, data: Any = None, *, venue: Venue | None = None) -> None:
        told: dict[str, Any] = {}
        if venue is not None:
            told = {"name": venue.name, "kind": venue.kind, "read": sealed(state_of_venue(venue))}
            if venue.location is not None:
                told |= {"latitude": venue.location.y, "longitude": venue.location.x}
        super().__init__(data, initial=told)
        if venue is not None:
            del self.fields["code"]  # it stays

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        latitude, longitude = cleaned.get("latitude"), cleaned.get("longitude")
        if self.errors or (latitude is None and longitude is None):
            return cleaned
        if latitude is None or longitude is None:
            raise ValidationError(_("Give both latitude and longitude, or neither."))
        envelope = city_envelope()
        if envelope is not None and not envelope.holds(longitude, latitude):
            raise ValidationError(
                _("%(latitude)s, %(longitude)s lies outside the city; are the two numbers swapped?")
                % {"latitude": f"{latitude:g}", "longitude": f"{longitude:g}"}
            )
        return cleaned

    def add_problem(self, problem: Problem) -> None:
        for error in problem.errors:
            if error.get("pointer") == "/location":
                error["pointer"] = "/latitude"
        super().add_problem(problem)

    @property
    def location(self) -> Point | None:
        latitude, longitude = (self.cleaned_data.get(name) for name in ("latitude", "longitude"))
        return None if latitude is None or longitude is None else Point(longitude, latitude, srid=4326)


def sealed(state: str) -> str:
    """What was read, for a hidden field: signed, so that line ends and blanks come back as they went."""
    return Signer(salt="desk").sign_object(state)


def _unsealed(text: str) -> str:
    """Empty for nothing, and for what the desk has not signed: it is then no state of anything."""
    try:
        return str(Signer(salt="desk").unsign_object(text)) if text else ""
    except (BadSignature, ValueError):
        return ""
