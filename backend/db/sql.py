"""Read the static .sql files that lie beside the code that runs them."""

from functools import cache
from importlib.resources import files


@cache
def read(package: str, name: str) -> str:
    """The text of `<package>/sql/<name>`, with psycopg named parameters left as they are.

    Raises FileNotFoundError when there is no such file.
    """
    return (files(package) / "sql" / name).read_text(encoding="utf-8")
