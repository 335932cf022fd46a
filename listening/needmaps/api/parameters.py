"""Parameters that the addresses of need maps share, for the schema."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter

from backend.periods import FORMS
from listening.needmaps.grid import COMPARISONS
from listening.records.models import Finding

LAYER = OpenApiParameter("layer", str, description="Code of a layer; the city's default layer when left out.")
EDITION = OpenApiParameter(
    "edition",
    str,
    description="Code of a boundary edition of the layer, also of one that no longer holds; today's when left out. "
    "Older ones are for people who read the whole city.",
)
PERIOD = OpenApiParameter(
    "period",
    str,
    description=f"Days in the city's time: {FORMS}. Left out: this year, or the newest quarter that you may read.",
)
QUARTERS = OpenApiParameter(
    "period",
    str,
    description="Whole quarters: 2026, 2026-Q3, 2026-01-01/2026-06-30. Left out: this year, or the newest quarter that"
    " you may read.",
)
THEME = OpenApiParameter("theme", str, description="Code of a theme; includes the themes below it. Any when left out.")
KIND = OpenApiParameter("kind", str, enum=list(Finding.Kind.values), description="Kind of finding; any when left out.")
COMPARE = OpenApiParameter(
    "compare",
    str,
    enum=list(COMPARISONS),
    description="What a quarter is compared with: the same one of last year (when left out), or the previous one.",
)
