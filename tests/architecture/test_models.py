"""The tables follow the layers: what is told refers to places and people, never the other way round."""

import io

import pytest
from django.apps import apps
from django.core.management import call_command

from tests.architecture.test_imports import LAYERS

OURS = ("backend", "districts", "listening")


def level(module: str) -> int:
    """The line of the layers a module is on; 0 is the highest."""
    found = [
        number
        for number, layer in enumerate(LAYERS)
        for name in layer.replace(":", "|").split("|")
        if f"{module}.".startswith(f"{name.strip()}.")
    ]
    assert len(found) == 1, module
    return found[0]


MODELS = [model for model in apps.get_models(include_auto_created=True) if model.__module__.split(".")[0] in OURS]


def test_there_are_models():
    assert len(MODELS) >= 15


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_foreign_keys_point_down_the_layers(model):
    for field in model._meta.get_fields(include_hidden=True):
        if field.is_relation and field.concrete and field.related_model.__module__.split(".")[0] in OURS:
            assert level(model.__module__) <= level(field.related_model.__module__), field


@pytest.mark.django_db
def test_models_and_migrations_agree():
    said = io.StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=said, stderr=said)
    except SystemExit:
        pytest.fail(said.getvalue())
