"""Merge a change made on an old version with what others have changed since, member by member.

A member clashes when somebody changed it after the version that the phone had, to something else than the phone says.
The stored value stays, the other one is kept beside it for a coordinator: neither is lost, and no clock decides.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rest_framework import serializers

from listening.capture.submission import FindingSubmission, Submission
from listening.records.field_versions import FINDING_MEMBERS, MEMBERS, finding_field

# Members of a document that a Submission calls otherwise.
_ATTRIBUTES: Final = {"session": "session_id", "venue": "venue_id"}


@dataclass(frozen=True, slots=True)
class FieldClash:
    """A member that was changed on both sides; values as in a document. `finding` None: of the conversation."""

    member: str
    finding: str | None
    ours: Any
    theirs: Any

    @property
    def field(self) -> str:
        return self.member if self.finding is None else finding_field(self.finding, self.member)

    def differs(self, one: Submission, other: Submission) -> bool:
        """Whether two readings of the conversation differ here: 10:00Z is no other instant than 11:00+01:00."""
        return self._value(one) != self._value(other)

    def _value(self, submission: Submission) -> object:
        holder: Submission | FindingSubmission = submission
        if self.finding is not None:
            (holder,) = (heard for heard in submission.findings if str(heard.id) == self.finding)
        value = getattr(holder, _ATTRIBUTES.get(self.member, self.member))
        return set(value) if self.member in {"bands", "consents", "themes"} else value


@dataclass(frozen=True, slots=True)
class Merge:
    """Documents of a conversation: as it is, as the phone asks for it, and with what does not clash."""

    current: dict[str, Any]
    asked: dict[str, Any]
    document: dict[str, Any]
    clashes: list[FieldClash]
    is_merged: bool


def merge_conversation(
    current: dict[str, Any], versions: Mapping[str, int], base: int, changes: Mapping[str, Any]
) -> Merge:
    """Merge changed members of a conversation. Raises DRF's ValidationError for members that it does not have."""
    _check(changes, MEMBERS)
    asked, merged = copy.deepcopy(current), copy.deepcopy(current)
    clashes = []
    for member, value in changes.items():
        _put(asked, member, value)
        if versions.get(member, 1) > base:
            clashes.append(FieldClash(member, None, current[member], value))
        else:
            _put(merged, member, value)
    return Merge(current, asked, merged, clashes, _is_newer(versions, base))


def merge_finding(
    current: dict[str, Any], versions: Mapping[str, int], base: int, finding: str, changes: Mapping[str, Any],
    *, add: Iterable[str] = (), remove: Iterable[str] = (),
) -> Merge:  # fmt: skip
    """Merge changed members of a finding; themes that are added and removed never clash."""
    _check(changes, FINDING_MEMBERS)
    asked, merged = copy.deepcopy(current), copy.deepcopy(current)
    now, one, other = (_finding(document, finding) for document in (current, asked, merged))
    clashes = []
    for member, value in changes.items():
        _put(one, member, value)
        if versions.get(finding_field(finding, member), 1) > base:
            clashes.append(FieldClash(member, finding, now[member], value))
        else:
            _put(other, member, value)
    removed = set(remove)
    for document in (one, other):
        themes = [*document.get("themes", []), *add]
        document["themes"] = [code for code in dict.fromkeys(themes) if code not in removed]
    return Merge(current, asked, merged, clashes, _is_newer(versions, base))


def with_value(current: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    """A document in which a field, named as a clash names it, has a value. Raises KeyError: its finding is gone."""
    document = copy.deepcopy(current)
    finding, _, member = field.rpartition(".")
    _put(_finding(document, finding) if finding else document, member, value)
    return document


def _check(changes: Mapping[str, Any], members: Iterable[str]) -> None:
    if unknown := changes.keys() - set(members):
        raise serializers.ValidationError(dict.fromkeys(sorted(unknown), "There is no such member to set."))


def _put(holder: dict[str, Any], member: str, value: Any) -> None:
    """Null takes a member back to its default (RFC 7396)."""
    if value is None:
        holder.pop(member, None)
    else:
        holder[member] = value


def _finding(document: Mapping[str, Any], pk: str) -> dict[str, Any]:
    for finding in document["findings"]:
        if finding["id"] == pk:
            found: dict[str, Any] = finding
            return found
    raise KeyError(pk)


def _is_newer(versions: Mapping[str, int], base: int) -> bool:
    return any(version > base for version in versions.values())
