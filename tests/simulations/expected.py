"""The bands in which the figures must lie. Beside each that the design had measured before, the figure it found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Band:
    """From low to high, both included."""

    low: float
    high: float

    def holds(self, value: float, *, slack: float = 0.0) -> bool:
        """Whether a value lies in the band, widened at each end by `slack` times its width: for few repetitions."""
        room = slack * (self.high - self.low)
        return self.low - room <= value <= self.high + room

    def __str__(self) -> str:
        return f"{self.low:g}-{self.high:g}"


# Low ends above 0 of what goes wrong without a correction are there on purpose: an experiment in which nothing goes
# wrong without it would prove nothing about it.
EXPECTED = {
    "coverage: Wilson": Band(0.88, 0.93),  # 0.91
    "coverage: Wald": Band(0.55, 0.78),  # 0.64
    "coverage: around the EB share": Band(0.78, 0.89),  # 0.82
    "coverage: Wilson from counts rounded to 5, n >= 20": Band(0.86, 0.93),  # 0.88
    "coverage: Wilson, deff 2": Band(0.70, 0.85),
    "coverage: Wilson on effective n, deff 2": Band(0.88, 0.94),
    "coverage: Wilson on plain n where effective n >= 20, deff 2": Band(0.65, 0.82),
    "coverage: Wilson on effective n >= 20, deff 2": Band(0.86, 0.93),
    "error against direct: city prior": Band(0.12, 0.22),  # 0.16
    "error against direct: zone prior": Band(0.12, 0.24),  # 0.17
    "error against direct: city prior, deff 2": Band(0.14, 0.25),
    "error against direct: zone prior, deff 2": Band(0.15, 0.28),
    "error against direct: city prior, counts / deff, deff 2": Band(0.11, 0.20),
    "root mean squared error: city prior": Band(0.045, 0.065),  # 0.054
    "false alarms: p < 0.05, per quarter, deff 1": Band(5, 11),  # 10
    "false alarms: any by BH without deff, deff 1": Band(0, 0.10),
    "false alarms: any by BH with deff, deff 1": Band(0, 0.10),
    "false alarms: p < 0.05, per quarter, deff 2": Band(20, 36),  # 33
    "false alarms: any by BH without deff, deff 2": Band(0.70, 1),  # 0.90
    "false alarms: any by BH with deff, deff 2": Band(0, 0.10),  # 0.03
    "no change called unclear, deff 1": Band(0.85, 1),
    "rise of 10 points called stable, deff 1": Band(0, 0.05),
    "rise called falling, deff 1": Band(0, 0.005),
    "found: rise of 20 points in a zone, deff 1": Band(0.06, 0.20),
    "found: rise of 30 points in a zone, deff 1": Band(0.30, 0.50),
    "found: rise of 40 points in a zone, deff 1": Band(0.55, 0.80),
    "no change called unclear, deff 2": Band(0.9, 1),
    "rise of 10 points called stable, deff 2": Band(0, 0.05),
    "rise called falling, deff 2": Band(0, 0.005),
    "found: rise of 20 points in a zone, deff 2": Band(0.01, 0.10),
    "found: rise of 30 points in a zone, deff 2": Band(0.06, 0.22),
    "found: rise of 40 points in a zone, deff 2": Band(0.25, 0.45),
    "rejected at 5 %: two shares without deff, deff 2": Band(0.12, 0.20),  # 0.154
    "rejected at 5 %: with the true deff, deff 2": Band(0.02, 0.06),
    "rejected at 5 %: with the place's own deff, deff 2": Band(0.03, 0.08),
    "emerging, any false alarm, deff 1": Band(0, 0.10),
    "emerging, any false alarm with the zone's own deff, deff 1": Band(0, 0.10),
    "emerging, any false alarm without deff, deff 1": Band(0, 0.12),
    "emerging, found: 5 to 30 % in a zone, deff 1": Band(0.65, 0.85),
    "emerging, any false alarm, deff 2": Band(0, 0.14),
    "emerging, any false alarm with the zone's own deff, deff 2": Band(0.15, 0.45),
    "emerging, any false alarm without deff, deff 2": Band(0.70, 1),
    "emerging, found: 5 to 30 % in a zone, deff 2": Band(0.35, 0.60),
    "false cluster: counts": Band(0.35, 0.70),  # 0.50
    "false cluster: counts per resident": Band(0.15, 0.70),  # 0.22
    "false cluster: direct share": Band(0, 0.20),  # 0.12
    "false cluster: EB share": Band(0, 0.12),  # 0.06
    "cluster found: counts": Band(0, 0.40),
    "areas of the cluster found: counts": Band(0, 0.12),  # 0.06
    "cluster found: EB share": Band(0.55, 0.85),  # 0.68
    "areas of the cluster found: EB share": Band(0.15, 0.40),  # 0.27
}
