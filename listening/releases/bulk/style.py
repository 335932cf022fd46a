"""How QGIS draws the need map of a GeoPackage: five classes of share_eb, grey for too little listening. Pure."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import quoteattr

COLOURS: Final = {
    1: "#ffffcc",
    2: "#c2e699",
    3: "#78c679",
    4: "#31a354",
    5: "#006837",
}  # ColorBrewer YlGn, five classes
LABELS: Final = {1: "< 5 %", 2: "5-10 %", 3: "10-20 %", 4: "20-35 %", 5: "> 35 %"}
NO_VALUE: Final = "#d9d9d9"


def style_qml() -> str:
    """A QGIS layer style (QML): categories of `class_index`."""
    known = [(str(number), LABELS[number], COLOURS[number]) for number in COLOURS]
    categories = [*known, ("", "too little listening", NO_VALUE)]
    listed = "".join(
        f'<category value={quoteattr(value)} symbol="{at}" label={quoteattr(label)} render="true"/>'
        for at, (value, label, _) in enumerate(categories)
    )
    symbols = "".join(
        f'<symbol type="fill" name="{at}" alpha="1"><layer class="SimpleFill"><Option type="Map">'
        f'<Option type="QString" name="color" value="{_rgba(colour)}"/>'
        '<Option type="QString" name="outline_color" value="120,120,120,255"/>'
        '<Option type="QString" name="outline_width" value="0.2"/></Option></layer></symbol>'
        for at, (_, _, colour) in enumerate(categories)
    )
    return (
        '<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM"><qgis version="3.22"><renderer-v2'
        ' type="categorizedSymbol" attr="class_index" enableorderby="0">'
        f"<categories>{listed}</categories><symbols>{symbols}</symbols></renderer-v2></qgis>"
    )


def _rgba(colour: str) -> str:
    red, green, blue = bytes.fromhex(colour[1:])
    return f"{red},{green},{blue},255"
