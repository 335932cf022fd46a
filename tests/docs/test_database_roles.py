"""reference/database-roles.md names the roles and their limits as the SQL makes them."""

import re

from backend.db import roles, sql
from tests.docs.pages import codes, page

LIMITED = ("listening_api", "listening_worker", "listening_open_reader", "listening_vault")
PAGE = page("docs/reference/database-roles.md")


def test_roles() -> None:
    told = [codes(row[0])[0] for row in PAGE.table("Roles", "role")]
    assert told == ["listening_owner", *roles.ROLES]


def test_limits() -> None:
    told = {
        (role, codes(row[0])[0], value)
        for row in PAGE.table("Limits", "limit")
        for role, value in zip(LIMITED, row[1:], strict=True)
        if value != "none"
    }
    assert told == set(
        re.findall(r"ALTER ROLE (\w+) SET (\w+_timeout) = '(\w+)'", sql.read("backend.db", "make_roles.sql"))
    )
