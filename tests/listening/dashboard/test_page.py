import datetime as dt
from pathlib import Path

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from districts.models import BoundaryEdition, District, Layer
from listening.capture.accept import accept_many
from listening.codelists.models import Theme
from listening.dashboard.views import dashboard
from listening.fieldwork.permissions import ReadsCounts
from listening.rollups.merge import merge_deltas
from tests.listening.dashboard.needs import listen_in_squareville
from tests.listening.dashboard.reader import Page
from tests.listening.submissions import conversation, heard
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def listened(city, themes, listener):
    listen_in_squareville(themes, listener)


@pytest.fixture
def reader(db):
    """Who coordinates the whole city: of whoever reads counts alone, see the tiers."""
    return person("carmen", "coordinator")


@pytest.fixture
def look(client, reader):
    """Open the dashboard as somebody who reads all counts, in Italian unless asked otherwise."""
    client.force_login(reader)

    def open_page(status=200, language="it", **params):
        response = client.get("/dashboard/", params, headers={"accept-language": language})
        assert response.status_code == status
        return Page(response)

    return open_page


def test_it_works(listened, look):
    page = look(layer="area", theme="rent", period="2026")
    assert page.areas == {
        "Area 1: 49%; 20 su 40 conversazioni, cioè da 34 a 66%": "wide-5",
        "Area 5: ascolto insufficiente, 25 conversazioni": "thin",  # all in one session: they speak for fewer than 20
        "Area 7: 1%; 0 su 30 conversazioni, cioè da 0 a 12%": "c1",
        "Area 9: ascolto insufficiente, 5 conversazioni": "thin",
        **{f"Area {number}: nessun ascolto finora": "none" for number in (2, 3, 4, 6, 8)},
    }
    assert list(page.rows) == [f"Area {n}" for n in (1, 7, 5, 9, 2, 3, 4, 6, 8)] + [
        "Senza un luogo su questa mappa",
        "Tutta la città",
    ]
    assert page.rows["Area 1"] == ["49%", "da 34 a 66%", "20", "40", "appena abbastanza", ""]
    assert page.rows["Area 9"] == ["–nessuna quota", "", "4", "5", "non abbastanza", ""]
    assert page.rows["Area 2"] == ["–nessuna quota", "", "0", "0", "ancora nessuno", ""]
    assert page.rows["Senza un luogo su questa mappa"] == ["100%", "", "1", "1", "", ""]
    assert page.rows["Tutta la città"] == ["26%", "", "26", "101", "", ""]


def test_the_sentence_says_what_the_picture_shows(listened, look):
    said = look(layer="area", theme="rent", period="2026", language="en").said
    assert said == (
        "Rent · 2026 · Area 101 conversations stand behind this map. 26 (26%) mention “Rent”. "
        "Most often in Area 1 (49%), never in Area 7. 7 places of 9 do not have enough listening yet. "
        "In 5 of these nobody has listened at all."
    )


def test_nobody_listened_and_nothing_was_said_never_look_alike(listened, look):
    areas = look(layer="area", theme="rent", period="2026").areas
    assert areas["Area 7: 1%; 0 su 30 conversazioni, cioè da 0 a 12%"] != areas["Area 8: nessun ascolto finora"]


def test_a_place_without_a_share_leads_to_what_holds_around_it(listened, look):
    rows = look(layer="area", theme="rent", period="2026", language="en").root.one("tbody").all("tr")
    told = {row.one("th").all("a")[0].text: [each.text for each in row.one("th").all("small")] for row in rows}
    assert told["Area 1"] == []
    assert told["Area 9"] == ["around it, Zona C: 13%"]


def test_a_change_is_told_even_where_it_is_unclear(city, themes, listener, look):
    """Area 1: 30 of 60 on rent in May 2026, 3 of 60 a year before; area 5: 10 of 40 in both."""
    for year, often in ((2026, 30), (2025, 3)):
        accept_many(
            [
                conversation(listener, *([heard("need", themes["rent"])] if told else []), area=area, occurred_at=at)
                for area, held, saying in ((1, 60, often), (5, 40, 10))
                for number in range(held)
                for told, at in [(number < saying, dt.datetime(year, 5, 1 + number % 28, 12, tzinfo=dt.UTC))]
            ]
        )
    merge_deltas()
    page = look(layer="area", theme="rent", period="2026-Q2", language="en")
    assert page.headers["Since 2nd quarter 2025"] == ""
    changes = {name: cells[-1] for name, cells in page.rows.items()}
    assert (changes["Area 1"], changes["Area 5"], changes["Area 2"]) == ("rising", "unclear", "")
    [title] = [span.attributes["title"] for span in page.root.all("span", **{"class": "changed rising"})]
    assert title == "+45 points since 2nd quarter 2025, when 3 of 60 conversations mentioned it"


def test_a_visitor_is_asked_to_sign_in(client, city):
    response = client.get("/dashboard/?theme=rent")
    assert response.status_code == 302
    assert response["Location"] == "/login/?next=/dashboard/%3Ftheme%3Drent"


def test_the_view_declares_who_may_see_it():
    assert dashboard.access_policy is ReadsCounts


def test_left_alone_it_shows_the_newest_year_the_theme_heard_most_and_the_default_layer(listened, look):
    page = look()
    assert (page.selected("layer"), page.selected("period"), page.selected("theme")) == ("zona", "2026", "housing")
    assert page.selected("kind") == ""


def test_the_form_offers_what_there_is(listened, look):
    page = look(language="en")
    assert page.options("theme") == ["", "housing", "rent", "repairs", "mobility", "health"]
    assert page.options("period") == ["2026", "2026-Q2", "2026-05"]
    assert page.options("layer") == ["area", "prossimita", "zona", "quartiere"]
    assert page.options("kind") == ["", "need", "challenge", "proposal", "asset", "question", "thanks"]
    [group] = page.root.one("select", name="theme").all("optgroup")
    assert group.attributes["label"] == "Housing"
    assert [option.text for option in group.all("option")] == ["Housing (26)", "Rent (26)", "Repairs (0)"]


def test_a_period_without_records_stays_chosen_in_the_form(listened, look):
    page = look(period="2026-05-01/2026-05-20")
    assert page.selected("period") == "2026-05-01/2026-05-20"
    assert page.rows["Tutta la città"][3] == "101"


def test_a_retired_theme_is_offered_only_where_it_was_heard(listened, look):
    Theme.objects.filter(code__in=["mobility", "health"]).update(retired_on="2026-01-01")
    assert page_themes(look(period="2026")) == ["", "housing", "rent", "repairs", "mobility"]
    assert page_themes(look(period="2025")) == ["", "housing", "rent", "repairs"]
    assert page_themes(look(period="2025", theme="health"))[-1] == "health"


def page_themes(page):
    return page.options("theme")


def test_filters_reach_map_table_sentence_and_links(listened, look):
    page = look(layer="area", theme="mobility", kind="challenge", period="2026-Q2", language="en")
    assert page.said.startswith("Mobility · Challenges · 2nd quarter 2026 · Area")
    assert "mention “Mobility” (challenges)" in page.said
    assert page.rows["Area 7"][:3] == ["6%", "3 to 27%", "3"]
    assert page.areas["Area 7: 6%; 3 of 30 conversations, which is 3 to 27%"] == "c2"
    query = "layer=area&period=2026-Q2&theme=mobility&kind=challenge"
    assert page.link("CSV") == f"/api/v1/need-map?{query}&format=csv"
    assert page.link("GeoJSON") == f"/api/v1/need-map?{query}&format=geojson"


def test_what_is_downloaded_is_what_is_shown(listened, look, client):
    page = look(layer="area", theme="rent", period="2026")
    csv = client.get(page.link("CSV"))
    assert csv.status_code == 200
    assert csv.headers["Content-Type"].startswith("text/csv")
    assert "1,Area 1,40,20,20,0.5,enough" in csv.content.decode()
    features = client.get(page.link("GeoJSON")).json()["features"]
    assert {f["properties"]["name"]: f["properties"]["conversations"] for f in features}["Area 9"] == 5


def test_any_theme_and_kind_shows_where_people_were_listened_to(listened, look):
    page = look(layer="area", theme="", period="2026", language="en")
    assert set(page.areas.values()) == {"heard", "thin", "none"}
    assert page.headers == {"Place": "", "Conversations": "descending", "Times noted": "", "Listening": ""}
    assert "Choose a theme or a kind" in page.said
    assert page.rows["Area 1"] == ["40", "20", "enough"]


def test_headers_lead_to_the_other_order(listened, look):
    page = look(layer="area", theme="rent", period="2026", language="en")
    assert page.headers["Share"] == "descending"
    assert page.link("Share") == "?layer=area&period=2026&theme=rent&kind=&sort=share#table"
    assert page.root.all("input", name="sort") == []
    turned = look(layer="area", theme="rent", period="2026", sort="share", language="en")
    assert turned.root.one("input", name="sort").attributes["value"] == "share"
    assert turned.headers["Share"] == "ascending"
    assert list(turned.rows)[:4] == ["Area 7", "Area 1", "Area 5", "Area 9"]


def test_areas_lead_to_their_rows_and_rows_to_their_areas(listened, look):
    root = look(layer="area").root
    ids = {
        element.attributes["id"] for tag in ("path", "tr") for element in root.all(tag) if "id" in element.attributes
    }
    targets = {
        a.attributes["href"][1:] for a in root.all("a") if a.attributes["href"].startswith(("#area-", "#place-"))
    }
    assert ids == targets
    assert len(ids) == 18


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"theme": "nonsense"}, "Non esiste il tema «nonsense»"),
        ({"kind": "nonsense"}, "Non esiste il tipo «nonsense»"),
        ({"layer": "nonsense"}, "Non esiste il livello «nonsense»"),
        ({"edition": "1800"}, "Non esistono confini «1800»"),
        ({"period": "2026-13"}, "«2026-13» non è un periodo"),
        ({"sort": "nonsense"}, "per «nonsense»"),
        ({"theme": "<script>alert(1)</script>"}, "«<script>alert(1)</script>»"),
        ({"theme": "a\x00b"}, "Non esiste il tema"),
        ({"period": "\x00"}, "non è un periodo"),
    ],
)
def test_what_makes_no_sense_is_named_and_the_rest_is_shown(listened, look, params, named):
    page = look(status=400, **{"layer": "area", "period": "2026", **params})
    [notice] = page.notices
    assert named in notice
    assert page.rows["Tutta la città"][-3 if len(page.headers) == 4 else 3] == "101"


def test_every_mistake_is_named(listened, look):
    page = look(status=400, theme="x", kind="y", layer="z", period="w", sort="v")
    assert len(page.notices) == 5


def test_an_empty_period_says_so_and_leads_to_one_with_records(listened, look):
    page = look(period="2024", theme="rent", layer="area", language="en")
    assert "Nobody was listened to in this period" in page.said
    assert page.link("Show 2026") == "?layer=area&period=2026&theme=rent&kind="
    assert set(page.areas.values()) == {"none"}


def test_a_month_without_records_leads_to_its_year(listened, look):
    assert look(period="2026-06", language="en").link("Show 2026")


def test_a_map_that_says_little_leads_to_a_longer_period_and_larger_places(listened, look):
    page = look(period="2026-05", theme="rent", layer="area", language="en")
    assert page.link("Show 2026") == "?layer=area&period=2026&theme=rent&kind="
    assert page.link("Show larger places: Proximity") == "?layer=prossimita&period=2026-05&theme=rent&kind="


def test_a_map_that_says_enough_leads_nowhere_else(listened, look):
    page = look(period="2026", theme="rent", layer="zona", language="en")
    assert [a.text for a in page.root.one("div", **{"class": "said"}).all("a")] == []


def test_a_theme_never_mentioned_leads_to_all_themes(listened, look):
    page = look(theme="health", layer="area", language="en")
    assert "None mentions “Health”." in page.said
    assert page.link("Show all themes and kinds") == "?layer=area&period=2026&theme=&kind="


def test_before_the_first_conversation_it_says_so(city, themes, look):
    page = look(language="en")
    assert "No conversation has been logged yet" in page.said
    assert len(page.areas) == 3


def test_before_the_first_boundaries_it_says_which_command_to_run(db, look):
    response_text = look(language="en").root.text
    assert "There is no map of this city yet" in response_text
    assert "manage.py import_districts" in response_text


def test_schematic_boundaries_are_called_that_on_the_picture(listened, look):
    assert "Schematica" not in look(layer="area").root.one("svg", **{"class": "map"}).text
    BoundaryEdition.objects.update(is_schematic=True)
    page = look(layer="area")
    assert "Schematica" in page.root.one("svg", **{"class": "map"}).text
    assert "Confini schematici" in page.root.one("figure").text


def test_the_legend_names_its_classes_and_marks_the_city(listened, look):
    bar = look(layer="area", theme="rent", language="en").root.one("svg", **{"class": "legend-bar"})
    assert bar.attributes["aria-label"] == (
        "under 5%, 5% to under 10%, 10% to under 20%, 20% to under 35%, 35% and more. Whole city: 26%"
    )
    # 26 % lies 0.38 of the way through the fourth class of five, each 60 units wide.
    assert bar.one("g").one("text").attributes["x"] == "203"


@pytest.mark.parametrize("language", ["it", "en"])
def test_layers_and_themes_have_the_names_of_the_language(listened, look, language):
    page = look(layer="prossimita", theme="rent", language=language)
    assert page.said.startswith({"it": "Affitto · 2026 · Prossimità", "en": "Rent · 2026 · Proximity"}[language])


def test_the_language_is_switched_by_a_form(listened, look, client):
    form = look(theme="rent").root.one("form", **{"class": "languages"})
    assert form.one("input", name="next").attributes["value"] == "/dashboard/?theme=rent"
    response = client.post(form.attributes["action"], {"language": "en", "next": "/dashboard/?theme=rent"})
    assert response.headers["Location"] == "/dashboard/?theme=rent"
    assert Page(client.get("/dashboard/?theme=rent")).root.one("html").attributes["lang"] == "en"


def test_no_style_and_no_script_stands_in_the_page(listened, look):
    def elements(element):
        for child in element.children:
            yield child
            yield from elements(child)

    for element in elements(look().root):
        assert "style" not in element.attributes
        assert not [name for name in element.attributes if name.startswith("on")]
        assert element.tag != "style"
        assert element.tag != "script" or element.attributes["src"].startswith("/static/")


def test_it_is_not_kept_by_shared_caches(listened, client, planner):
    client.force_login(planner)
    cache_control = client.get("/dashboard/").headers["Cache-Control"]
    assert {"private", "no-cache"} <= {part.strip() for part in cache_control.split(",")}


def test_it_is_read_only(listened, client, planner):
    client.force_login(planner)
    assert client.post("/dashboard/").status_code == 405


def queries_of_a_page(client, django_assert_max_num_queries, layer):
    with django_assert_max_num_queries(20) as captured:
        assert client.get("/dashboard/", {"layer": layer, "theme": "rent"}).status_code == 200
    return len(captured)


def test_as_many_queries_for_nine_places_as_for_one(listened, client, reader, django_assert_max_num_queries):
    client.force_login(reader)
    client.get("/dashboard/", {"layer": "area"}), client.get("/dashboard/", {"layer": "quartiere"})  # warm the cache
    few = queries_of_a_page(client, django_assert_max_num_queries, "quartiere")
    assert queries_of_a_page(client, django_assert_max_num_queries, "area") == few


@pytest.fixture
def big_city(themes, listener, db):
    """Ninety areas with crooked edges of some thirty corners each, as many as Bologna has."""
    layer = Layer.objects.create(code="area", rank=0, names={"it": "Area statistica"}, is_default=True)
    edition = BoundaryEdition.objects.create(
        layer=layer, code="1", status="active", valid_from="2020-01-01", source="Drawn for tests", licence="CC0-1.0",
        checksum="big", imported_at="2026-01-01T00:00Z",
    )  # fmt: skip

    def corner(x, y):
        return (11.25 + x * 0.016 + 0.003 * (y % 1), 44.42 + y * 0.012 + 0.002 * (x % 1))

    for number in range(90):
        row, column = divmod(number, 10)
        steps = [step / 8 for step in range(8)]
        ring = [
            *(corner(column + s, row) for s in steps),
            *(corner(column + 1, row + s) for s in steps),
            *(corner(column + 1 - s, row + 1) for s in steps),
            *(corner(column, row + 1 - s) for s in steps),
        ]
        polygon = f"MULTIPOLYGON((({', '.join(f'{x:.6f} {y:.6f}' for x, y in [*ring, ring[0]])})))"
        District.objects.create(
            edition=edition, code=str(number + 1), name=f"Zona di prova numero {number + 1}", geometry=polygon,
            point_on_surface="POINT({:f} {:f})".format(*corner(column + 0.5, row + 0.5)), area_km2=1,
        )  # fmt: skip


def test_page_and_styles_weigh_less_than_60_kb(big_city, client, planner):
    client.force_login(planner)
    assert client.get("/dashboard/").content.count(b'id="area-') == 90
    page = client.get("/dashboard/", headers={"accept-encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip"
    files = [finders.find(name) for name in ("backend/site.css", "dashboard/dashboard.css", "dashboard/highlight.js")]
    sent = len(page.content) + sum(len(brotli.compress(Path(file).read_bytes())) for file in files)
    assert sent <= 60_000


def test_the_route_is_where_others_look_for_it():
    assert reverse("dashboard") == "/dashboard/"
