"""In which version each member of a conversation was changed last: what two changes made apart can be merged by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from listening.records.models import Conversation, FieldVersion

MEMBERS: Final = (
    "occurred_at", "channel", "place", "language", "people_count", "bands", "session", "venue", "summary", "is_test",
    "may_be_counted", "consents",
)  # fmt: skip
FINDING_MEMBERS: Final = ("kind", "text", "themes", "severity", "shared_by", "place")


def finding_field(finding: object, member: str) -> str:
    """The name of a finding's member; of its `id`: that it was added or removed."""
    return f"{finding}.{member}"


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """The fields in which two documents of one conversation differ."""
    yield from (name for name in MEMBERS if before[name] != after[name])
    old, new = ({finding["id"]: finding for finding in document["findings"]} for document in (before, after))
    for pk in old.keys() | new.keys():
        if pk not in old or pk not in new:
            yield finding_field(pk, "id")
            continue
        for name in FINDING_MEMBERS:
            if old[pk][name] != new[pk][name]:
                yield finding_field(pk, name)


def note_changes(conversation: Conversation, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Write down what a change has changed, under the version that it made."""
    FieldVersion.objects.bulk_create(
        (
            FieldVersion(conversation=conversation, field=field, version=conversation.version)
            for field in changed_fields(before, after)
        ),
        update_conflicts=True,
        unique_fields=["conversation", "field"],
        update_fields=["version"],
    )


def versions_of(conversation: Conversation) -> dict[str, int]:
    """The version of each field that was changed since the conversation was logged."""
    return dict(conversation.field_versions.values_list("field", "version"))
