"""Find what may tell who somebody is in a text: numbers, addresses, codes.

Pure: text in, places out. A help for whoever writes, and never a promise: a text without a mark is not anonymous, since
no pattern knows that "the baker with the red door" is one person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import phonenumbers

Kind = Literal["phone", "email", "iban", "tax_code", "plate", "street_number", "name"]


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A part of a text: characters from `start` to before `end`, and what it may be."""

    start: int
    end: int
    kind: Kind


# What a city can add, e.g. to recognise names: a text in, marks out. It is called with every text, so it must be quick.
Recogniser = Callable[[str], Iterable[Mark]]

EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b", re.IGNORECASE)
# Of Italy: letters for the name, date with letters for those who share the rest, place, check letter.
TAX_CODE: Final = re.compile(
    r"\b[A-Z]{6}[\dLMNP-V]{2}[ABCDEHLMPRST][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z]\b", re.IGNORECASE
)
# Of Italy since 1994, without I, O, Q and U. With spaces only in capitals: "da 100 ma" is no plate.
PLATE: Final = re.compile(
    r"\b(?:[A-HJ-NPR-TV-Z]{2}[ -]\d{3}[ -]?[A-HJ-NPR-TV-Z]{2}|(?i:[A-HJ-NPR-TV-Z]{2}\d{3}[A-HJ-NPR-TV-Z]{2}))\b"
)
STREET_NUMBER: Final = re.compile(
    r"\b(?:via|viale|v\.le|vicolo|piazza|p\.za|piazzale|piazzetta|corso|strada|largo|galleria|street|road|avenue)"
    r"(?:\s+[^\W\d][\w'\u2019.]{0,30}){1,5},?\s+(?:n\.?\s?|civico\s+)?(\d{1,4}(?:\s?/\s?\w{1,3}|[a-z])?)\b",
    re.IGNORECASE,
)
NOTHING: Final = "\ue000"  # of the private use area of Unicode
LEAST_DIGITS: Final = 6  # of a telephone number


def find(text: str, *, region: str, recognisers: Sequence[Recogniser] = ()) -> list[Mark]:
    """Marks in their order, none inside another. `region`: country of numbers without one, ISO 3166-1."""
    found = sorted(
        (mark for mark in _all(text, region, recognisers) if 0 <= mark.start < mark.end <= len(text)),
        key=lambda mark: (mark.start, -mark.end),
    )
    kept: list[Mark] = []
    for mark in found:
        if not kept or mark.start >= kept[-1].end:
            kept.append(mark)
    return kept


def mask(text: str, marks: Iterable[Mark]) -> str:
    """The text with each mark replaced by its kind in brackets. Marks as `find` returns them."""
    parts, end = [], 0
    for mark in marks:
        parts += [text[end : mark.start], f"[{mark.kind}]"]
        end = mark.end
    return "".join([*parts, text[end:]])


def without(text: str, marks: Iterable[Mark]) -> str:
    """The text with a character that nobody types in place of each mark: neither it nor its kind is found in it."""
    parts, end = [], 0
    for mark in marks:
        parts += [text[end : mark.start], NOTHING]
        end = mark.end
    return "".join([*parts, text[end:]])


def _all(text: str, region: str, recognisers: Sequence[Recogniser]) -> Iterator[Mark]:
    yield from (Mark(found.start(), found.end(), "email") for found in EMAIL.finditer(text))
    yield from (Mark(found.start(), found.end(), "iban") for found in IBAN.finditer(text) if _is_iban(found[0]))
    yield from (Mark(found.start(), found.end(), "tax_code") for found in TAX_CODE.finditer(text))
    yield from (Mark(found.start(), found.end(), "plate") for found in PLATE.finditer(text))
    yield from (Mark(*found.span(1), "street_number") for found in STREET_NUMBER.finditer(text))
    if sum(character.isdigit() for character in text) >= LEAST_DIGITS:
        for number in phonenumbers.PhoneNumberMatcher(text, region):
            yield Mark(number.start, number.end, "phone")
    for recogniser in recognisers:
        yield from recogniser(text)


def _is_iban(told: str) -> bool:
    """The check digits fit (ISO 13616; ISO 7064, MOD 97-10)."""
    plain = told.replace(" ", "").upper()
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1
