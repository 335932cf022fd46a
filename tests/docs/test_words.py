"""The glossary has a word for every model and every code; the other references say what the code says."""

from itertools import pairwise

import pytest
from django.apps import apps
from django.db.models import Model, TextChoices

from backend.http.request_log import ALLOWED
from districts.importing import config, margins, quality, run
from districts.models import BoundaryEdition, DistrictName
from listening.attachments.media_types import MediaType, Refusal
from listening.attachments.models import Attachment
from listening.capture import envelope
from listening.codelists.models import Theme
from listening.fieldwork import roles
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.models import Session, Venue
from listening.needmaps.api.representation_serializers import (
    BandRepresentationSerializer,
    VariableRepresentationSerializer,
    WeightsSerializer,
)
from listening.needmaps.api.serializers import DistrictNeedSerializer, NeedMapSerializer
from listening.needmaps.build import BREAKS
from listening.needmaps.need import ENOUGH_CONVERSATIONS
from listening.needmaps.representation import FEWEST_PEOPLE, REASONS
from listening.publishing.models import ReleaseProposal
from listening.records.models import Consent, Conversation, Finding, ParticipantBand, PlaceKind
from listening.releases.models import Release, ReleaseCell
from listening.statistics.coverage import MOST_UNRECORDED
from listening.sync.models import Clash, WaitingOp
from listening.vault.models import Contact, ContactDetail
from tests.docs.pages import ROOT, codes, page
from tests.people import person

GLOSSARY = page("docs/reference/glossary.md")
CELLS = page("docs/reference/cells.md")
ROLES = page("docs/reference/roles.md")
MAPPING = page("docs/reference/import-mapping.md")

CHOICES: dict[str, type[TextChoices]] = {
    "kind of a finding": Finding.Kind,
    "channel of a conversation": Conversation.Channel,
    "state of an attachment": Attachment.State,
    "media type of an attachment": MediaType,
    "why an attachment is refused": Refusal,
    "purpose of a consent": Consent.Purpose,
    "mode of a consent": Consent.Mode,
    "purpose of a contact": Contact.Purpose,
    "kind of a contact's detail": ContactDetail.Kind,
    "kind of a place": PlaceKind,
    "kind of a session": Session.Kind,
    "product of a release": ReleaseCell.Product,
    "state of a proposal": ReleaseProposal.State,
    "status of a release": Release.Status,
    "kind of a venue": Venue.Kind,
    "role of an assignment": roles.Role,
    "scope of a key": KeyScope,
    "why an op waits": WaitingOp.Why,
    "settlement of a clash": Clash.Settlement,
    "sensitivity of a theme": Theme.Sensitivity,
    "kind of a name": DistrictName.Kind,
    "status of an edition": BoundaryEdition.Status,
}


def own_models() -> dict[str, type[Model]]:
    return {
        f"{app.label}.{model.__name__}": model
        for app in apps.get_app_configs()
        if app.name.split(".")[0] in {"districts", "listening"}
        for model in app.get_models()
    }


class TestGlossary:
    def test_every_model_has_a_word(self) -> None:
        named = {code for row in GLOSSARY.table("Words", "word") for code in codes(row[2])}
        assert len(named) > 10
        assert named == set(own_models())

    def test_words_are_told_once(self) -> None:
        words = [row[0] for row in GLOSSARY.table("Words", "word")]
        assert len(words) == len(set(words))

    def test_codes_are_those_of_the_models(self) -> None:
        told = {row[0]: codes(row[1]) for row in GLOSSARY.table("Codes", "of")}
        bands = {f"{variable} band": list(bands) for variable, bands in ParticipantBand.BANDS.items()}
        assert told == {name: choices.values for name, choices in CHOICES.items()} | bands

    def test_every_choice_of_a_model_is_among_them(self) -> None:
        listed = {*CHOICES.values(), ParticipantBand.Variable}
        found = {
            member
            for model in own_models().values()
            for member in vars(model).values()
            if isinstance(member, type) and issubclass(member, TextChoices)
        }
        assert found
        assert found <= listed

    def test_the_margin_around_the_city(self) -> None:
        assert f"{envelope.MARGIN_M // 1000} km to spare" in GLOSSARY.section("Places")


class TestCells:
    def test_columns_are_those_of_the_table(self, db: None) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            columns = {column.name for column in connection.introspection.get_table_description(cursor, "rollups_cell")}
            relations = {
                t.name for t in connection.introspection.get_table_list(cursor) if t.name.startswith("rollups_")
            }
        assert {codes(row[0])[0] for row in CELLS.table("What a cell is", "column")} == columns
        assert {codes(row[0])[0] for row in CELLS.table("Tables and views", "name")} == relations

    @pytest.mark.parametrize(
        ("header", "serializer"),
        [("member of a feature", DistrictNeedSerializer), ("member of the collection", NeedMapSerializer)],
    )
    def test_members_of_a_need_map(self, header: str, serializer: type) -> None:
        told = [code for row in CELLS.table("Members of a need map", header) for code in codes(row[0])]
        assert sorted(told) == sorted(set(serializer().fields) - {"type", "features"})

    def test_coverage(self) -> None:
        told = {codes(row[0])[0]: row[1] for row in CELLS.table("Members of a need map", "coverage")}
        assert told == {
            "none": "0",
            "thin": f"1 to {ENOUGH_CONVERSATIONS - 1}",
            "enough": f"{ENOUGH_CONVERSATIONS} or more",
        }
        assert f"fewer than {ENOUGH_CONVERSATIONS} conversations" in page("docs/explanation/need-map-honesty.md").text

    @pytest.mark.parametrize(
        ("section", "header", "serializers"),
        [
            ("Representation", "member of a band", [BandRepresentationSerializer]),
            ("Representation", "member of a variable", [VariableRepresentationSerializer]),
            ("Weights", "member", [WeightsSerializer]),
        ],
    )
    def test_members_of_representation_and_weights(self, section: str, header: str, serializers: list[type]) -> None:
        told = {code for row in CELLS.table(section, header) for code in codes(row[0])}
        members = {name for one in serializers for name in one().fields}
        elsewhere = {"layer", "edition", "is_partial", "method", "period", "district", "conversations"}
        elsewhere |= {"variable", "band", "provenance"}
        assert told - elsewhere == members - elsewhere

    def test_reasons_and_limits_of_representation(self) -> None:
        told = [codes(row[0])[0] for row in CELLS.table("Representation", "reason")]
        assert sorted(told) == sorted(REASONS)
        text = CELLS.section("Representation")
        assert f"fewer than {FEWEST_PEOPLE} people" in text
        assert f"more than {MOST_UNRECORDED:.0%}".replace("%", " %") in text

    def test_breaks(self) -> None:
        (row,) = [r for r in CELLS.table("Members of a need map", "member of the collection") if "`breaks`" in r[0]]
        assert row[1] == f"limits of the classes: {', '.join(f'{b:g}' for b in BREAKS)}"
        limits = [0, *(round(b * 100) for b in BREAKS)]
        classes = ", ".join(f"{low}-{high} %" for low, high in pairwise(limits))
        assert f"The classes are {classes} and more" in page("docs/explanation/need-map-honesty.md").text


class TestRoles:
    ROWS = {
        "log conversations": roles.LOG,
        "open sessions": roles.CONVENE,
        "read need maps": roles.READ_COUNTS,
        "read venues": roles.READ_REFERENCE,
        "use the administration": roles.ADMINISTER,
    }

    def test_scopes_of_keys(self) -> None:
        assert [codes(row[0])[0] for row in ROLES.table("Keys of machines", "scope")] == [
            "read:reference", "read:need-maps", "read:findings", "write:conversations",
        ]  # fmt: skip
        assert len(KeyScope) == 4

    def test_columns_are_the_roles(self) -> None:
        header = next(line for line in ROLES.text.splitlines() if line.startswith("| may"))
        assert [cell.strip() for cell in header.strip("|").split("|")][1:] == roles.Role.values

    @pytest.mark.parametrize("name", ROWS)
    def test_who_may(self, name: str) -> None:
        (row,) = [row for row in ROLES.table("Roles", "may") if row[0] == name]
        told = {role for role, cell in zip(roles.Role.values, row[1:], strict=True) if cell == "yes"}
        assert told == {role.value for role in self.ROWS[name]}

    @pytest.mark.django_db
    def test_who_reads_and_changes(self, city, themes, listener) -> None:
        from listening.capture.accept import accept
        from listening.records.permissions import may_change
        from tests.listening.submissions import conversation, heard

        accept(conversation(listener, heard("need", themes["rent"])), by=listener)
        (record,) = Conversation.objects.all()
        rows = {row[0]: row[1:] for row in ROLES.table("Roles", "may")}
        for number, role in enumerate(roles.Role.values):
            other = person(f"other-{role}", role, within=city.area(5))
            elsewhere = person(f"elsewhere-{role}", role, within=city.area(6))
            own = person(f"own-{role}", role)
            accept(conversation(own, heard("need", themes["rent"])), by=own)
            for told, records in (
                (rows["read conversations and tombstones"][number], Conversation.objects),
                (rows["read findings without people"][number], Finding.objects),
            ):
                pick = {"pk": record.pk} if records is Conversation.objects else {"conversation": record}
                theirs = {"listener": own} if records is Conversation.objects else {"conversation__listener": own}
                assert records.visible_to(other).filter(**pick).exists() == (told == "districts"), role
                assert not records.visible_to(elsewhere).filter(**pick).exists(), role
                assert records.visible_to(own).filter(**theirs).exists() == (told != "none"), role
            changes = rows["change and delete conversations, set themes"][number]
            assert may_change(other, record) == (changes == "districts"), role
            assert may_change(own, Conversation.objects.get(listener=own)) == (changes in {"own", "districts"}), role


class TestImportMapping:
    def test_every_key_is_told(self) -> None:
        sections = {
            "layer": config.LAYER,
            "edition": config.EDITION,
            "fields": config.FIELDS,
            "population": config.POPULATION,
            "margins": config.MARGINS,
        }
        known = {f"{name}.{key}" for name, keys in sections.items() for key in keys} | (config.TOP - set(sections))
        told = [codes(row[0])[0] for row in MAPPING.table("Keys", "key")]
        assert sorted(told) == sorted(known)

    def test_every_flaw_is_told(self) -> None:
        import ast

        raised: dict[str, set[str]] = {}
        for path in (ROOT / "districts" / "importing").glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(
                        func=ast.Name(id="Flaw"), args=[ast.Constant(value=severity), ast.Constant(value=code), *_]
                    ):
                        raised.setdefault(str(code), set()).add(str(severity))
                    case ast.Call(func=ast.Name(id="Flaw")):
                        pytest.fail(f"{path.name}:{node.lineno} hides its severity or code")
        told = {codes(row[0])[0]: set(row[1].split(", ")) for row in MAPPING.table("What an import reports", "code")}
        assert told == raised

    def test_sizes_are_those_of_the_code(self) -> None:
        told = {codes(row[0])[0]: row[2] for row in MAPPING.table("What an import reports", "code")}
        assert f"less than {quality.SLIVER_M2:.0f} m2" in told["sliver-overlap"]
        assert f"less than {quality.SLIVER_M2:.0f} m2" in told["sliver-gap"]
        assert f"more than {quality.LARGEST_OVERLAP * 100:.0f} % of" in told["overlap"]
        assert f"more than {run.FARTHEST_KM:.0f} km" in told["wrong-crs"]

    def test_the_example_is_a_mapping(self, tmp_path) -> None:
        (example,) = page("docs/how-to/import-districts.md").scripts("yaml")
        (tmp_path / "zone.yaml").write_text(example, encoding="utf-8")
        assert config.read_config(tmp_path / "zone.yaml").expected == 18

    def test_the_example_of_margins_is_that_of_the_demo(self, tmp_path) -> None:
        (example,) = page("docs/how-to/import-margins.md").scripts("yaml")
        (tmp_path / "margins.yaml").write_text(example, encoding="utf-8")
        told = config.read_config(tmp_path / "margins.yaml")
        assert told.margins == config.read_config(ROOT / "fixtures" / "bologna" / "residents_2023.yaml").margins

    def test_limits_of_margins_are_those_of_the_code(self) -> None:
        told = {codes(row[0])[0]: row[2] for row in MAPPING.table("What an import reports", "code")}
        assert f"more than {margins.TOLERANCE * 100:g} %" in told["unequal-margin"]
        assert f"more than {margins.LARGEST_DIFFERENCE * 100:g} %" in told["other-residents"]


class TestOthers:
    def test_keys_of_a_log_line(self) -> None:
        rows = page("docs/explanation/privacy-of-logs.md").table("What a line holds", "key")
        assert {code for row in rows for code in codes(row[0])} == set(ALLOWED)

    def test_the_example_of_themes_is_a_codelist(self, tmp_path) -> None:
        from listening.codelists.load import read_themes

        (example,) = page("docs/how-to/load-themes.md").scripts("yaml")
        (tmp_path / "themes.yaml").write_text(example, encoding="utf-8")
        assert [entry.code for entry in read_themes(tmp_path / "themes.yaml")] == ["housing", "rent_cost", "health"]

    def test_settings_of_the_private_server_are_those_that_a_city_is_told(self) -> None:
        from backend.localdb.cluster import SETTINGS

        rows = page("docs/how-to/run-in-production.md").table("1. Database", "PostgreSQL setting")
        told = {}
        for names, values in ((codes(row[0]), codes(row[1])) for row in rows):
            told |= dict(zip(names, values * len(names) if len(values) == 1 else values, strict=True))
        assert told == {name: value for name, value in SETTINGS.items() if name.startswith("log_")}
