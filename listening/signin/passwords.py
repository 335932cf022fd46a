"""What a password must be."""

from __future__ import annotations

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import ngettext


class LongEnough(MinimumLengthValidator):
    """Django's rule, in words that are translated: its own of this version are not."""

    def get_error_message(self) -> str:
        return ngettext(
            "This password is too short: it must have at least %(number)s character.",
            "This password is too short: it must have at least %(number)s characters.",
            self.min_length,
        ) % {"number": self.min_length}
