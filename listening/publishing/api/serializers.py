"""Releases and proposals as stewards read them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backend.http.strict_serializers import StrictIntegerField, StrictSerializer
from listening.publishing.models import ReleaseProposal
from listening.releases.models import Release

LONGEST_REASON = 2_000


class ProposeSerializer(StrictSerializer):
    """The quarter that should be published; of a revision also what it corrects."""

    quarter = serializers.CharField(max_length=20, help_text="Such as 2026-Q2.")
    correction = serializers.CharField(
        max_length=LONGEST_REASON, required=False, default="", allow_blank=True, help_text="What a revision corrects."
    )
    affected = StrictIntegerField(
        min_value=0, max_value=10_000_000, required=False, default=0,
        help_text="Conversations that a revision concerns: ten at least.",
    )  # fmt: skip


class WithdrawSerializer(StrictSerializer):
    """Why a release is withdrawn: its addresses answer with it."""

    reason = serializers.CharField(max_length=LONGEST_REASON)


class ReleaseSerializer(serializers.ModelSerializer[Release]):
    """A release, without its content."""

    class Meta:
        model = Release
        fields = (
            "code", "number", "quarter", "revision", "status", "published_at", "withdrawn_at", "withdrawal_reason",
            "correction", "licence", "manifest_sha256",
        )  # fmt: skip


class ProductAuditSerializer(serializers.Serializer[Any]):
    """What the attacks on one table found."""

    product = serializers.CharField()
    period = serializers.CharField()
    variable = serializers.CharField(allow_blank=True)
    candidates_required = serializers.IntegerField(source="required", help_text="That each cell must keep.")
    cells = serializers.IntegerField()
    min_candidates = serializers.IntegerField()
    below_required = serializers.IntegerField()
    recovered = serializers.IntegerField()
    truth_inside = serializers.IntegerField()
    contradictions = serializers.IntegerField()


class AuditSerializer(serializers.Serializer[Any]):
    """What the attacks on all tables together found; it holds no count and no place."""

    passed = serializers.BooleanField()
    cells = serializers.IntegerField(help_text="Cells that were attacked.")
    min_candidates = serializers.IntegerField(help_text="Fewest numbers that a cell may still be.")
    recovered = serializers.IntegerField(help_text="Cells of which one number alone is left.")
    products = ProductAuditSerializer(many=True)


class ReportSerializer(serializers.Serializer[Any]):
    """What a steward reads before approving."""

    audit = AuditSerializer()
    conversations = serializers.IntegerField(help_text="All conversations of the quarter, as they would be published.")
    cells = serializers.IntegerField()
    needs = serializers.IntegerField()
    themes = serializers.IntegerField()
    layers = serializers.ListField(child=serializers.CharField())
    compared_with = serializers.CharField(allow_blank=True, help_text="The release that trends compare with.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="What the release leaves out.")


class ProposalSerializer(serializers.ModelSerializer[ReleaseProposal]):
    """A proposal with its report."""

    proposed_by = serializers.CharField(source="proposed_by.username")
    decided_by = serializers.CharField(source="decided_by.username", allow_null=True, default=None)
    report = ReportSerializer()

    class Meta:
        model = ReleaseProposal
        fields = (
            "id", "quarter", "revision", "correction", "affected", "state", "proposed_by", "proposed_at", "decided_by",
            "decided_at", "digest", "report",
        )  # fmt: skip


class ReleasesSerializer(serializers.Serializer[Any]):
    """All releases, the newest quarter first, and the proposals that nobody has decided."""

    releases = ReleaseSerializer(many=True)
    proposals = ProposalSerializer(many=True)
