"""The wire shape of a conversation, and how it becomes a Submission.

Unknown members are refused, so that a misspelt one is not lost in silence. Codes are looked up in as many queries as
there are kinds of code, whatever the number of findings.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend import clock
from backend.geo.geojson import GeoJSONError, parse_point
from backend.http.strict_serializers import (
    InstantField,
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
    StrictSerializer,
    StrictUUIDField,
)
from backend.problems import FieldError
from districts.models import District
from listening.capture.errors import InvalidSubmission
from listening.capture.rules import LONGEST_TEXT, MOST_FINDINGS, MOST_PEOPLE, MOST_THEMES
from listening.capture.submission import Agreed, Band, FindingSubmission, Place, Submission
from listening.codelists.models import Theme
from listening.consent.codes import NotACode, digest_of, read_code
from listening.consent.models import Notice
from listening.fieldwork.models import Session, User, Venue
from listening.records.models import Consent, Conversation, Finding, ParticipantBand, PlaceKind

# Language subtag, optional script and region: what a phone sends. BCP 47, section 2.1.
LANGUAGE_TAG = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"


@extend_schema_field(
    {
        "type": "object",
        "required": ["type", "coordinates"],
        "additionalProperties": False,
        "properties": {
            "type": {"type": "string", "enum": ["Point"]},
            "coordinates": {
                "type": "array",
                "items": {"type": "number"},
                "minItems": 2,
                "maxItems": 2,
                "description": "Longitude, then latitude, in degrees of WGS 84.",
            },
        },
        "example": {"type": "Point", "coordinates": [11.3469, 44.5174]},
    }
)
class PointField(serializers.Field[Any, Any, Any, Any]):
    """A GeoJSON point (RFC 7946, section 3.1.2)."""

    def to_internal_value(self, data: Any) -> tuple[float, float]:
        try:
            point = parse_point(data)
        except GeoJSONError as error:
            raise serializers.ValidationError(str(error), code=error.code) from None
        return (point.lon, point.lat)

    def to_representation(self, value: Any) -> Any:
        return value


class PlaceSerializer(StrictSerializer):
    """Where: a point, a named district of any layer, the whole city, or nothing known."""

    kind = serializers.ChoiceField(choices=PlaceKind.choices)
    point = PointField(required=False)
    accuracy_m = serializers.FloatField(required=False, allow_null=True, min_value=0, max_value=1e6)
    layer = StrictCharField(required=False, max_length=50)
    code = StrictCharField(required=False, max_length=50, help_text="Code of a district of `layer`.")

    MEMBERS = {
        PlaceKind.POINT: ({"point"}, {"accuracy_m"}),
        PlaceKind.DISTRICT: ({"layer", "code"}, set[str]()),
        PlaceKind.CITY: (set[str](), set[str]()),
        PlaceKind.NONE: (set[str](), set[str]()),
    }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        required, optional = self.MEMBERS[attrs["kind"]]
        errors = {
            name: serializers.ErrorDetail(f"A place of kind {attrs['kind']!r} needs {name!r}.", code="required")
            for name in required - set(attrs)
        } | {
            name: serializers.ErrorDetail(f"A place of kind {attrs['kind']!r} has no {name!r}.", code="mismatch")
            for name in set(attrs) - required - optional - {"kind"}
        }
        if errors:
            raise serializers.ValidationError(errors)
        return attrs


class LocatedSerializer(serializers.Serializer[Any]):
    """The district in which a record counts."""

    id = serializers.IntegerField()
    layer = serializers.CharField()
    code = serializers.CharField()
    name = serializers.CharField()


class FindingSerializer(StrictSerializer):
    """One thing heard. A theme is never required; a coordinator may set it later."""

    id = StrictUUIDField(required=False, help_text="UUIDv7 made by the client; derived by the server when left out.")
    kind = serializers.ChoiceField(choices=Finding.Kind.choices)
    text = StrictCharField(required=False, allow_blank=True, max_length=LONGEST_TEXT, trim_whitespace=False)
    themes = serializers.ListField(
        child=StrictCharField(max_length=50), required=False, max_length=MOST_THEMES, help_text="Codes of themes."
    )
    severity = StrictIntegerField(required=False, allow_null=True, min_value=1, max_value=5)
    shared_by = StrictIntegerField(required=False, allow_null=True, min_value=0, max_value=MOST_PEOPLE)
    place = PlaceSerializer(required=False, help_text="What the finding is about, if elsewhere.")
    district = LocatedSerializer(read_only=True, allow_null=True)


class BandsSerializer(StrictSerializer):
    """How many of the people present fall into each band; bands left out hold nobody."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            str(variable): type(
                f"{variable.title()}BandsSerializer",
                (StrictSerializer,),
                {
                    band: StrictIntegerField(required=False, min_value=1, max_value=MOST_PEOPLE)
                    for band in ParticipantBand.BANDS[variable]
                }
                | {"__doc__": f"People per {variable} band."},
            )(required=False)
            for variable in ParticipantBand.BANDS
        }


class ConsentSerializer(StrictSerializer):
    """One purpose to which the residents agreed. What they did not agree to is left out."""

    purpose = serializers.ChoiceField(choices=Consent.Purpose.choices)
    mode = serializers.ChoiceField(choices=Consent.Mode.choices, help_text="How they said so, or who did for them.")
    notice_version = StrictCharField(max_length=20, help_text="What they were told: a version of the notices.")


class ReceiptField(serializers.Field[Any, Any, Any, Any]):
    """The code of a card; nothing but its HMAC goes further."""

    def to_internal_value(self, data: Any) -> bytes:
        try:
            return digest_of(read_code(data if isinstance(data, str) else ""))
        except NotACode as error:
            raise serializers.ValidationError(str(error), code="not-a-code") from None


class ConversationSerializer(StrictSerializer):
    """A conversation as it is submitted and shown; read-only members are set by the server."""

    id = StrictUUIDField(help_text="UUIDv7 made by the client; sending it again changes nothing.")
    occurred_at = InstantField()
    channel = serializers.ChoiceField(choices=Conversation.Channel.choices)
    place = PlaceSerializer()
    language = serializers.RegexField(
        LANGUAGE_TAG, required=False, allow_blank=True, max_length=35, help_text="Language spoken, BCP 47 tag."
    )
    people_count = StrictIntegerField(required=False, min_value=1, max_value=MOST_PEOPLE)
    bands = BandsSerializer(required=False)
    session = StrictUUIDField(required=False, allow_null=True, help_text="Id of a session.")
    venue = StrictCharField(required=False, allow_null=True, max_length=80, help_text="Code of a venue.")
    summary = StrictCharField(required=False, allow_blank=True, max_length=LONGEST_TEXT, trim_whitespace=False)
    findings = serializers.ListField(child=FindingSerializer(), required=False, max_length=MOST_FINDINGS)
    is_test = StrictBooleanField(required=False)
    may_be_counted = StrictBooleanField(required=False)
    consents = serializers.ListField(child=ConsentSerializer(), required=False, max_length=len(Consent.Purpose))
    receipt = extend_schema_field({"type": "string", "maxLength": 60})(ReceiptField)(
        required=False, write_only=True, help_text="Code of the card that the residents were given; never shown again."
    )

    version = serializers.IntegerField(read_only=True)
    received_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    listener = serializers.CharField(read_only=True)
    district = LocatedSerializer(read_only=True, allow_null=True)


class WarningSerializer(serializers.Serializer[Any]):
    """A part of a text that may tell who somebody is: characters from `start` to before `end`."""

    pointer = serializers.CharField()
    code = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()


class LoggedConversationSerializer(ConversationSerializer):
    """A conversation as it was stored, with what its listener may want to take out."""

    warnings = WarningSerializer(many=True, read_only=True)


class FindingPatchSerializer(FindingSerializer):
    """Members of a finding to change; null takes one back to its default."""

    kind = serializers.ChoiceField(choices=Finding.Kind.choices, required=False)


class ConversationPatchSerializer(ConversationSerializer):
    """Members of a conversation to change; null takes one back to its default."""

    id = StrictUUIDField(required=False)
    occurred_at = InstantField(required=False)
    channel = serializers.ChoiceField(choices=Conversation.Channel.choices, required=False)
    place = PlaceSerializer(required=False)


class ConversationPageSerializer(serializers.Serializer[Any]):
    """One page of conversations; `next` is the address of the page after it, or null."""

    conversations = ConversationSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class HeardSerializer(serializers.Serializer[Any]):
    """A finding without the people behind it."""

    ref = serializers.CharField(help_text="To speak of this finding; it is the same in every answer.")
    kind = serializers.ChoiceField(choices=Finding.Kind.choices)
    text = serializers.CharField()
    themes = serializers.ListField(child=serializers.CharField())
    severity = serializers.IntegerField(allow_null=True)
    month = serializers.CharField(help_text="In which it was heard, e.g. 2026-07.")
    district = LocatedSerializer(allow_null=True, help_text="In which it was heard.")


class FindingPageSerializer(serializers.Serializer[Any]):
    """One page of findings; `next` is the address of the page after it, or null."""

    findings = HeardSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class ConversationFeatureSerializer(serializers.Serializer[Any]):
    """A conversation as a GeoJSON feature (RFC 7946); the geometry is its point, or null."""

    type = serializers.ChoiceField(choices=["Feature"])
    id = serializers.UUIDField()
    geometry = serializers.JSONField(allow_null=True)
    properties = ConversationSerializer()


class LinkSerializer(serializers.Serializer[Any]):
    """Where to go on, and as what."""

    rel = serializers.ChoiceField(choices=["next"])
    type = serializers.CharField()
    href = serializers.URLField()


class ConversationCollectionSerializer(serializers.Serializer[Any]):
    """One page of conversations as a GeoJSON FeatureCollection; the last page has no link `next`."""

    type = serializers.ChoiceField(choices=["FeatureCollection"])
    features = ConversationFeatureSerializer(many=True)
    links = LinkSerializer(many=True)


def read_submission(document: Any, *, listener: User) -> Submission:
    """Parse a submitted document.

    Raises DRF's ValidationError for its shape and InvalidSubmission for codes that name nothing.
    """
    read = _reader().run_validation(document)
    return _Codes([read]).submission(read, listener)


def read_submissions(documents: Iterable[Any], *, listener: User) -> list[Submission | None]:
    """Parse documents together; None for one that `read_submission` refuses. As many queries as for one."""
    shapes = [_shape(document) for document in documents]
    codes = _Codes([shape for shape in shapes if shape is not None])
    return [None if shape is None else _submission(codes, shape, listener) for shape in shapes]


@functools.cache
def _reader() -> ConversationSerializer:
    """Made once: a serializer copies all its fields when it is made, which costs more than to read with them.

    Reading keeps nothing in it, so threads share it.
    """
    return ConversationSerializer()


def _shape(document: Any) -> Mapping[str, Any] | None:
    try:
        read: Mapping[str, Any] = _reader().run_validation(document)
    except serializers.ValidationError:
        return None
    return read


def _submission(codes: _Codes, shape: Mapping[str, Any], listener: User) -> Submission | None:
    try:
        return codes.submission(shape, listener)
    except InvalidSubmission:
        return None


class _Codes:
    """The codes that some documents name, looked up together."""

    def __init__(self, documents: Sequence[Mapping[str, Any]]) -> None:
        findings = [finding for document in documents for finding in document.get("findings", ())]
        codes = {code for finding in findings for code in finding.get("themes", ())}
        self.themes: dict[str, int] = (
            dict(Theme.objects.filter(code__in=codes).values_list("code", "pk")) if codes else {}
        )
        self.districts = _districts(
            place
            for place in (
                *(document["place"] for document in documents),
                *(finding.get("place", {}) for finding in findings),
            )
            if place.get("kind") == PlaceKind.DISTRICT
        )
        sessions = {document["session"] for document in documents if document.get("session") is not None}
        self.sessions = set(Session.objects.filter(pk__in=sessions).values_list("pk", flat=True)) if sessions else set()
        venues = {document["venue"] for document in documents if document.get("venue") is not None}
        told = {one["notice_version"] for document in documents for one in document.get("consents", ())}
        self.notices = set(Notice.objects.filter(version__in=told).values_list("version", flat=True)) if told else set()
        self.venues = dict(Venue.objects.filter(code__in=venues).values_list("code", "pk")) if venues else {}

    def submission(self, document: Mapping[str, Any], listener: User) -> Submission:
        """Raises InvalidSubmission, with every code that names nothing."""
        return _Reading(self, document).submission(listener)


class _Reading:
    """One document on its way to a Submission; `wrong` are the codes in it that name nothing."""

    def __init__(self, codes: _Codes, document: Mapping[str, Any]) -> None:
        self.codes, self.document = codes, document
        self.wrong: list[FieldError] = []

    def submission(self, listener: User) -> Submission:
        document = self.document
        submission = Submission(
            id=document["id"],
            listener_id=listener.pk,
            occurred_at=document["occurred_at"],
            channel=document["channel"],
            place=self._place("/place", document["place"]),
            language=document.get("language", ""),
            people_count=document.get("people_count", 1),
            summary=document.get("summary", ""),
            bands=tuple(
                Band(variable, band, people)
                for variable, bands in document.get("bands", {}).items()
                for band, people in bands.items()
            ),
            session_id=self._session(document.get("session")),
            venue_id=self._venue(document.get("venue")),
            findings=tuple(
                self._finding(f"/findings/{i}", finding) for i, finding in enumerate(document.get("findings", ()))
            ),
            is_test=document.get("is_test", False),
            may_be_counted=document.get("may_be_counted", True),
            consents=tuple(
                self._agreed(f"/consents/{i}", agreed) for i, agreed in enumerate(document.get("consents", ()))
            ),
            receipt=document.get("receipt"),
        )
        if self.wrong:
            raise InvalidSubmission(self.wrong)
        return submission

    def _finding(self, at: str, finding: Mapping[str, Any]) -> FindingSubmission:
        themes = []
        for index, code in enumerate(finding.get("themes", ())):
            if code in self.codes.themes:
                themes.append(self.codes.themes[code])
            else:
                self._unknown(f"{at}/themes/{index}", f"There is no theme {code!r}; GET /api/v1/themes lists them.")
        return FindingSubmission(
            # Derived, not drawn: the same submission sent again must be the same.
            id=finding.get("id") or uuid5(self.document["id"], at),
            kind=finding["kind"],
            text=finding.get("text", ""),
            themes=tuple(themes),
            severity=finding.get("severity"),
            shared_by=finding.get("shared_by"),
            place=self._place(f"{at}/place", finding.get("place", {"kind": PlaceKind.NONE})),
        )

    def _place(self, at: str, place: Mapping[str, Any]) -> Place:
        match place["kind"]:
            case PlaceKind.POINT:
                lon, lat = place["point"]
                return Place("point", lon=lon, lat=lat, accuracy_m=place.get("accuracy_m"))
            case PlaceKind.DISTRICT:
                district = self.codes.districts.get((place["layer"], place["code"]))
                if district is None:
                    self._unknown(
                        f"{at}/code",
                        f"Layer {place['layer']!r} has no district {place['code']!r} today; "
                        "GET /api/v1/layers and /api/v1/districts list them.",
                    )
                return Place("district", district_id=district)
            case kind:
                return Place("city" if kind == PlaceKind.CITY else "none")

    def _agreed(self, at: str, agreed: Mapping[str, Any]) -> Agreed:
        version = agreed["notice_version"]
        if version not in self.codes.notices:
            self._unknown(f"{at}/notice_version", f"There is no notice {version!r}; GET /api/v1/notices lists them.")
        return Agreed(agreed["purpose"], agreed["mode"], version)

    def _session(self, pk: UUID | None) -> UUID | None:
        if pk is not None and pk not in self.codes.sessions:
            self._unknown("/session", f"There is no session {pk}; create it first with POST /api/v1/sessions.")
        return pk

    def _venue(self, code: str | None) -> int | None:
        if code is None:
            return None
        pk = self.codes.venues.get(code)
        if pk is None:
            self._unknown("/venue", f"There is no venue {code!r}; GET /api/v1/venues lists them.")
        return pk

    def _unknown(self, pointer: str, detail: str) -> None:
        self.wrong.append({"pointer": pointer, "code": "unknown", "detail": detail})


def _districts(places: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    wanted = {(place["layer"], place["code"]) for place in places}
    if not wanted:
        return {}
    today = clock.local_date(clock.now())
    found = (
        District.objects.valid_on(today)
        .filter(edition__layer__code__in={layer for layer, _ in wanted}, code__in={code for _, code in wanted})
        .values_list("edition__layer__code", "code", "pk")
    )
    return {(layer, code): pk for layer, code, pk in found}
