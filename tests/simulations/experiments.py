"""Experiments: each holds many invented years or quarters against a truth that is known, and returns named figures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import betaincinv

from listening.statistics.arrays import FloatArray, ratio
from listening.statistics.clusters import find_clusters
from listening.statistics.design_effect import city_design_effect, design_effect, effective_size
from listening.statistics.emerging import emerging
from listening.statistics.intervals import normal_quantile, published_share, wilson
from listening.statistics.shares import direct_share
from listening.statistics.shrinkage import shrink
from listening.statistics.trends import FALLING, RISING, STABLE, UNCLEAR, compare
from tests.simulations import city

Figures = dict[str, float]
ZONES, QUARTER = 18, city.CONVERSATIONS // 4
# The fewest that can find a lone area among 90 are 1,799; need maps take 9,999.
PERMUTATIONS = 1_999


def intervals(rng: np.random.Generator, repetitions: int) -> Figures:
    """How many 90 % intervals hold the truth, in areas where anybody listened."""
    held: dict[str, list[FloatArray]] = {}

    def note(name: str, low: FloatArray, high: FloatArray, truth: FloatArray, where: FloatArray) -> None:
        held.setdefault(name, []).append(((low <= truth) & (truth <= high))[np.broadcast_to(where, truth.shape)])

    z = normal_quantile(0.90)
    for _ in range(repetitions):
        truth = city.true_shares(rng)
        n = rng.multinomial(city.CONVERSATIONS, city.effort(rng, city.population(rng)))
        for deff, suffix in ((1, ""), (2, ", deff 2")):
            heard = city.listen(rng, n, truth, design_effect=deff)
            r, size = direct_share(heard.mentions, heard.conversations), heard.conversations
            plain = wilson(r, size)
            note(f"Wilson{suffix}", plain.low, plain.high, truth, size > 0)
            if deff == 1:
                half = z * np.sqrt(ratio(r * (1 - r), size, otherwise=0.0))
                note("Wald", r - half, r + half, truth, size > 0)
                eb = shrink(heard.mentions, size)
                a, b = (eb.prior_size + size) * eb.share, (eb.prior_size + size) * (1 - eb.share)
                note("around the EB share", betaincinv(a, b, 0.05), betaincinv(a, b, 0.95), truth, size > 0)
                rounded = published_share(_rounded(rng, heard.mentions), _rounded(rng, size), base=5)
                shown = wilson(rounded.share, rounded.size)
                note("Wilson from counts rounded to 5, n >= 20", shown.low, shown.high, truth, size >= 20)
            else:
                effective = effective_size(size, design_effect(heard.sums))
                fair = wilson(r, effective)
                note("Wilson on effective n, deff 2", fair.low, fair.high, truth, size > 0)
                note("Wilson on plain n where effective n >= 20, deff 2", plain.low, plain.high, truth, effective >= 20)
                note("Wilson on effective n >= 20, deff 2", fair.low, fair.high, truth, effective >= 20)
    return {f"coverage: {name}": float(np.concatenate(hits).mean()) for name, hits in held.items()}


def _rounded(rng: np.random.Generator, counts: FloatArray) -> FloatArray:
    """Systematic rounding to base 5 along the areas, with an offset for each theme."""
    offset = rng.integers(0, 5, counts.shape[1])
    ends = 5 * np.floor((np.cumsum(counts, axis=0) + offset) / 5)
    return np.diff(ends, axis=0, prepend=np.zeros((1, counts.shape[1])))


def shrinkage(rng: np.random.Generator, repetitions: int) -> Figures:
    """Mean squared error over all areas, as a part of that of the direct share (the city's where nobody listened)."""
    squares: dict[str, list[float]] = {}
    for _ in range(repetitions):
        truth = city.true_shares(rng)
        n = rng.multinomial(city.CONVERSATIONS, city.effort(rng, city.population(rng)))
        for deff, suffix in ((1, ""), (2, ", deff 2")):
            heard = city.listen(rng, n, truth, design_effect=deff)
            c, size = heard.mentions, heard.conversations
            mean = c.sum(axis=0) / size.sum()
            estimates = {
                "direct": np.where(size > 0, direct_share(c, size), mean),
                "city prior": shrink(c, size).share,
                "zone prior": shrink(c, size, zones=city.ZONE).share,
            }
            if deff == 2:
                effect = design_effect(heard.sums)
                estimates["city prior, counts / deff"] = shrink(c / effect, size / effect).share
            for name, estimate in estimates.items():
                squares.setdefault(f"{name}{suffix}", []).append(float(((estimate - truth) ** 2).mean()))
    return {
        f"error against direct: {name}": float(np.mean(found) / np.mean(squares[f"direct{suffix}"]))
        for name, found in squares.items()
        for suffix in [", deff 2" if name.endswith(", deff 2") else ""]
        if not name.startswith("direct")
    } | {"root mean squared error: city prior": float(np.sqrt(np.mean(squares["city prior"])))}


def _quarters(
    rng: np.random.Generator, truth: FloatArray, deff: float, *, later: FloatArray | None = None
) -> tuple[city.Heard, city.Heard]:
    """Two quarters in the zones, with the same effort."""
    residents = np.bincount(city.ZONE, weights=city.population(rng))
    weight = residents * rng.lognormal(0, 0.5, ZONES)
    held = [rng.multinomial(QUARTER, weight / weight.sum()) for _ in range(2)]
    return (
        city.listen(rng, held[0], truth, design_effect=deff),
        city.listen(rng, held[1], truth if later is None else later, design_effect=deff),
    )


def _zone_shares(rng: np.random.Generator) -> FloatArray:
    member = np.equal.outer(np.arange(ZONES), city.ZONE) / 5
    return member @ city.true_shares(rng)


def trends(rng: np.random.Generator, repetitions: int) -> Figures:
    """Alarms in 216 comparisons (18 zones x 12 themes), of which none, or a twentieth, has a real change."""
    alarms: dict[str, list[float]] = {}
    found: dict[str, list[float]] = {}
    for _ in range(repetitions):
        truth = _zone_shares(rng)
        changed = rng.random(truth.shape) < 0.05
        for deff in (1, 2):
            before, now = _quarters(rng, truth, deff)
            counts = (now.mentions, now.conversations, before.mentions, before.conversations)
            plain = compare(*counts)
            fair = compare(
                *counts, design_effect=design_effect(now.sums), earlier_design_effect=design_effect(before.sums)
            )
            for name, value in {
                "p < 0.05, per quarter": (plain.p_value < 0.05).sum(),
                "any by BH without deff": (plain.q_value <= 0.10).any(),
                "any by BH with deff": (fair.q_value <= 0.10).any(),
            }.items():
                alarms.setdefault(f"false alarms: {name}, deff {deff}", []).append(float(value))
            found.setdefault(f"no change called unclear, deff {deff}", []).append((fair.label == UNCLEAR).mean())
            for points in (10, 20, 30, 40):
                later = np.where(changed, np.minimum(truth + points / 100, 0.95), truth)
                before, now = _quarters(rng, truth, deff, later=later)
                fair = compare(
                    now.mentions, now.conversations, before.mentions, before.conversations,
                    design_effect=design_effect(now.sums), earlier_design_effect=design_effect(before.sums),
                )  # fmt: skip
                if points > 10:
                    found.setdefault(f"found: rise of {points} points in a zone, deff {deff}", []).extend(
                        (fair.label == RISING)[changed]
                    )
                else:
                    found.setdefault(f"rise of 10 points called stable, deff {deff}", []).extend(
                        (fair.label == STABLE)[changed]
                    )
                found.setdefault(f"rise called falling, deff {deff}", []).extend((fair.label == FALLING)[changed])
    return {name: float(np.mean(values)) for name, values in (alarms | found).items()}


def unadjusted(rng: np.random.Generator, repetitions: int) -> Figures:
    """How often one test of two shares at 5 % finds a difference that is not there: ten tables of six each, deff 2."""
    tests = 40 * repetitions
    places, share = np.full(tests, 10 * city.TABLE), np.full((tests, 1), 0.2)
    before, now = (city.listen(rng, places, share, design_effect=2) for _ in range(2))
    counts = (now.mentions, now.conversations, before.mentions, before.conversations)
    own = [design_effect(heard.sums) for heard in (now, before)]
    return {
        "rejected at 5 %: two shares without deff, deff 2": float((compare(*counts).p_value < 0.05).mean()),
        "rejected at 5 %: with the true deff, deff 2": float(
            (compare(*counts, design_effect=2, earlier_design_effect=2).p_value < 0.05).mean()
        ),
        "rejected at 5 %: with the place's own deff, deff 2": float(
            (compare(*counts, design_effect=own[0], earlier_design_effect=own[1]).p_value < 0.05).mean()
        ),
    }


def emerging_needs(rng: np.random.Generator, repetitions: int) -> Figures:
    """Quarters with any false alarm among 216 tests; and how often a theme that goes from 5 to 30 % is found."""
    noted: dict[str, list[float]] = {}
    for _ in range(repetitions):
        truth = _zone_shares(rng)
        weight = np.bincount(city.ZONE, weights=city.population(rng)) * rng.lognormal(0, 0.5, ZONES)
        held, baseline = (rng.multinomial(total, weight / weight.sum()) for total in (QUARTER, 4 * QUARTER))
        fresh = rng.random(truth.shape) < 0.05
        for deff in (1, 2):
            before = city.listen(rng, baseline, np.where(fresh, 0.05, truth), design_effect=deff)
            effect = city_design_effect(before.sums)
            for name, later in {
                "any false alarm": np.where(fresh, 0.05, truth),
                "found: 5 to 30 % in a zone": np.where(fresh, 0.30, truth),
            }.items():
                now = city.listen(rng, held, later, design_effect=deff)
                counts = (now.mentions, now.conversations, before.mentions, before.conversations)
                people = {"sessions": now.sessions_with, "listeners": now.listeners_with}
                fair = emerging(*counts, **people, design_effect=effect).is_emerging
                if "found" in name:
                    noted.setdefault(f"emerging, {name}, deff {deff}", []).extend(fair[fresh])
                else:
                    own = emerging(*counts, **people, design_effect=design_effect(before.sums)).is_emerging
                    plain = emerging(*counts, **people).is_emerging
                    for kind, alarms in {"": fair, " with the zone's own deff": own, " without deff": plain}.items():
                        noted.setdefault(f"emerging, {name}{kind}, deff {deff}", []).append(alarms.any())
    return {name: float(np.mean(values)) for name, values in noted.items()}


def clusters(rng: np.random.Generator, repetitions: int) -> Figures:
    """Maps with any candidate of high shares: without a cluster and with clustered effort, and with a real cluster."""
    noted: dict[str, list[float]] = {}
    centre = 4 * city.COLUMNS + 4
    real = [centre, centre - 1, centre + 1, centre - city.COLUMNS, centre - city.COLUMNS + 1, centre + city.COLUMNS]
    real.append(centre + city.COLUMNS - 1)
    for _ in range(repetitions):
        residents = city.population(rng)
        weight = residents * np.exp(0.9 * city.field(rng, 1, range_km=3.0)[:, 0])
        n = rng.multinomial(city.CONVERSATIONS, weight / weight.sum())
        for scene in ("no cluster", "a cluster"):
            truth = np.full((city.AREAS, 1), 0.2)
            if scene == "a cluster":
                truth[real] = 0.4
            heard = city.listen(rng, n, truth)
            c, size = heard.mentions[:, 0], heard.conversations[:, 0]
            for name, values in _maps(c, size, residents):
                if scene == "a cluster" and name not in {"counts", "EB share"}:
                    continue
                high = find_clusters(values, city.PAIRS, permutations=PERMUTATIONS).is_high
                if scene == "no cluster":
                    noted.setdefault(f"false cluster: {name}", []).append(high.any())
                else:
                    noted.setdefault(f"cluster found: {name}", []).append(high[real].any())
                    noted.setdefault(f"areas of the cluster found: {name}", []).append(high[real].mean())
    return {name: float(np.mean(values)) for name, values in noted.items()}


def _maps(c: FloatArray, n: FloatArray, residents: FloatArray) -> Iterator[tuple[str, FloatArray]]:
    """What might be drawn, scaled to at most 1, which Gi* does not notice."""
    mean = c.sum() / n.sum()
    per_resident = c / residents
    yield "counts", c / c.max()
    yield "counts per resident", per_resident / per_resident.max()
    yield "direct share", np.where(n > 0, direct_share(c, n), mean)
    yield "EB share", shrink(c, n).share
