"""Percentiles found faster are the same percentiles."""

import numpy as np
import pytest

from derm_service.imaging.gate import ranks


@pytest.mark.parametrize("size", [1, 2, 3, 40, 1001])
@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("at", [0, 5, 50, 99.5, 100])
def test_they_are_those_of_numpy(size: int, kind: type, at: float) -> None:
    values = np.random.default_rng(size).uniform(0, 255, size).astype(kind)
    before = values.copy()

    assert ranks.percentile(values, at) == pytest.approx(float(np.percentile(values, at)))
    assert np.array_equal(values, before)


def test_the_middle_of_a_picture_of_even_size_lies_between_two_values() -> None:
    assert ranks.median(np.array([[4, 1], [2, 10]], np.uint8)) == 3.0
