"""The life of one record with real processes, as `python -m tests.faults.life` prints it."""

from tests.faults.life import tell


def test_what_was_withdrawn_is_gone_everywhere_also_after_a_restore():
    said: list[str] = []
    tell(said.append)
    assert said[-1] == "the end: nothing is left", said
