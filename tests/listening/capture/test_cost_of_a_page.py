"""What a page of records spends before it reads one: statements that are planned once, and filters nobody asked for."""

from __future__ import annotations

import pytest
from django.db import connection
from django.http import QueryDict
from rest_framework.test import APIClient

from listening.capture.accept import accept_many
from listening.capture.api.filters import ConversationFilter
from listening.fieldwork.tokens import issue
from listening.records.models import Conversation
from tests.listening.submissions import conversation, heard

pytestmark = pytest.mark.django_db
URL = "/api/v1/conversations"


def test_what_each_request_asks_is_planned_once(city, listener, coordinator, settings):
    """Who may do what, how often, and what is handed out: joins that took longer to plan than to run."""
    settings.RATE_LIMITS = "read=100/s"
    accept_many([conversation(listener, heard())])
    desk = APIClient(headers={"Authorization": f"Bearer {issue(coordinator)}"})
    for _ in range(3):
        assert len(desk.get(URL).json()["conversations"]) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        kept = "\n".join(statement for (statement,) in cursor.fetchall())
    for statement in ("scope", "spend_allowance", "append_entry", "conversations_as_json"):
        assert f"/sql/{statement}.sql" in kept, statement


def test_only_filters_that_are_asked_for_are_made():
    narrowed = ConversationFilter(QueryDict("channel=street&limit=5"), queryset=Conversation.objects.all())
    assert set(narrowed.filters) == {"channel"}
    assert narrowed.is_valid()
    assert set(ConversationFilter.base_filters) > {"channel", "q", "bbox"}  # those declared are as they were
