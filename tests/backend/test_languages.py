import pytest

from backend.languages import name_in


@pytest.mark.parametrize(
    ("language", "names", "told"),
    [
        ("ar", {"ar": "السكن", "en": "Housing", "it": "Casa"}, "السكن"),
        ("en", {"ar": "السكن", "it": "Casa"}, "Casa"),
        ("en", {"ar": "السكن", "it": ""}, "السكن"),
        ("en", {}, "housing"),
    ],
    ids=["its own", "that of the city", "any", "none"],
)
def test_a_reader_is_told_a_name_in_their_language_else_in_the_citys(settings, language, names, told):
    settings.LANGUAGE_CODE = "it"
    assert name_in(language, names, "housing") == told
