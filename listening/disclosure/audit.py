"""The audit of a release: what an attacker who knows the method can still not tell."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from listening.disclosure.tables import FrequencyTable, ProtectedTable


@dataclass(frozen=True, slots=True)
class AuditedProduct:
    """What was counted beside what is to be published."""

    counted: FrequencyTable
    published: ProtectedTable


@dataclass(frozen=True, slots=True)
class ProductAudit:
    """What the audit found for the cells of one product, of all its periods."""

    product: str
    cells: int  # audited
    min_candidates: int  # fewest whole numbers that a cell may be, for all that the attacker can tell
    recovered: int  # cells of which one number alone remains
    truth_inside: int  # cells whose true count is among the candidates; of all, when the model of the attacker is right


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The verdict on a release. It holds no count and no code of a place, so it may be published."""

    scheme: str
    required: int  # candidates that each cell must keep
    sampled: bool
    seed: int | None
    products: tuple[ProductAudit, ...]

    @property
    def passed(self) -> bool:
        """Whether the release may go out."""
        return all(p.min_candidates >= self.required and p.recovered == 0 for p in self.products)

    def to_json(self) -> str:
        """Canonical JSON: sorted members, no blanks, no time, no duration."""
        members = asdict(self) | {"passed": self.passed}
        return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def audit(
    products: Sequence[AuditedProduct],
    *,
    theme_parents: Mapping[str, str] | None = None,
    sample: int | None = None,
    seed: int = 0,
) -> AuditReport:
    """Attack all products together. Every cell, unless a sample is asked for."""
    raise NotImplementedError
