"""What the app is made of: complete catalogues, a budget, a worker that keeps all, a version that tells a change."""

import json
import re
import shutil

import brotli
import pytest
from babel import Locale

from backend.http.static_files import StaticFiles
from listening.fieldapp import shell

CATALOGUES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(shell.MESSAGES.glob("*.json"))}
SOURCES = sorted((shell.STATIC / "fieldapp").glob("*.js"))
# Types in comments name modules, and import none.
LAZY_TYPE = re.compile(r"/\*.*?\*/", re.DOTALL)
KEY = re.compile(r'\bt\(\s*"([a-z0-9.-]+)"')
# As served, compressed by brotli. The design hoped for 20 kB of script: the first screen has them, all of it has not.
FIRST_SCREEN_BYTES = 12_500
FORM_BYTES = 24_000
SCRIPT_BYTES = 32_000
FIRST_VISIT_BYTES = 40_000


def forms(entry):
    return list(entry.values()) if isinstance(entry, dict) else [entry]


def holes(entry):
    return set().union(*(re.findall(r"\{(\w+)\}", form) for form in forms(entry)))


def test_there_are_three_languages():
    assert {one.code: one.dir for one in shell.languages()} == {"ar": "rtl", "en": "ltr", "it": "ltr"}


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_catalogue_says_all_that_the_english_one_says(language):
    english, own = CATALOGUES["en"], CATALOGUES[language]
    assert list(own) == list(english)
    assert all(form.strip() for entry in own.values() for form in forms(entry))
    assert {key: holes(entry) for key, entry in own.items()} == {key: holes(entry) for key, entry in english.items()}


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_number_of_things_has_the_forms_that_the_language_needs(language):
    needed = set(Locale(language).plural_form.tags) | {"other"}
    counted = {key for key, entry in CATALOGUES["en"].items() if isinstance(entry, dict)}
    assert {key for key, entry in CATALOGUES[language].items() if isinstance(entry, dict)} == counted
    assert {key: set(CATALOGUES[language][key]) for key in counted} == dict.fromkeys(counted, needed)


def test_the_code_asks_for_words_that_are_there():
    asked = {key for path in SOURCES for key in KEY.findall(path.read_text(encoding="utf-8"))}
    assert len(asked) > 60
    assert asked - set(CATALOGUES["en"]) == set()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Text of each file as a city serves it, by the name of its source."""
    folder = tmp_path_factory.mktemp("static")
    shutil.copytree(shell.STATIC, folder, dirs_exist_ok=True)
    storage = StaticFiles(location=folder)
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    told = list(storage.post_process({name: (storage, name) for name in names}))
    assert [said for *_, said in told if isinstance(said, Exception)] == []
    return {
        name.removeprefix("fieldapp/"): (folder / storage.stored_name(name)).read_text(encoding="utf-8")
        for name in names
        if not name.endswith(".png")
    }


@pytest.fixture(scope="module")
def sent(served):
    """Bytes that a phone gets, by file: WhiteNoise compresses each by itself."""
    return lambda *names: {name: len(brotli.compress(served[name].encode())) for name in names}


def needed_by(*names):
    """Modules with all that they import at once."""
    found = list(names)
    for name in found:
        source = (shell.STATIC / "fieldapp" / name).read_text(encoding="utf-8")
        found += [one for one in shell.IMPORTED.findall(source) if one not in found]
    return found


def test_the_first_screen_stays_within_its_budget(sent):
    script = sent(*shell.first_modules())
    assert sum(script.values()) < FIRST_SCREEN_BYTES, script


def test_the_form_stays_within_its_budget(sent):
    """What a phone that was added reads from its own cache before somebody can write."""
    script = sent(*needed_by("app.js", "view_log.js", "savebar.js", "form_start.js"))
    assert sum(script.values()) < FORM_BYTES, script


def test_all_of_it_stays_within_the_budget(client, sent):
    """Page, style, every module, and the largest catalogue."""
    script = sent(*(path.name for path in SOURCES))
    assert sum(script.values()) < SCRIPT_BYTES, script
    beside = sent("fieldapp.css", *(f"messages/{language}.json" for language in CATALOGUES))
    words = max(size for name, size in beside.items() if name.endswith(".json"))
    page = len(brotli.compress(client.get("/field/").content))
    assert sum(script.values()) + beside["fieldapp.css"] + words + page < FIRST_VISIT_BYTES


def test_the_first_screen_is_adding_the_phone(client):
    """The form, the other views, photos, consent, the file of the queue and sync come after it."""
    first = set(shell.first_modules())
    assert {"app.js", "screen.js", "view_enrol.js", "device.js"} <= first
    form = {"view_log.js", "savebar.js", "form_start.js", "form.js", "draft.js", "deeds.js", "queue.js", "locate.js"}
    later = form | {"standing.js", "uuid7.js"}
    later |= {"view_today.js", "view_coverage.js", "view_more.js", "view_people.js"}
    later |= {"photos.js", "export.js", "card.js", "sync.js", "pages.js"}
    assert first | later == {path.name for path in SOURCES}
    assert first & later == set()
    page = client.get("/field/").content.decode()
    named = re.findall(r'<link rel="modulepreload" href="/static/fieldapp/(\w+\.js)">', page)
    assert named == shell.first_modules() == needed_by("app.js", "view_enrol.js")


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("ar-EG,ar;q=0.9,en;q=0.5", "ar"), ("de, en;q=0.4", "en"), ("de", "it"), ("", "it"), ("*;q=x", "it")],
)
def test_the_words_come_with_the_modules_in_the_language_of_the_phone(client, wanted, language):
    """Named by the head of the answer alone: the page itself is the same in every language."""
    answer = client.get("/field/", headers={"Accept-Language": wanted})
    assert answer.headers["Link"] == f"</static/fieldapp/messages/{language}.json>; rel=preload; as=fetch; crossorigin"
    assert "Accept-Language" in answer.headers["Vary"]


def test_nothing_is_of_another_origin_and_nothing_is_kept_where_any_script_could_read_it():
    for path in [*SOURCES, shell.WORKER]:
        source = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|localStorage|sessionStorage|document\.cookie|innerHTML|eval\(", source), (
            path.name
        )


def told_by(worker):
    return json.loads(worker.content.decode().partition("\n")[0].removeprefix("const SHELL = ").removesuffix(";"))


def test_the_worker_keeps_every_file(client):
    told = told_by(client.get("/field/sw.js"))
    assert told["start"] == "/field/"
    assert {"/static/fieldapp/app.js", "/static/fieldapp/messages/ar.json", "/field/manifest.webmanifest"} <= set(
        told["files"]
    )
    assert all(f"/static/fieldapp/{path.name}" in told["files"] for path in SOURCES)


def test_a_file_that_changes_makes_a_new_version(client, monkeypatch, tmp_path):
    before = told_by(client.get("/field/sw.js"))["version"]
    assert told_by(client.get("/field/sw.js"))["version"] == before
    changed = tmp_path / "sw.js"
    changed.write_text(shell.WORKER.read_text(encoding="utf-8") + "// changed\n", encoding="utf-8")
    monkeypatch.setattr(shell, "WORKER", changed)
    assert told_by(client.get("/field/sw.js"))["version"] != before


def test_the_page_is_the_same_for_everybody(client, django_user_model, db):
    page = client.get("/field/", headers={"Accept-Language": "en"})
    client.force_login(django_user_model.objects.create_user("anna"))
    again = client.get("/field/", headers={"Accept-Language": "it"})
    assert page.content == again.content
    assert not page.cookies
    assert page.headers["Cache-Control"] == again.headers["Cache-Control"] == "no-cache"


def test_the_manifest_has_what_an_installation_needs(client):
    answer = client.get("/field/manifest.webmanifest")
    assert answer.headers["Content-Type"] == "application/manifest+json"
    told = answer.json()
    assert (told["id"], told["scope"], told["start_url"], told["display"]) == (
        "/field/",
        "/field/",
        "/field/",
        "standalone",
    )
    assert (told["lang"], told["dir"]) == ("it", "ltr")
    assert {(icon["sizes"], icon["purpose"]) for icon in told["icons"]} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }


def test_modules_import_each_other_in_one_direction():
    """Names hold a hash of the content, and the content holds the names of what is imported: a circle has no name."""
    imports = {
        path.name: set(
            re.findall(r'(?:from |import\()"\./(\w+\.js)"', LAZY_TYPE.sub("", path.read_text(encoding="utf-8")))
        )
        for path in SOURCES
    }
    assert imports["app.js"]
    while leaves := [name for name, needed in imports.items() if not needed]:
        imports = {name: needed - set(leaves) for name, needed in imports.items() if name not in leaves}
    assert imports == {}


def test_imports_name_the_files_as_they_are_served(served):
    app = served["app.js"]
    named = re.findall(r'from "\./(\w+)\.[0-9a-f]{12}\.js"', app)
    assert len(named) == app.count(' from "./') > 5
    screen = served["screen.js"]
    assert len(re.findall(r'import\("\./\w+\.[0-9a-f]{12}\.js"\)', screen)) == screen.count("import(") == 7
