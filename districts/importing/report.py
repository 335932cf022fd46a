"""What an import found: every problem at once, with the feature and the mend."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "repaired"]


@dataclass(frozen=True, slots=True)
class Flaw:
    """One problem. An error keeps the import from changing anything; `fix` says what was done or must be done."""

    severity: Severity
    code: str
    feature: str
    detail: str
    fix: str
    size_m2: float | None = None


@dataclass
class ImportReport:
    """The outcome of one import or trial of one."""

    layer: str
    edition: str
    source: str
    flaws: list[Flaw] = field(default_factory=list)
    districts: int = 0
    outcome: Literal["imported", "figures", "unchanged", "trial", "refused"] = "refused"

    def add(self, flaws: Iterable[Flaw]) -> None:
        self.flaws.extend(flaws)

    @property
    def has_errors(self) -> bool:
        return any(flaw.severity == "error" for flaw in self.flaws)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_text(self) -> str:
        """The report as a person reads it: the outcome first, then errors, repairs and warnings."""
        said = {
            "imported": f"imported and active: {self.districts} districts",
            "figures": f"figures and names of {self.districts} districts were stored; boundaries stay as they are",
            "unchanged": f"unchanged: this file is imported already, {self.districts} districts",
            "trial": f"trial: {self.districts} districts would be imported; nothing was changed",
            "refused": "refused: nothing was changed",
        }[self.outcome]
        lines = [f"{self.layer} {self.edition} from {self.source}: {said}"]
        for severity in ("error", "repaired", "warning"):
            for flaw in (flaw for flaw in self.flaws if flaw.severity == severity):
                size = "" if flaw.size_m2 is None else f" ({flaw.size_m2:,.2f} m2)"
                lines.append(f"  {severity:8} {flaw.code:18} {flaw.feature}{size}: {flaw.detail} {flaw.fix}")
        return "\n".join(lines)
