"""What stops the private cluster, said so that the reader can mend it."""


class LocalDatabaseProblem(Exception):
    """What is wrong and what to do about it, for the terminal."""
