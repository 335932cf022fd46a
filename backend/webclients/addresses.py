"""Where pages load the files of others from, as long as they are there."""

from __future__ import annotations

from django.templatetags.static import static

from backend.webclients.vendor import FOLDER


def address_of(name: str) -> str:
    """The address of a fetched file; empty when it was never fetched, or not collected since."""
    if not (FOLDER / name).is_file():
        return ""
    try:
        return static(f"webclients/{name}")
    except ValueError:  # the manifest of static files is older than the file
        return ""


def library() -> dict[str, str]:
    """Where the script finds the map library; empty where it was not fetched: then the map stays a drawing."""
    names = {"module": "maplibre-gl.mjs", "worker": "maplibre-gl-worker.mjs", "style": "maplibre-gl.css"}
    found = {name: address_of(file) for name, file in names.items()}
    return found if all(found.values()) else {}
