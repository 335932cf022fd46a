"""A theme codelist from a file: all of it or nothing, and no theme that records refer to is lost."""

from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from listening.codelists.load import CodelistError, Loaded, load_themes
from listening.codelists.models import Theme

pytestmark = pytest.mark.django_db

CITY = """
themes:
  - {code: housing, it: Casa, en: Housing, children: [{code: rent, it: Affitto}, {code: repairs, it: Riparazioni}]}
  - {code: health, it: Salute, sensitivity: restricted}
"""


@pytest.fixture
def file(tmp_path):
    def write(text: str):
        path = tmp_path / "themes.yaml"
        path.write_text(text)
        return path

    return write


def test_it_works(file):
    assert load_themes(file(CITY)) == Loaded(added=4, changed=0, retired=0)
    rent = Theme.objects.get(code="rent")
    assert rent.parent.code == "housing"
    assert [label.label for label in rent.labels.all()] == ["Affitto"]
    assert Theme.objects.get(code="health").sensitivity == "restricted"
    assert list(Theme.objects.values_list("code", flat=True)) == ["housing", "rent", "repairs", "health"]


def test_again_changes_nothing(file):
    load_themes(file(CITY))
    assert load_themes(file(CITY)) == Loaded(0, 0, 0)


def test_what_left_the_file_is_retired_and_comes_back(file):
    load_themes(file(CITY))
    shorter = CITY.replace("  - {code: health, it: Salute, sensitivity: restricted}\n", "")
    assert load_themes(file(shorter)) == Loaded(0, 0, 1)
    assert not Theme.objects.on_offer().filter(code="health").exists()
    assert load_themes(file(CITY)) == Loaded(0, 1, 0)
    assert Theme.objects.on_offer().filter(code="health").exists()


def test_a_theme_moves_below_another(file):
    load_themes(file(CITY))
    moved = CITY.replace("sensitivity: restricted}", "children: [{code: care, it: Cura}]}")
    assert load_themes(file(moved)) == Loaded(1, 1, 0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", ["list `themes`"]),
        ("themes: housing", ["list `themes`"]),
        ("themes: [housing]", ["no mapping"]),
        ("themes: [{it: Casa}]", ["no code"]),
        ("themes: [{code: A B, it: Casa}]", ["'A B' is no code"]),
        ("themes: [{code: a}]", ["no label"]),
        ("themes: [{code: a, it: A, sensitivity: secret}]", ["'secret'", "restricted"]),
        ("themes: [{code: a, it: A}, {code: a, it: A}]", ["2 times"]),
        ("themes: [{code: a, it: A, italiano: A}]", ["'italiano' is no language"]),
        ("themes: [{code: a, it: A, children: [{code: b, it: B, children: [{code: c, it: C}]}]}]", ["two levels"]),
        ("themes: [{code: a, it: A, children: b}]", ["children"]),
        ("themes: [{code: A}, {code: b, it: B, sensitivity: x}]", ["'A'", "'x'"]),
        ("themes: [", ["cannot be read"]),
    ],
)
def test_every_mistake_is_named_and_nothing_is_loaded(file, text, says):
    with pytest.raises(CodelistError) as refusal:
        load_themes(file(text))
    for words in says:
        assert words in str(refusal.value)
    assert not Theme.objects.exists()


def test_the_command(file):
    told = StringIO()
    call_command("load_codelists", str(file(CITY)), stdout=told)
    assert "4" in told.getvalue()
    with pytest.raises(CommandError, match="no code"):
        call_command("load_codelists", str(file("themes: [{it: x}]")))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("load_codelists", "nowhere.yaml")


def test_our_own_file():
    load_themes(settings.BASE_DIR / "fixtures" / "themes.yaml")
    for theme in Theme.objects.prefetch_related("labels"):
        assert {"it", "en"} <= {label.language for label in theme.labels.all()}
    assert Theme.objects.filter(sensitivity="restricted").exists()
