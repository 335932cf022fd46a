"""What each kind of collection holds: the columns of its SELECT, in the words of the glossary."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_noop as _

from backend.ogc.collection import Property

_RELEASE: Final = Property("release", "string", _("Release"))
_PERIOD: Final = (
    Property("period", "string", _("Period"), _("A quarter, 2026-Q2, or a year, 2026.")),
    Property("period_start", "date", _("First day")),
    Property("period_end", "date", _("Last day")),
)
_PLACE: Final = (
    Property("layer", "string", _("Layer"), _("Code of the layer.")),
    Property("place", "string", _("Place"), _("Code of the place in its layer.")),
)
_NAME: Final = Property("name", "string", _("Name"))
_THEME: Final = Property("theme", "string", _("Theme"), _("Code of the theme."))
_RESIDENTS: Final = Property("residents", "integer", _("Residents"))

DISTRICTS: Final = (
    Property("layer", "string", _("Layer"), _("Code of the layer.")),
    Property("edition", "string", _("Boundary edition")),
    Property("code", "string", _("Code"), _("Official code, unique in its edition.")),
    _NAME,
    Property("area_km2", "number", _("Area"), _("Square kilometres on the ellipsoid.")),
    _RESIDENTS,
    Property("residents_year", "integer", _("Year of the residents")),
    Property("exclude_from_rates", "boolean", _("No rates"), _("Too few residents for rates per head.")),
    Property("is_schematic", "boolean", _("Schematic"), _("Drawn from figures, not surveyed.")),
    Property("valid_from", "date", _("First day"), _("First day on which the boundaries hold.")),
    Property("valid_to", "date", _("Last day"), _("Last day on which they hold; null until further notice.")),
)
NEEDS: Final = (
    _RELEASE,
    *_PERIOD,
    *_PLACE,
    _NAME,
    _THEME,
    Property("theme_labels", "object", _("Theme in words"), _("Label by language.")),
    Property("conversations", "integer", _("Conversations"), _("Held in the place; rounded at random.")),
    Property("mentioning", "integer", _("Mentioning"), _("Of these, those that mention the theme; rounded as well.")),
    Property("share", "number", _("Share"), _("mentioning / conversations, 0-1; null where nothing may be said.")),
    Property("share_low", "number", _("Share, low"), _("Lower end of the 90 percent interval.")),
    Property("share_high", "number", _("Share, high"), _("Upper end of the 90 percent interval.")),
    Property("share_eb", "number", _("Share, drawn together"), _("Empirical-Bayes share: what maps show.")),
    Property("n_eff", "number", _("Effective conversations"), _("As many independent conversations say as much.")),
    Property(
        "reliability", "string", _("Reliability"),
        _("A, B, C; X: too little listening; 0: nobody listened."), ("A", "B", "C", "X", "0"),
    ),
    Property("class_index", "integer", _("Class"), _("Class of share_eb on the map, 0 the lowest.")),
    Property("trend", "string", _("Trend"), _("Against the period before; null: nothing may be said.")),
    Property("trend_difference", "number", _("Difference"), _("Of the shares of the two periods.")),
    _RESIDENTS,
)  # fmt: skip
CELLS: Final = (
    _RELEASE,
    Property("product", "string", _("Product"), _("P1 quarter, P2 year, P3 year by bands."), ("P1", "P2", "P3")),
    *_PERIOD,
    *_PLACE,
    Property("theme", "string", _("Theme"), _("Code; _n: all conversations, _persons: the people in them.")),
    Property("variable", "string", _("Variable"), _("What a band is of; null: all people.")),
    Property("band", "string", _("Band")),
    Property("value", "integer", _("Count"), _("Rounded at random.")),
)
COVERAGE: Final = (
    _RELEASE,
    *_PERIOD,
    *_PLACE,
    _NAME,
    Property("conversations", "integer", _("Conversations"), _("Rounded at random.")),
    Property("persons", "integer", _("People"), _("In these conversations; rounded as well.")),
    _RESIDENTS,
    Property("conversations_per_1000", "number", _("Conversations per 1,000 residents")),
)
REPRESENTATION: Final = (
    _RELEASE,
    *_PERIOD,
    *_PLACE,
    _NAME,
    Property("variable", "string", _("Variable"), _("What a band is of, such as age.")),
    Property("band", "string", _("Band"), _("unknown: not recorded.")),
    Property("people", "integer", _("People"), _("Of the band, listened to in the place; rounded at random.")),
    Property("share", "number", _("Share"), _("Of the people whose band is known, 0-1.")),
    Property("n_eff", "number", _("Effective people"), _("As many people met one by one say as much.")),
    Property("residents", "integer", _("Residents"), _("Of the band; null where they are not known.")),
    Property("reference_share", "number", _("Share of residents"), _("Of the band, 0-1.")),
    Property("ratio", "number", _("Representation ratio"), _("share / reference_share; null for the reason named.")),
    Property("ratio_low", "number", _("Ratio, low"), _("Lower end of the 90 percent interval.")),
    Property("ratio_high", "number", _("Ratio, high"), _("Upper end of the 90 percent interval.")),
    Property("flag", "string", _("Flag"), _("under, over; null: neither is proven."), ("under", "over")),
    Property("reason", "string", _("Reason"), _("Why there is no ratio; null: there is.")),
    Property("reference_year", "integer", _("Year of the residents")),
    Property("source", "string", _("Source of the residents")),
)
PLACES: Final = (
    _RELEASE,
    Property("layer", "string", _("Layer"), _("Code of the layer.")),
    Property("edition", "string", _("Boundary edition")),
    Property("code", "string", _("Code"), _("Of a district; of several that are published as one, the most populous.")),
    _NAME,
    _RESIDENTS,
    Property("merged", "string", _("Merged"), _("Codes of the districts within, when there are several.")),
    Property("parents", "object", _("Lies in"), _("Code of the place of each coarser layer.")),
)
THEMES: Final = (
    _RELEASE,
    Property("code", "string", _("Code")),
    Property("parent", "string", _("Parent"), _("Code of the theme above; null: none.")),
    Property("labels", "object", _("In words"), _("Label by language.")),
    Property(
        "sensitivity", "string", _("Sensitivity"), _("restricted: by year and coarse layers only."),
        ("normal", "restricted"),
    ),
    Property("position", "integer", _("Position")),
)  # fmt: skip
