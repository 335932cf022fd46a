"""The wire shapes of NL-Sync/1; PROTOCOL.md tells them in words."""

from __future__ import annotations

from typing import Any, Final

from rest_framework import serializers

from backend.http.strict_serializers import (
    InstantField,
    StrictCharField,
    StrictIntegerField,
    StrictSerializer,
    StrictUUIDField,
)
from listening.capture.api.serializers import ConversationSerializer, WarningSerializer
from listening.sync.models import Clash, WaitingOp
from listening.sync.ops import KINDS, TYPES, OpSerializer
from listening.sync.outcomes import Dismissal

MOST_OPS: Final = 200
MOST_LOOKED_UP: Final = 1_000
MOST_ROWS: Final = 500
KEEP_ACKED_DAYS: Final = 14
STATUSES: Final = ("accepted", "conflict", "deferred", "quarantined", "rejected", "retry", "duplicate")
DISMISSALS: Final = tuple(Dismissal)
REASONS: Final = ("invalid", "absent", "gone", "id_taken", "op_reused", "too_large", "schema", "forbidden")


class LimitsSerializer(serializers.Serializer[Any]):
    """What a request may hold."""

    ops = serializers.IntegerField()
    op_bytes = serializers.IntegerField()
    body_bytes = serializers.IntegerField()
    depth = serializers.IntegerField()
    rows = serializers.IntegerField()
    lookup = serializers.IntegerField()


class SchemasSerializer(serializers.Serializer[Any]):
    """Of which schemas ops are taken."""

    current = serializers.IntegerField()
    oldest = serializers.IntegerField()


class HelloSerializer(serializers.Serializer[Any]):
    """What a client needs to know before it pushes and pulls."""

    protocol = serializers.IntegerField()
    epoch = serializers.UUIDField()
    server_time = serializers.DateTimeField()
    schema = SchemasSerializer()
    limits = LimitsSerializer()
    keep_acked_days = serializers.IntegerField()
    buckets = serializers.ListField(child=serializers.CharField())


class PushSerializer(StrictSerializer):
    """Ops in the order in which they were made."""

    sent_at = InstantField(required=False, help_text="What the clock of the phone shows.")
    ops = serializers.ListField(child=OpSerializer(), max_length=MOST_OPS)


class EnvelopeSerializer(StrictSerializer):
    """A push, before its ops are looked at: a bad one spoils no other."""

    sent_at = InstantField(required=False)
    ops = serializers.ListField(child=serializers.JSONField(allow_null=True))


class FieldErrorSerializer(serializers.Serializer[Any]):
    """One mistake in an op."""

    pointer = serializers.CharField(required=False)
    code = serializers.CharField()
    detail = serializers.CharField(required=False)


class OutcomeSerializer(serializers.Serializer[Any]):
    """What became of an op."""

    status = serializers.ChoiceField(choices=STATUSES)
    version = serializers.IntegerField(required=False)
    merged = serializers.BooleanField(required=False)
    clock_adjusted = serializers.BooleanField(required=False)
    warnings = WarningSerializer(many=True, required=False)
    fields = serializers.ListField(child=serializers.CharField(), required=False)  # type: ignore[assignment]
    waiting_for = serializers.UUIDField(required=False)
    reason = serializers.ChoiceField(choices=REASONS, required=False)
    dismissed = serializers.ChoiceField(
        choices=DISMISSALS, required=False, help_text="Why a coordinator refused it, if they said so."
    )
    errors = serializers.ListField(child=FieldErrorSerializer(), required=False)  # type: ignore[assignment]
    retry_after = serializers.IntegerField(required=False)


class ResultSerializer(OutcomeSerializer):
    """An outcome, with the op and the record as they were told."""

    op = serializers.JSONField()
    id = serializers.JSONField()
    outcome = OutcomeSerializer(required=False, help_text="Of a duplicate: what became of it then.")


class PushedSerializer(serializers.Serializer[Any]):
    """One result for each op, in their order."""

    epoch = serializers.UUIDField()
    received_at = serializers.DateTimeField()
    results = ResultSerializer(many=True)


class PullSerializer(StrictSerializer):
    """Where the client stands; null: at the beginning."""

    cursor = StrictCharField(required=False, allow_null=True, max_length=20_000)
    limit = StrictIntegerField(required=False, min_value=1, max_value=MOST_ROWS)


class RowSerializer(serializers.Serializer[Any]):
    """A conversation as it stands, and in which buckets of the person it lies."""

    type = serializers.ChoiceField(choices=["conversation"])
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    buckets = serializers.ListField(child=serializers.CharField())
    fields = ConversationSerializer()  # type: ignore[assignment]


class GoneSerializer(serializers.Serializer[Any]):
    """A conversation that lies in no bucket of the person any longer."""

    type = serializers.ChoiceField(choices=["conversation"])
    id = serializers.UUIDField()
    deleted = serializers.BooleanField()


class PulledSerializer(serializers.Serializer[Any]):
    """A page of what changed."""

    epoch = serializers.UUIDField()
    reset = serializers.BooleanField()
    buckets = serializers.ListField(child=serializers.CharField())
    rows = RowSerializer(many=True)
    gone = GoneSerializer(many=True)
    cursor = serializers.CharField()
    more = serializers.BooleanField()


class LookupSerializer(StrictSerializer):
    """Ops whose answer was lost."""

    ops = serializers.ListField(child=StrictUUIDField(), max_length=MOST_LOOKED_UP)


class LookedUpSerializer(OutcomeSerializer):
    """The outcome of an op."""

    op = serializers.UUIDField()


class LookupResultsSerializer(serializers.Serializer[Any]):
    """Outcomes of one's own ops; those that are not here never came."""

    results = LookedUpSerializer(many=True)


class ClashSerializer(serializers.Serializer[Any]):
    """A member that two people changed: ours is stored, theirs is kept beside it."""

    id = serializers.IntegerField()
    conversation = serializers.UUIDField(source="conversation_id")
    field = serializers.CharField()
    ours = serializers.JSONField(allow_null=True)
    theirs = serializers.JSONField(allow_null=True)
    at = serializers.DateTimeField()
    brought_by = serializers.CharField(source="op.person.username")


class ClashesSerializer(serializers.Serializer[Any]):
    """Clashes that nobody has settled, the newest first."""

    conflicts = ClashSerializer(many=True)


class SettlementSerializer(StrictSerializer):
    """Which of the two values holds."""

    take = serializers.ChoiceField(choices=Clash.Settlement.choices)


class SettledSerializer(serializers.Serializer[Any]):
    """A clash that is settled."""

    id = serializers.IntegerField()
    settlement = serializers.ChoiceField(choices=Clash.Settlement.choices)
    version = serializers.IntegerField(source="conversation.version")


class WaitingOpSerializer(serializers.Serializer[Any]):
    """An op that is stored and not applied, without what it says."""

    op = serializers.UUIDField(source="pk")
    person = serializers.CharField(source="op.person.username")
    kind = serializers.ChoiceField(choices=KINDS, source="body.kind")
    type = serializers.ChoiceField(choices=TYPES, source="body.type")
    why = serializers.ChoiceField(choices=WaitingOp.Why.choices)
    waiting_for = serializers.UUIDField(allow_null=True)
    received_at = serializers.DateTimeField(source="op.received_at")


class WaitingOpsSerializer(serializers.Serializer[Any]):
    """Ops that wait, the oldest first."""

    waiting = WaitingOpSerializer(many=True)


class FreshnessSerializer(serializers.Serializer[Any]):
    """How fresh a phone is, and what of its person waits."""

    device = serializers.UUIDField()
    name = serializers.CharField()
    person = serializers.CharField()
    last_seen_at = serializers.DateTimeField()
    pushed_at = serializers.DateTimeField(allow_null=True)
    pulled_at = serializers.DateTimeField(allow_null=True)
    deferred = serializers.IntegerField()
    quarantined = serializers.IntegerField()
    conflicts = serializers.IntegerField()


class FreshPhonesSerializer(serializers.Serializer[Any]):
    """Phones, those not heard of for longest first."""

    phones = FreshnessSerializer(many=True)
