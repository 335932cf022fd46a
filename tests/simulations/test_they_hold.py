"""With a tenth of the repetitions the figures lie near their bands, and the page tells the same bands."""

import numpy as np
import pytest

from tests.docs.pages import page
from tests.simulations import city
from tests.simulations.expected import EXPECTED
from tests.simulations.run import run

# Of few repetitions: a third of the width of the band at each end.
SLACK = 1 / 3


@pytest.fixture(scope="module")
def figures():
    return dict(run(0.1))


def test_every_figure_has_a_band(figures):
    assert list(figures) == list(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_with_few_repetitions(figures, name):
    assert EXPECTED[name].holds(figures[name], slack=SLACK), figures[name]


def test_the_page_tells_these_bands_and_figures_within():
    rows = page("docs/explanation/need-map-statistics.md").table("What the simulations find", "figure")
    assert [row[0] for row in rows] == list(EXPECTED)
    for name, found, band in rows:
        assert band == str(EXPECTED[name]), name
        assert EXPECTED[name].holds(float(found)), name


def test_the_invented_city_is_as_sparse_as_a_real_one():
    rng = np.random.default_rng(4)
    held = np.array(
        [rng.multinomial(city.CONVERSATIONS, city.effort(rng, city.population(rng))) for _ in range(200)]
    )  # fmt: skip
    assert np.median(held, axis=1).mean() == pytest.approx(19, abs=3)
    assert (held <= 1).mean() == pytest.approx(0.10, abs=0.05)
    heard = city.listen(rng, held[0], city.true_shares(rng))
    assert (heard.mentions < 5).mean() == pytest.approx(2 / 3, abs=0.1)
    assert pytest.approx(2.2) == city.THEMES.sum()
