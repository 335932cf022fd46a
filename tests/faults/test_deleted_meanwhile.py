"""Two at once: one deletes a conversation, the other sends it again."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections, transaction

from listening.capture.accept import accept, accept_many
from listening.capture.amend import delete
from listening.records.models import Conversation, Tombstone
from tests.listening.submissions import conversation, heard


@pytest.mark.django_db(transaction=True)
def test_what_is_sent_again_while_it_is_deleted_does_not_come_back(city, themes, listener):
    """The sender waits for whoever deletes, and must not go by what it saw before."""
    told = conversation(listener, heard("need", themes["rent"]))
    accept(told, by=listener)

    def send_again() -> None:
        try:
            accept_many([told])
        finally:
            connections.close_all()

    sender = threading.Thread(target=send_again)
    with transaction.atomic():
        delete(Conversation.objects.select_for_update().get(pk=told.id), by=listener)
        sender.start()
        with connection.cursor() as cursor:
            waits = False
            while not waits:
                cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted)")
                (waits,) = cursor.fetchone()
    sender.join(10)
    assert (Conversation.objects.count(), Tombstone.objects.count()) == (0, 1)
