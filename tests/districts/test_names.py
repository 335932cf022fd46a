"""One place, however its name is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from districts.names import normalise, slug


class TestNormalise:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Porto - Saragozza", "PORTO SARAGOZZA"),
            ("Santa Viola", "S. Viola"),
            ("San Donato-San Vitale", "S.DONATO / S.VITALE"),
            ("Sant'Orsola", "S. Orsola"),
            ("Città", "CITTA"),
            ("Bogotá  D.C.", "bogota d c"),
            ("Straße", "STRASSE"),
        ],
    )
    def test_the_same_place(self, one, other):
        assert normalise(one) == normalise(other)

    @pytest.mark.parametrize(
        ("one", "other"), [("Sanremo", "S. Remo"), ("Santarcangelo", "S. Arcangelo"), ("Area 1", "Area 11")]
    )
    def test_different_places(self, one, other):
        """A saint is a word of its own."""
        assert normalise(one) != normalise(other)

    @given(st.text())
    def test_done_twice_changes_nothing(self, name):
        once = normalise(name)
        assert normalise(once) == once
        assert once == once.strip()


class TestSlug:
    @pytest.mark.parametrize(
        ("name", "code"),
        [("Teatinos - Universidad", "teatinos-universidad"), ("Città  Alta!", "citta-alta"), ("東京", ""), ("--", "")],
    )
    def test_examples(self, name, code):
        assert slug(name) == code

    @given(st.text())
    def test_fits_a_code(self, name):
        code = slug(name)
        assert len(code) <= 50
        assert code.isascii()
        assert set(code) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
