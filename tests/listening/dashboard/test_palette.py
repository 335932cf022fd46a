"""The colours of the map, read from the style sheet itself, keep their distance for every form of colour vision."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

import listening.dashboard

CSS = (Path(listening.dashboard.__file__).parent / "static" / "dashboard" / "dashboard.css").read_text()
CLASSES = [re.search(rf"^\.c{number} {{ fill: (#[0-9a-f]{{6}}); }}$", CSS, re.MULTILINE)[1] for number in range(1, 6)]
PAPER = "#ffffff"

# Machado, Oliveira, Fernandes (2009), severity 1.0, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# Ottosson (2020), linear sRGB to OKLab.
TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def oklab(colour: str, vision: np.ndarray) -> np.ndarray:
    value = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return TO_LAB @ np.cbrt(TO_LMS @ np.clip(vision @ linear, 0, 1))


@pytest.mark.parametrize("vision", VISION)
def test_classes_and_paper_are_told_apart(vision):
    seen = {colour: oklab(colour, VISION[vision]) for colour in [*CLASSES, PAPER]}
    closest = min(100 * np.linalg.norm(seen[a] - seen[b]) for a, b in itertools.combinations(seen, 2))
    assert closest >= 6  # the worst pair of cividis and viridis in five classes keeps 6.9


@pytest.mark.parametrize("vision", VISION)
def test_certainty_is_told_apart_and_dark_is_sure(vision):
    sure = re.findall(r"^\.sure-\d { fill: (#[0-9a-f]{6}); }$", CSS, re.MULTILINE)
    assert len(sure) == 3
    seen = [oklab(colour, VISION[vision]) for colour in [PAPER, *sure]]
    assert min(100 * np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) >= 6
    assert min(light[0] - dark[0] for light, dark in itertools.pairwise(seen)) > 0.1


@pytest.mark.parametrize("vision", VISION)
def test_dark_is_more(vision):
    lightness = [oklab(colour, VISION[vision])[0] for colour in CLASSES]
    steps = [light - dark for light, dark in itertools.pairwise(lightness)]
    assert min(steps) > 0.1
