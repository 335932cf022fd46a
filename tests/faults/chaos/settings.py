"""Settings of the servers under test: those of the tests, served to phones that are counted by nobody."""

from tests.settings import *  # noqa: F403
