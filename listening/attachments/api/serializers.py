"""Attachments as JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backend.http.strict_serializers import StrictIntegerField, StrictSerializer, StrictUUIDField
from listening.attachments.media_types import MediaType, Refusal
from listening.attachments.models import Attachment


class AnnouncementSerializer(StrictSerializer):
    """What a phone says of an attachment before it sends it."""

    id = StrictUUIDField(help_text="Made by the client, version 7.")
    conversation = StrictUUIDField(help_text="Id of the conversation, which may come later.")
    size = StrictIntegerField(min_value=1, help_text="Bytes.")
    sha256 = serializers.RegexField(
        r"\A[0-9a-f]{64}\Z", trim_whitespace=False, help_text="Of the whole content, in hexadecimal."
    )
    media_type = serializers.ChoiceField(choices=MediaType.choices)


class KeptSerializer(serializers.Serializer[Any]):
    """What is kept of the content: of a photo, its pixels alone."""

    media_type = serializers.ChoiceField(choices=MediaType.choices, help_text="By its bytes.")
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()


class AttachmentSerializer(serializers.Serializer[Any]):
    """What was announced, and what of it came."""

    id = serializers.UUIDField()
    conversation = serializers.UUIDField(source="conversation_id")
    media_type = serializers.ChoiceField(choices=MediaType.choices)
    size = serializers.IntegerField(help_text="Bytes, as announced.")
    sha256 = serializers.CharField(help_text="As announced.")
    state = serializers.ChoiceField(choices=Attachment.State.choices)
    received = serializers.IntegerField(help_text="Bytes that came so far.")
    refused_for = serializers.ChoiceField(choices=Refusal.choices, allow_blank=True)
    announced_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Until when the rest may come.")
    kept = KeptSerializer(source="file", allow_null=True)


class AttachmentsSerializer(serializers.Serializer[Any]):
    """The attachments of a conversation, in the order in which they were announced."""

    attachments = AttachmentSerializer(many=True)
