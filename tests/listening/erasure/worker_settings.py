"""Settings of a worker that a test starts and kills: those of the tests, with the journal of that test."""

import os
from pathlib import Path

from tests.settings import *  # noqa: F403

WITHDRAWAL_JOURNAL = Path(os.environ["JOURNAL_OF_TEST"])
