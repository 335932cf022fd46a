"""Squareville with two releases that were written by hand: what stands in them is known to the last figure.

Release 2026-Q1-r1 was withdrawn, 2026-Q1-r2 took its place, 2026-Q2-r1 is the newest. A share of theme number t in
place p (both from 0, in the order of their codes) is ((7 p + 3 t) % 10) / 10; places divisible by four say nothing.
Bands of people are in 2026-Q1-r2 alone.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from districts.models import District, Population
from listening.releases.models import Release, ReleaseBand, ReleaseCell, ReleaseNeed, ReleasePlace, ReleaseTheme
from tests.squareville import build_city

THEMES = ("housing", "rent", "mobility", "health")
LAYERS = ("area", "zona", "prossimita", "quartiere")
NEWEST = "2026-Q2-r1"
REASON = "Numbers of two places were exchanged."
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def build_world() -> None:
    """A city, its residents, and three releases."""
    city = build_city()
    Population.objects.bulk_create(
        Population(district=district, year=2025, source="Invented", residents=1000 * (number + 1))
        for number, district in enumerate(city.districts.values())
    )
    first = publish("2026-Q1", 1, number=1, previous=None)
    second = publish("2026-Q1", 2, number=2, previous=first, withdrawn=first)
    publish("2026-Q2", 1, number=3, previous=second)


@transaction.atomic
def publish(
    quarter: str, revision: int, *, number: int, previous: Release | None, withdrawn: Release | None = None
) -> Release:
    code = f"{quarter}-r{revision}"
    if withdrawn is not None:
        Release.objects.filter(pk=withdrawn.pk).update(
            status="withdrawn", withdrawn_at=dt.datetime(2026, 9, 1, tzinfo=dt.UTC), withdrawal_reason=REASON
        )
    themes = [
        ReleaseTheme(release_id=code, code=theme, parent="housing" if theme == "rent" else "",
                     labels={"it": theme.upper(), "en": theme.title()},
                     sensitivity="restricted" if theme == "health" else "normal", position=position)
        for position, theme in enumerate(THEMES)
    ]  # fmt: skip
    districts = list(District.objects.order_by("pk").select_related("edition__layer"))
    places, cells, needs = [], [], []
    for at, district in enumerate(districts):
        layer = district.edition.layer.code
        shared: dict[str, Any] = {"release_id": code, "period": quarter, "layer": layer, "place": district.code}
        places.append(
            ReleasePlace(release_id=code, layer=layer, edition="first", code=district.code, name=district.name,
                         district=district, merged=[district.code], parents={"quartiere": "10"},
                         geometry=district.geometry, residents=1000 * (at + 1), position=at)
        )  # fmt: skip
        counts = {"_n": 5 * at, "_persons": 10 * at} | dict.fromkeys(THEMES, 5 * (at % 3))
        cells += [ReleaseCell(product="P1", theme=theme, value=value, **shared) for theme, value in counts.items()]
        for number_of_theme, theme in enumerate(THEMES):
            says = at % 4 != 0
            share = ((7 * at + 3 * number_of_theme) % 10) / 10 if says else None
            needs.append(
                ReleaseNeed(theme=theme, conversations=5 * at, mentioning=5 * (at % 3), share=share,
                            share_low=share and share / 2, share_high=share and (share + 1) / 2, share_eb=share,
                            n_eff=4.5 * at, reliability="B" if says else "X", class_index=at % 5 if says else None,
                            **shared)
            )  # fmt: skip
    ReleaseTheme.objects.bulk_create(themes)
    ReleasePlace.objects.bulk_create(places)
    ReleaseCell.objects.bulk_create(cells)
    ReleaseNeed.objects.bulk_create(needs)
    if revision > 1:
        ReleaseBand.objects.bulk_create(
            ReleaseBand(release_id=code, period=quarter[:4], layer="quartiere", place="10", variable="age", band=band,
                        people=people, share=share, reason="no-margins")
            for band, people, share in (("0-17", 10, 0.25), ("18+", 30, 0.75), ("unknown", 5, None))
        )  # fmt: skip
    return Release.objects.create(
        code=code, number=number, quarter=quarter, revision=revision,
        published_at=dt.datetime(2026, 8, number, tzinfo=dt.UTC), licence=LICENCE, scheme="scr1", rounding_base=5,
        key_id="k1", boundary_editions=dict.fromkeys(LAYERS, "first"), codelist_version="0" * 64, method="1",
        code_version="test", audit={}, manifest={"release": code}, manifest_sha256=f"{number:064x}", previous=previous,
    )  # fmt: skip
