"""Static files by names that hold a hash of their content: browsers may keep them for ever."""

from __future__ import annotations

from collections.abc import Callable
from re import Match
from typing import ClassVar, Final

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_, IMPORTS = HashedFilesMixin._js_module_import_aggregation_patterns  # type: ignore[attr-defined]

# JSDoc, and lines that are a comment alone; never `//` behind code, which may as well be part of a text.
COMMENTS: Final = r"(?ms)^[ \t]*/\*\*.*?\*/[ \t]*\n|/\*\*.*?\*/ ?|^[ \t]*//[^\n]*\n"
LEFT_OUT: Final = ""


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """`import` in modules of ours names hashed files too; files of others are taken as they are.

    Modules of the field app go to phones without their comments: a quarter of their bytes, and of no use there.
    """

    support_js_module_import_aggregation = True
    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("dashboard/*.js", IMPORTS),
        ("fieldapp/*.js", ((COMMENTS, LEFT_OUT),)),
    )
    # A pass settles the names of one level of imports.
    max_post_process_passes = 20
    _js_module_import_aggregation_patterns: ClassVar[tuple[str, object]] = ("fieldapp/*.js", IMPORTS)

    def url_converter(
        self, name: str, hashed_files: dict[str, str], template: str | None = None
    ) -> Callable[[Match[str]], str]:
        """What stands in the place of a match: nothing in that of a comment."""
        if template == LEFT_OUT:
            return lambda _comment: ""
        return super().url_converter(name, hashed_files, template)  # type: ignore[no-any-return]
