"""Which role may do what: the one table. Where they may do it is said by their assignments (`scope`).

An administrator administers and reads no records: whoever must do both has two assignments, and both are seen.
"""

from __future__ import annotations

from typing import Final

from django.db import models


class Role(models.TextChoices):
    """What a person, or a machine, is there for."""

    LISTENER = "listener"
    COORDINATOR = "coordinator"
    PLANNER = "planner"
    STEWARD = "steward"
    ADMIN = "admin"
    MACHINE_READER = "machine_reader"
    MACHINE_WRITER = "machine_writer"


# Log conversations; read, change and delete their own.
LOG: Final = frozenset({Role.LISTENER, Role.COORDINATOR, Role.MACHINE_WRITER})
# Open sessions, read their own.
CONVENE: Final = frozenset({Role.LISTENER, Role.COORDINATOR})
# Read, change and delete what others logged in their districts.
COORDINATE: Final = frozenset({Role.COORDINATOR})
# Read need maps: counts of their districts.
READ_COUNTS: Final = frozenset({Role.COORDINATOR, Role.PLANNER, Role.STEWARD, Role.MACHINE_READER})
# Read findings that were classified, without the people behind them.
READ_CLASSIFIED: Final = frozenset({Role.PLANNER})
# Read what everybody in fieldwork needs: venues.
READ_REFERENCE: Final = frozenset(Role)
# Propose and approve what the world reads; two of them, for the whole city.
PUBLISH: Final = frozenset({Role.STEWARD})
ADMINISTER: Final = frozenset({Role.ADMIN})

# Not people: nobody signs in as one, they come with API keys.
MACHINES: Final = frozenset({Role.MACHINE_READER, Role.MACHINE_WRITER})

# What an assignment reads when nobody says more: a coordinator gives themes to what touches health, too.
USUAL_CLEARANCE: Final = {Role.COORDINATOR: "restricted"}
