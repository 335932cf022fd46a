"""Static files by names that hold a hash of their content: browsers may keep them for ever."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_, IMPORTS = HashedFilesMixin._js_module_import_aggregation_patterns  # type: ignore[attr-defined]


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """`import` in modules of ours names hashed files too; files of others are taken as they are."""

    support_js_module_import_aggregation = True
    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("dashboard/*.js", IMPORTS))
    # A pass settles the names of one level of imports.
    max_post_process_passes = 20
    _js_module_import_aggregation_patterns: ClassVar[tuple[str, object]] = ("fieldapp/*.js", IMPORTS)
