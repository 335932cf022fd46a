"""What a process keeps: by tag, up to so many bytes, the last asked for the longest."""

from __future__ import annotations

from backend.http.kept import LARGEST, MOST_BYTES, Kept, KeptAnswer


def answer(size: int = LARGEST) -> KeptAnswer:
    return KeptAnswer(b"x" * size, {"ETag": "x"})


def test_it_works():
    kept, one = Kept(), answer(3)
    kept.put("a", one)
    assert kept.get("a") is one
    assert kept.get("b") is None


def test_the_one_that_was_not_asked_for_the_longest_goes_first():
    kept = Kept()
    for number in range(MOST_BYTES // LARGEST):
        kept.put(str(number), answer())
    assert kept.get("0")
    kept.put("more", answer())
    assert kept.get("1") is None
    assert kept.get("0")
    assert kept.size == sum(len(one.body) for one in kept.answers.values()) <= MOST_BYTES


def test_what_is_too_large_is_not_kept():
    kept = Kept()
    kept.put("a", answer(LARGEST + 1))
    assert (kept.get("a"), kept.size) == (None, 0)


def test_under_a_tag_the_first_answer_stays():
    kept, one = Kept(), answer(1)
    kept.put("a", one)
    kept.put("a", answer(2))
    assert (kept.get("a"), kept.size) == (one, 1)


def test_it_can_forget():
    kept = Kept()
    kept.put("a", answer())
    kept.forget()
    assert (kept.get("a"), kept.size) == (None, 0)
