"""Attack a year of invented conversations, and print what is found: `python -m tests.attacks.disclosure`."""

from __future__ import annotations

import argparse
import time

import numpy as np

from listening.disclosure.audit import AuditedProduct, audit
from tests.attacks.disclosure.attacks import (
    chances,
    detection,
    differences_over_periods,
    differences_over_places,
    witness,
)
from tests.attacks.disclosure.naive import bands_recovery, recovery, weekly_recovery
from tests.attacks.disclosure.trial import Trial, trial


def accuracy(made: Trial) -> None:
    print(f"\n{'error of published counts':<40}{'cells':>8}{'largest':>9}{'root mean square':>18}{'mean':>8}")
    district_of = np.array(made.counted[0].within)
    errors = {"zone and quarter": [], "district and quarter": [], "city and quarter": []}
    for counted, published in zip(made.counted[:4], made.published[:4], strict=True):
        error = published.values - counted.counts
        errors["zone and quarter"].append(error)
        errors["district and quarter"].append(
            np.stack([error[district_of == district].sum(axis=0) for district in made.place.districts])
        )
        errors["city and quarter"].append(error.sum(axis=0))
    errors["district and year, restricted themes"] = [made.published[4].values - made.counted[4].counts]
    errors["area and year"] = [made.published[5].values - made.counted[5].counts]
    for name, found in errors.items():
        error = np.concatenate([each.ravel() for each in found])
        print(f"{name:<40}{error.size:>8}{abs(error).max():>9}{(error**2).mean() ** 0.5:>18.2f}{error.mean():>8.2f}")


def main() -> int:
    """0 when every attack fails and every control succeeds."""
    parser = argparse.ArgumentParser(prog="python -m tests.attacks.disclosure", description=__doc__)
    parser.add_argument("--conversations", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    made = trial(number=options.conversations, seed=options.seed)
    small = (made.counted[5].counts > 0) & (made.counted[5].counts < 5)
    print(
        f"{options.conversations} conversations, seed {options.seed}: {len(made.place.zones)} zones, "
        f"{len(made.place.areas)} publication areas of 90, {len(made.plan.quarterly) - 2} themes by quarter, "
        f"{len(made.plan.restricted)} restricted; {small.mean():.0%} of the cells of areas count 1 to 4."
    )
    accuracy(made)

    print(f"\n{'attack':<58}{'cells':>8}{'least candidates':>18}{'recovered':>11}")
    hierarchy = [pair for table in made.published for pair in differences_over_places(table)]
    assert all(value == rest for value, rest in hierarchy)
    print(f"{'total less siblings: the published value again':<58}{len(hierarchy):>8}{'':>18}{0:>11}")
    periods = list(differences_over_periods(made.published[:4], made.published[5]))
    assert all(value == rest for value, rest in periods)
    print(f"{'year less three quarters: the published value again':<58}{len(periods):>8}{'':>18}{0:>11}")
    started = time.perf_counter()
    report = audit(
        [AuditedProduct(c, p) for c, p in zip(made.counted, made.published, strict=True)],
        theme_parents=made.plan.theme_parents,
    )
    took = time.perf_counter() - started
    for product in report.products:
        name = f"linear programs, all offsets: {product.product} {product.period} {product.variable}"
        print(f"{name:<58}{product.cells:>8}{product.min_candidates:>18}{product.recovered:>11}")
    inside = sum(product.truth_inside for product in report.products)
    print(
        f"{'all of them jointly':<58}{report.cells:>8}{report.min_candidates:>18}{report.recovered:>11}\n"
        f"passed: {report.passed}; truth inside: {inside} of {report.cells}; claims that settling made false: "
        f"{report.claims_left_out}; {took:.0f} s"
    )

    different, same = witness(made, seed=1, tries=400)
    print(f"\nother truths, same bytes: {same} of {different} changes of one conversation leave the release as it is")
    print(
        "one conversation, all others known: told with certainty at "
        f"{detection(made):.0%} of the offsets (mean); from all conversations alone: {detection(made, columns=1):.0%}"
    )
    for value, counts in ((0, range(5)), (5, range(1, 10))):
        told = ", ".join(
            f"{true}: {chance:.2f}" for true, chance in zip(counts, chances(made, value, counts=counts), strict=True)
        )
        print(f"a published {value} is in truth {told}")

    print(f"\n{'control, which must succeed':<58}{'cells':>8}{'recovered':>11}{'part':>8}")
    passed = report.passed
    for name, least, (cells, found) in (
        ("1 to 4 hidden, one tree", 0.10, recovery(made, crossed=False)),
        ("1 to 4 hidden, and totals of zones that cross", 0.10, recovery(made, crossed=True)),
        ("1 to 4 hidden, people by age and area", 0.10, bands_recovery(made)),
        ("weekly running totals (mentions)", 0.30, weekly_recovery(made)),
    ):
        passed = passed and found / cells >= least
        print(f"{name:<58}{cells:>8}{found:>11}{found / cells:>8.1%}")
    return 0 if passed else 1


if __name__ == "__main__":
    raise SystemExit(main())
