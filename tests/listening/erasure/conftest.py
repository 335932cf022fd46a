"""A journal of its own for each test, and conversations that have a card."""

import pytest

from listening.capture.accept import accept
from listening.consent.codes import digest_of, new_code, read_code
from tests.listening.submissions import conversation


@pytest.fixture(autouse=True)
def journal_file(settings, tmp_path):
    settings.WITHDRAWAL_JOURNAL = tmp_path / "withdrawals.jsonl"
    return settings.WITHDRAWAL_JOURNAL


@pytest.fixture
def logged(city, listener):
    """Conversations with a card each, in the order in which they are withdrawn."""

    def log(number, **members):
        codes = [new_code() for _ in range(number)]
        made = [conversation(listener, receipt=digest_of(read_code(code)), **members) for code in codes]
        for one in made:
            accept(one, by=listener)
        return codes, [one.id for one in made]

    return log
