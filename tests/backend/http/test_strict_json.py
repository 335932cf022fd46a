"""Bytes from strangers become a JSON value or a named mistake; never another exception, never a slow one."""

import io
import json
import tracemalloc

import pytest
from django.test import override_settings
from hypothesis import example, given
from hypothesis import strategies as st

from backend.http.strict_json import _STRING_OR_BRACKET, DEEPEST, StrictJSONParser, parse_json
from backend.problems import BodyTooLarge, InvalidRequest

MEBIBYTE = 1_048_576

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=15,
)
# Bytes that look enough like JSON to get past the first character.
PIECES = st.lists(
    st.sampled_from(
        [b"{", b"}", b"[", b"]", b'"', b"\\", b"\\u", b"d83d", b"de00", b"0000", b":", b",", b"null", b"true", b"NaN"]
        + [b"-", b"1", b"0", b"e9", b"e999", b".", b"Infinity", b" ", b"\n", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf"]
        + [b'"a":', b"9" * 25, "città".encode()]
    ),
    max_size=30,
).map(b"".join)


def says(body: bytes) -> str:
    with pytest.raises(InvalidRequest) as refusal:
        parse_json(body)
    return refusal.value.detail


class TestAnyBytes:
    @given(st.binary() | PIECES)
    @example(b"")
    @example(b"-")
    @example(b"[" * 100_000)
    @example(b'{"a":' * 100_000)
    @example(b'"\\')
    @example(b"\xef\xbb\xbf{}")
    def test_a_value_or_a_named_mistake(self, body):
        try:
            value = parse_json(body)
        except InvalidRequest as error:
            refusal = error.detail
        else:
            # What got in can be stored and sent on.
            refusal = json.dumps(value, allow_nan=False, ensure_ascii=False).encode("utf-8")[:9].decode(errors="ignore")
        assert 0 < len(refusal) < 300

    @given(VALUES, st.booleans(), st.sampled_from([None, 2]))
    def test_what_is_json_comes_through_unchanged(self, value, ascii_only, indent):
        body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
        assert parse_json(body) == value

    @given(VALUES)
    def test_as_the_standard_library_reads_it(self, value):
        body = json.dumps(value)
        assert json.dumps(parse_json(body.encode())) == json.dumps(json.loads(body))


class TestDepth:
    @pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
    def test_the_limit_is_exact(self, opening, closing):
        levels = DEEPEST // (2 if opening.startswith("[{") else 1)
        parse_json((opening * levels + "1" + closing * levels).encode())
        assert "deep" in says((opening * (levels + 1) + "1" + closing * (levels + 1)).encode())

    @pytest.mark.parametrize("text", ["[" * 50, "{[" * 50, '\\"' + "[" * 50, '\\\\\\"' + "[" * 50, "]" * 50])
    def test_brackets_in_texts_do_not_count(self, text):
        assert parse_json(f'{{"a": "{text}", "{text}": [1]}}'.encode())

    def test_brackets_after_a_text_that_ends_in_a_backslash_count(self):
        assert "deep" in says(('["\\\\",' + "[" * 30).encode())

    def test_width_is_no_depth(self):
        assert len(parse_json(b"[" + b",".join([b"[]"] * 1000) + b"]")) == 1000

    def test_what_closes_before_it_opens_hides_nothing(self):
        """Otherwise brackets in front would buy levels behind."""
        assert says(b"]" * 100_000 + b"[" * 100_000)


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"", "not JSON"),
            (b"{} {}", "not JSON"),
            (b"{'a': 1}", "not JSON"),
            (b"[1,]", "not JSON"),
            (b'"unterminated', "not JSON"),
            (b'"unterminated\\', "not JSON"),
            (b'{"a": "b\\"}', "not JSON"),
            (b'"a\nb"', "not JSON"),
            (b"01", "not JSON"),
            (b"+1", "not JSON"),
            (b"\xef\xbb\xbf{}", "not JSON"),
            (b"\xff", "UTF-8"),
            (b'"\xed\xa0\x80"', "UTF-8"),
            ('{"a": 1}'.encode("utf-16"), "UTF-8"),
            ('"città"'.encode("latin-1"), "UTF-8"),
            (b'{"a": 1, "a": 1}', "twice"),
            (b'[{"b": {"\\u0061": 1, "a": 2}}]', "twice"),
            (b"NaN", "NaN"),
            (b"[-Infinity]", "-Infinity"),
            (b"1e309", "too large"),
            (b"-1e309", "too large"),
            (b'"\\u0000"', "NUL"),
            (b'{"a": [1, "x\\u0000"]}', "/a/1"),
            (b'{"a\\u0000": 1}', "NUL"),
            (b'"\\ud83d"', "surrogate"),
            (b'"\\ude00\\ud83d"', "surrogate"),
            (b'{"\\ud83d": 1}', "surrogate"),
            (b"9223372036854775808", "64 bits"),
            (b"-9223372036854775809", "64 bits"),
            (b"1" * 5000, "64 bits"),
            (b"-" + b"1" * 5000, "64 bits"),
        ],
    )
    def test_by_name(self, body, words):
        assert words in says(body)

    @pytest.mark.parametrize("number", [2**63 - 1, -(2**63) + 1, 0, -1])
    def test_64_bits_fit(self, number):
        assert parse_json(str(number).encode()) == number

    def test_a_pair_of_surrogates_is_one_character(self):
        assert parse_json(b'"\\ud83d\\ude00"') == "\N{GRINNING FACE}"

    def test_a_message_is_short_and_escaped(self):
        told = says(b'{"' + "é\n".encode().replace(b"\n", b"\\n") * 500 + b'": "\\u0000"}')
        assert len(told) < 300
        assert told.isascii()


class TestEffort:
    """A body of the largest size that is allowed must not keep a worker busy for minutes."""

    @given(st.text(st.sampled_from('"\\[{a\n'), max_size=30))
    def test_a_quote_always_ends_somewhere(self, text):
        """Else each quote of a text without end starts a search to the end of the body: the square of its length."""
        assert _STRING_OR_BRACKET.match(f'"{text}')

    def test_the_place_of_a_value_is_not_written_out_for_each(self):
        """A long name times a long list: 20,000 texts of 100 kB each, if it were."""
        body = b'{"' + b"n" * 100_000 + b'": [' + b",".join([b"1"] * 20_000) + b"]}"
        tracemalloc.start()
        try:
            parse_json(body)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 100 * len(body)

    @pytest.mark.timeout(30)
    @pytest.mark.parametrize(
        "body",
        [
            b'"' * MEBIBYTE,
            b'"\\' * (MEBIBYTE // 2),
            b"9" * MEBIBYTE,
            b"1e" + b"9" * (MEBIBYTE - 2),
            b"[" * MEBIBYTE,
            b'{"a":1,' * (MEBIBYTE // 7),
        ],
        ids=lambda body: body[:12].decode(),
    )
    def test_a_full_body_of_nonsense_is_refused(self, body):
        assert says(body)


class TestParser:
    @pytest.mark.parametrize(("size", "fits"), [(99, True), (100, True), (101, False)])
    @override_settings(BODY_LIMIT_BYTES=100)
    def test_the_limit_of_a_body(self, size, fits):
        body = b'"' + b"a" * (size - 2) + b'"'
        if fits:
            assert StrictJSONParser().parse(io.BytesIO(body)) == "a" * (size - 2)
        else:
            with pytest.raises(BodyTooLarge, match="100 bytes"):
                StrictJSONParser().parse(io.BytesIO(body))
