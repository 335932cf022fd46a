"""Licences by the names of the SPDX list, and their addresses for catalogues. Pure."""

from __future__ import annotations

from typing import Final

# Of the licence authority table of the EU, which DCAT-AP asks for.
AUTHORITY: Final = "http://publications.europa.eu/resource/authority/licence/"
KNOWN: Final = {
    "CC-BY-4.0": "CC_BY_4_0",
    "CC-BY-SA-4.0": "CC_BYSA_4_0",
    "CC0-1.0": "CC0",
    "ODbL-1.0": "ODC_BL",
    "PDDL-1.0": "ODC_PDDL",
    "ODC-By-1.0": "ODC_BY",
}


def licence_url(licence: str) -> str:
    """An address for a licence: of the EU's table where it has one, else of SPDX; an address stays as it is."""
    if licence.startswith(("http://", "https://")):
        return licence
    if licence in KNOWN:
        return AUTHORITY + KNOWN[licence]
    return f"https://spdx.org/licenses/{licence}.html"
