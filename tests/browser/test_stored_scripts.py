"""A script in every text that is stored: no page makes an element of it (S13)."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import DataError, IntegrityError, models, transaction
from django.urls import reverse

from districts.models import BoundaryEdition
from listening.fieldwork.models import Session, User, Venue
from listening.fieldwork.tokens import issue
from tests.listening.submissions import NOON
from tests.people import person

SCRIPT = '"><img src=x onerror=document.body.dataset.owned=1>'
SHORT = "<b id=x>"  # for what does not hold the whole
OURS = {"districts", "codelists", "fieldwork", "records"}
# By these the pages are asked for, or a person is recognised.
KEPT = {"code", "username", "password", "digest", "checksum", "language"}


def text_fields(model):
    for field in model._meta.concrete_fields:
        is_text = isinstance(field, models.CharField | models.TextField) and not isinstance(field, models.SlugField)
        if is_text and not field.choices and not field.primary_key and field.name not in KEPT:
            yield field


def poison() -> set[str]:
    """Put the script into every text field of every row; returns which."""
    poisoned = set()
    for label in OURS:
        for model in apps.get_app_config(label).get_models():
            for field in text_fields(model):
                text = SCRIPT if (field.max_length or 1_000) >= len(SCRIPT) else SHORT
                try:
                    with transaction.atomic():
                        if model._base_manager.update(**{field.name: text}):
                            poisoned.add(f"{model.__name__}.{field.name}")
                except (IntegrityError, DataError):
                    continue  # the database takes no such text there
    apps.get_model("districts", "Layer").objects.update(names={"it": SCRIPT, "en": SCRIPT})
    return poisoned | {"Layer.names"}


@pytest.fixture
def poisoned(listened):
    chief = person("admin", "admin", "coordinator")
    venue = Venue.objects.create(code="salaborsa", name="x", kind="library")
    Session.objects.create(kind="desk", title="x", venue=venue, started_at=NOON, convener=chief)
    issue(chief, label="x")
    return poison()


PAGES = [
    "/",
    "/dashboard/?layer=area&period=2026",
    "/dashboard/?layer=area&theme=rent&period=2026&sort=name",
    "/problems/forbidden",
    "/nowhere",
]


def administration():
    """The lists, and one thing of each."""
    yield "/admin/"
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        if (first := model._base_manager.first()) is not None:
            yield reverse(f"{name}_change", args=[first.pk])


def test_no_page_makes_an_element_of_a_text(poisoned, visit):
    assert {"Conversation.summary", "Finding.text", "User.last_name", "Venue.name", "Session.title"} <= poisoned
    assert {"District.name", "ThemeLabel.label", "BoundaryEdition.source"} <= poisoned
    seen = 0
    for name, addresses in (("dario", PAGES), ("admin", administration())):
        there = visit()
        there.sign_in(name)
        for address in addresses:
            page = there.open(address)
            assert page.locator("img[src=x], #x, [data-owned]").count() == 0, address
            seen += SCRIPT[2:20] in page.content() or "&lt;img src=x" in page.content()
    # The texts were there, as text.
    assert seen > 10
    assert User.objects.filter(last_name__contains="<img").exists()
    assert BoundaryEdition.objects.filter(source=SCRIPT).exists()
