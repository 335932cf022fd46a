import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from backend.http.conditional import check_if_match, etag_of, not_modified
from backend.problems import PreconditionFailed, PreconditionRequired

TAG = etag_of("a", 1)


def asking(**headers):
    return RequestFactory().get("/", headers=headers)


@given(st.lists(st.text(max_size=4), max_size=4), st.lists(st.text(max_size=4), max_size=4))
def test_a_tag_tells_parts_apart(one, other):
    """Also ("ab", "c") from ("a", "bc")."""
    assert (etag_of(*one) == etag_of(*other)) == (one == other)


@pytest.mark.parametrize(
    ("header", "has_it"),
    [
        ("", False),
        (TAG, True),
        (f"W/{TAG}", True),
        (f'"x", {TAG}', True),
        ("*", True),
        ('"x"', False),
        (TAG[1:-1], False),
    ],
)
def test_if_none_match(header, has_it):
    assert not_modified(asking(if_none_match=header), TAG) is has_it


def test_if_match():
    check_if_match(asking(if_match=TAG), TAG)
    check_if_match(asking(if_match=f'"x", {TAG}'), TAG)
    check_if_match(asking(if_match="*"), TAG)


@pytest.mark.parametrize("header", ["", " "])
def test_a_change_must_name_its_version(header):
    with pytest.raises(PreconditionRequired):
        check_if_match(asking(if_match=header), TAG)


@pytest.mark.parametrize("header", ['"x"', f"W/{TAG}", TAG[1:-1]])
def test_another_version(header):
    """A weak tag is no proof of equal bytes (RFC 9110, section 13.1.1)."""
    with pytest.raises(PreconditionFailed):
        check_if_match(asking(if_match=header), TAG)
