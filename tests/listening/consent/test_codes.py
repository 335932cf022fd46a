from itertools import product

import pytest

from listening.consent.codes import ALPHABET, NotACode, digest_of, new_code, read_code


def test_it_works():
    code = new_code()
    assert [len(group) for group in code.split("-")] == [4] * 7
    assert read_code(code) == code.replace("-", "")
    assert len(digest_of(read_code(code))) == 32


def test_codes_differ():
    assert len({new_code() for _ in range(1_000)}) == 1_000


@pytest.mark.parametrize(
    "told", [str.lower, lambda code: code.replace("-", " "), lambda code: code.replace("0", "O").replace("1", "l")]
)
def test_as_people_type_it(told):
    code = new_code()
    assert digest_of(read_code(told(code))) == digest_of(read_code(code))


def test_a_slip_is_nearly_always_noticed():
    """Two letters check: 1 of 1024 slips goes through, and then names a card that nobody has."""
    noticed = []
    for code in [read_code(new_code()) for _ in range(10)]:
        for place, letter in product(range(28), ALPHABET):
            if code[place] != letter:
                noticed.append(refused(code[:place] + letter + code[place + 1 :]))
    assert sum(noticed) / len(noticed) > 0.99


def refused(code):
    try:
        read_code(code)
    except NotACode:
        return True
    return False


@pytest.mark.parametrize("text", ["", "2222", "U" * 28, "2" * 200, "é" * 28, "\x00" * 28])
def test_others_are_refused(text):
    with pytest.raises(NotACode):
        read_code(text)
