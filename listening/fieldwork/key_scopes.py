"""What an API key can be for. A view says which scope a method asks of a key; without a word it refuses keys.

    class NeedMapView(APIView):
        key_scopes = {"GET": KeyScope.READ_NEED_MAPS}

A scope never adds to what the account of the key may do: the policy of the view is asked as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models


class KeyScope(models.TextChoices):
    """A set of operations."""

    READ_NEED_MAPS = "read:need-maps"
    READ_FINDINGS = "read:findings"
    WRITE_CONVERSATIONS = "write:conversations"
    READ_REFERENCE = "read:reference"


def scope_asked(view: Any, method: str) -> KeyScope | None:
    """The scope that a view asks of a key for a method; None when it refuses keys."""
    declared: Mapping[str, KeyScope] = getattr(view, "key_scopes", {})
    return declared.get(method)
