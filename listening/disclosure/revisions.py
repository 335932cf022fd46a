"""The audit of a revision together with the releases that it follows: all of them were read, and are kept.

Pure. A correction narrows: of a place that did not change, the world knows two roundings with one offset. Where they
differ by the base, one candidate fewer is left; the audit allows for that one, and for no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from listening.disclosure.attacker import attack
from listening.disclosure.blocks import AuditedProduct, Earlier, band_blocks, restricted_blocks, years, zone_block

LOST: Final = 1  # candidates that a correction may cost a cell


@dataclass(frozen=True, slots=True)
class RevisionAudit:
    """What earlier revisions and the new one tell together."""

    revisions: int  # earlier ones
    cells: int  # attacked
    min_candidates: int  # fewest of any cell
    below_required: int  # cells with fewer than their base less LOST
    recovered: int
    claims_left_out: int  # of places that did change, or that settling moved: who believed them would be misled

    @property
    def passed(self) -> bool:
        """Whether the revision may go out beside what it follows."""
        return self.cells > 0 and self.below_required == 0 and self.recovered == 0


def audit_revision(
    products: Sequence[AuditedProduct],
    earlier: Sequence[Sequence[Earlier]],
    *,
    theme_parents: Mapping[str, str] | None = None,
) -> RevisionAudit:
    """Attack a revision with all that was published before of the same tables.

    Parameters
    ----------
    products
        As for `audit`: all tables of the year.
    earlier
        The tables of each earlier revision, places in the order of `products`.
    theme_parents
        As given to `protect`.

    Returns
    -------
    RevisionAudit

    Notes
    -----
    The attacker believes of every place that it did not change, wherever that can be: where it did change beyond the
    reach of the earlier value, the belief would mislead, and is given up. So nobody does better who knows which places
    were corrected. Each zone is attacked by itself. That one offset rounds both running totals tells no more than the
    one candidate, as all truths of three places show, unless it is known by how many a place was corrected: then one
    candidate may be all that is left, and no audit sees it. So corrections do not say it.
    """
    parents, together = theme_parents or {}, [one for revision in earlier for one in revision]
    candidates: list[tuple[int, int]] = []  # found and required
    left_out = 0
    for year in years(products):
        zones = dict.fromkeys(zone for _, quarter in year.quarters for zone in quarter.counted.places)
        blocks = [zone_block(year, zone, parents, together) for zone in zones]
        per_district = [*restricted_blocks(year, parents, together), *band_blocks(year, together)]
        for block, false in [*blocks, *per_district]:
            left_out += false
            required = [_required(products[cell.table], cell.column) for cell in block.cells]
            found = attack(block, enough=max(required))
            candidates += zip(found.candidates.tolist(), required, strict=True)
    return RevisionAudit(
        revisions=len(earlier),
        cells=len(candidates),
        min_candidates=min((found for found, _ in candidates), default=0),
        below_required=sum(found < required for found, required in candidates),
        recovered=sum(found <= 1 for found, _ in candidates),
        claims_left_out=left_out,
    )


def _required(product: AuditedProduct, column: int) -> int:
    return product.published.bases[column] - LOST
