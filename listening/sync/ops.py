"""An op: one change made on a phone, as it is told in a push."""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from rest_framework import serializers

from backend.http.strict_serializers import StrictIntegerField, StrictSerializer, StrictUUIDField

SCHEMA: Final = 1  # of `fields` and `set`, as this version of the service shows them
OLDEST_SCHEMA: Final = 1
MOST_BYTES: Final = 65_536  # of one op, as JSON

KINDS: Final = ("create", "update", "delete")
TYPES: Final = ("session", "conversation", "finding")
# Which members an op has beside op, kind, type, id and schema: those it needs, those it may have.
MEMBERS: Final[Mapping[tuple[str, str], tuple[frozenset[str], frozenset[str]]]] = {
    ("session", "create"): (frozenset({"fields"}), frozenset()),
    ("conversation", "create"): (frozenset({"fields"}), frozenset()),
    ("conversation", "update"): (frozenset({"base", "set"}), frozenset()),
    ("conversation", "delete"): (frozenset(), frozenset()),
    ("finding", "create"): (frozenset({"conversation", "fields"}), frozenset()),
    ("finding", "update"): (frozenset({"conversation", "base"}), frozenset({"set", "add", "remove"})),
    ("finding", "delete"): (frozenset({"conversation"}), frozenset()),
}
# From the schema in which an op was written to the next: a phone that was not updated still gets rid of its ops.
UPCASTERS: Final[dict[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {}


class OpSerializer(StrictSerializer):
    """One change made on a phone."""

    op = StrictUUIDField(help_text="UUIDv7 of the op; sent again, it changes nothing.")
    kind = serializers.ChoiceField(choices=KINDS)
    type = serializers.ChoiceField(choices=TYPES)
    id = StrictUUIDField(help_text="Of what is created, changed or deleted.")
    schema = StrictIntegerField(required=False, min_value=OLDEST_SCHEMA)
    conversation = StrictUUIDField(required=False, help_text="Of a finding.")
    base = StrictIntegerField(required=False, min_value=1, help_text="Version of the conversation that the phone had.")
    fields = serializers.DictField(required=False, help_text="Of what is created.")  # type: ignore[assignment]
    set = serializers.DictField(required=False, help_text="Members that are replaced; null: back to the default.")
    add = serializers.DictField(required=False, help_text="`themes` that are added.")
    remove = serializers.DictField(required=False, help_text="`themes` that are removed.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kind, name = attrs["type"], attrs["kind"]
        if (kind, name) not in MEMBERS:
            raise serializers.ValidationError({"kind": f"A {kind} takes no {name}."})
        needed, possible = MEMBERS[kind, name]
        told = attrs.keys() - {"op", "kind", "type", "id", "schema"}
        errors = {member: f"To {name} a {kind} takes {member!r}." for member in needed - told}
        errors |= {member: f"To {name} a {kind} takes no {member!r}." for member in told - needed - possible}
        for member in ("add", "remove"):
            if unknown := attrs.get(member, {}).keys() - {"themes"}:
                errors[member] = f"Only themes are added and removed, not {', '.join(sorted(unknown))}."
            elif not all(isinstance(code, str) for code in _listed(attrs.get(member, {}))):
                errors[member] = "Themes are a list of codes."
        if errors:
            raise serializers.ValidationError(errors)
        return attrs


def _listed(members: Mapping[str, Any]) -> list[Any]:
    themes = members.get("themes", [])
    return themes if isinstance(themes, list) else [None]


@dataclass(frozen=True, slots=True)
class Op:
    """An op whose shape is good; what it says of the record is looked at when it is applied."""

    op: UUID
    kind: str
    type: str
    id: UUID
    body: Mapping[str, Any]

    @property
    def conversation_id(self) -> UUID:
        """The record that is locked while the op is applied: the conversation, or the session itself."""
        found: UUID = self.body.get("conversation", self.id)
        return found

    @property
    def base(self) -> int:
        found: int = self.body["base"]
        return found

    def members(self, name: str) -> dict[str, Any]:
        """`fields`, `set`, `add` or `remove`; empty when left out."""
        found: dict[str, Any] = self.body.get(name, {})
        return found


def read_op(told: Any) -> Op:
    """Parse an op, and bring an old one up to the schema of today. Raises DRF's ValidationError."""
    if isinstance(told, dict):
        told = upcast(told)
    body = _reader().run_validation(told)
    return Op(body["op"], body["kind"], body["type"], body["id"], body)


@functools.cache
def _reader() -> OpSerializer:
    """Made once: to copy its fields costs more than to read with them."""
    return OpSerializer()


def upcast(told: dict[str, Any]) -> dict[str, Any]:
    """An op as the schema of today writes it. One of a newer schema is left alone, for the caller to refuse."""
    schema = told.get("schema", SCHEMA)
    while isinstance(schema, int) and schema < SCHEMA and schema in UPCASTERS:
        told = {**UPCASTERS[schema](dict(told)), "schema": schema + 1}
        schema += 1
    return told


def fingerprint(told: Any) -> bytes:
    """HMAC-SHA-256 of an op as it was sent: 32 bytes. Keyed, because a plain hash of a short text can be guessed."""
    content = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hmac.new(settings.SECRET_KEY.encode(), b"op " + content.encode(), hashlib.sha256).digest()
