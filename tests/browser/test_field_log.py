"""A listener's day with the field app: add the phone, log in three taps, with and without a network."""

import pytest

from listening.records.models import Conversation
from tests.browser.fieldphone import field_phone


@pytest.fixture
def phone(browser, server, transactional_db, city, themes, listener):
    with field_phone(browser, server) as made:
        made.enrol(listener)
        yield made


def test_it_works(phone, listener):
    phone.shoot("log")
    phone.log()
    phone.shoot("saved")
    phone.waits(0)
    (conversation,) = Conversation.objects.all()
    assert (conversation.listener, conversation.district.code, conversation.channel) == (listener, "5", "street")
    (finding,) = conversation.findings.all()
    assert (finding.kind, finding.severity, [theme.code for theme in finding.themes.all()]) == ("need", 4, ["housing"])
    page = phone.show("today")
    assert page.locator(".item[data-standing=sent]").count() == 1
    phone.shoot("today")
    phone.show("coverage")
    phone.shoot("coverage")
    phone.show("more")
    phone.shoot("more")
