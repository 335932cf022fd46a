"""The files of others are the ones of the list, or they are not there: nothing half fetched, nothing exchanged."""

import json
import os
import stat

import pytest
from django.core.management import CommandError, call_command

from backend.webclients import addresses, vendor
from backend.webclients.vendor import HERE, CannotFetch


def pretend_npm(folder, monkeypatch, script):
    npm = folder / "npm"
    npm.write_text(f"#!/bin/sh\n{script}\n")
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_it_works():
    assert vendor.faults() == [], "run: manage.py vendor_assets"
    assert vendor.fetch() is False
    call_command("vendor_assets", check=True)


def test_what_is_asked_for_is_one_exact_version():
    asked = json.loads((HERE / "package.json").read_text())["dependencies"]
    lock = json.loads((HERE / "package-lock.json").read_text())
    assert list(asked) == ["maplibre-gl"]
    assert lock["packages"]["node_modules/maplibre-gl"]["version"] == asked["maplibre-gl"]


def test_the_lock_file_names_no_server_and_a_digest_for_each_package():
    packages = json.loads((HERE / "package-lock.json").read_text())["packages"]
    fetched = {name: package for name, package in packages.items() if name}
    assert fetched
    for name, package in fetched.items():
        assert "://" not in json.dumps(package), name
        assert package["integrity"].startswith("sha512-"), name


def test_a_changed_file_is_found(tmp_path):
    for name in vendor.wanted():
        (tmp_path / name).write_bytes((vendor.FOLDER / name).read_bytes())
    (tmp_path / "maplibre-gl.css").write_text("another")
    (tmp_path / "LICENSE.txt").unlink()
    assert vendor.faults(tmp_path) == [
        "LICENSE.txt is missing",
        "maplibre-gl.css is not the file of vendor.sha256",
    ]


def test_another_file_than_the_list_has_is_not_put_in_its_place(tmp_path, monkeypatch):
    package = "node_modules/maplibre-gl"
    files = f"mkdir -p {package}/dist && echo x > {package}/LICENSE.txt && for name in .mjs -worker.mjs .css; do"
    pretend_npm(tmp_path, monkeypatch, f"{files} echo x > {package}/dist/maplibre-gl$name; done")
    target = tmp_path / "static"
    with pytest.raises(CannotFetch, match=r"maplibre-gl\.mjs is not the file of vendor\.sha256"):
        vendor.fetch(target)
    assert not target.exists()


def test_what_npm_says_is_told_in_one_line(tmp_path, monkeypatch):
    pretend_npm(tmp_path, monkeypatch, "echo no network >&2; echo more >&2; exit 1")
    with pytest.raises(CannotFetch, match=r"^npm failed: no network$"):
        vendor.fetch(tmp_path / "static")


def test_without_npm_it_says_so_and_pages_load_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(vendor, "fetch", lambda: fetch_into(tmp_path))
    monkeypatch.setattr(addresses, "FOLDER", tmp_path)
    assert vendor.main() == 1
    assert capsys.readouterr().err == "web clients: the map stays a drawing, there is no npm on this machine\n"
    with pytest.raises(CommandError, match="The map stays a drawing: there is no npm"):
        call_command("vendor_assets")
    assert addresses.address_of("maplibre-gl.mjs") == ""


fetch_into = vendor.fetch
