"""Bands of a register and bands of listeners: gathered where they fit, refused where one would have to be cut."""

import pytest

from listening.needmaps.bands import BandsDiffer, match


@pytest.mark.parametrize(
    ("variable", "bands", "noted"),
    [
        ("age", ["65+", "0-13", "14-17", "35-64", "18-34"], [["0-13"], ["14-17"], ["18-34"], ["35-64"], ["65+"]]),
        ("age", ["18+", "0-17"], [["0-13", "14-17"], ["18-34", "35-64", "65+"]]),
        ("age", ["65+"], [["65+"]]),
        ("gender", ["male", "female"], [["female"], ["male"]]),
        ("citizenship", ["foreign", "it"], [["it"], ["eu", "non_eu"]]),
        ("citizenship", ["non_eu", "eu", "it"], [["it"], ["eu"], ["non_eu"]]),
        ("language", ["other", "it", "ar"], [["ar"], ["it"], ["other"]]),
    ],
)
def test_they_fit(variable, bands, noted):
    told = match(variable, bands)
    assert [list(one) for one in told.noted] == noted
    assert sorted(told.bands) == sorted(bands)
    assert len(list(told.pairs())) == sum(map(len, noted))


@pytest.mark.parametrize(
    ("variable", "bands", "named"),
    [
        ("age", ["0-19", "20+"], "0-19, 20\\+ is not made of"),
        ("age", ["0-13", "14-17", "18-64", "60+"], "60\\+ is not made of"),
        ("age", ["0-17", "0-13", "18+"], "0-13 lies in several"),
        ("age", ["0-120"], "0-120 is not made of"),  # whoever is older lies outside
        ("age", ["65 and more"], "65 and more is not made of"),
        ("age", ["unknown"], "unknown is not made of"),
        ("citizenship", ["foreign", "eu", "it"], "eu lies in several"),
        ("citizenship", ["romania"], "romania is not made of"),
        ("tie", ["lives"], "tie is not noted down"),
        ("tenure", ["owner"], "tenure is not noted down"),
    ],
)
def test_they_do_not_fit(variable, bands, named):
    with pytest.raises(BandsDiffer, match=named):
        match(variable, bands)
