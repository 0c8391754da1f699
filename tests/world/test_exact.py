import math

import numpy as np
import pytest

from geobench_tools.world._exact import (
    Dice,
    azimuth_deg,
    fractal_texture,
    grain_texture,
    leaf_texture,
    ragged,
    sincos,
    smooth_noise,
)


def test_sine_and_cosine_agree_with_the_library():
    angle = np.linspace(-800, 800, 20_001)
    sine, cosine = sincos(angle)
    np.testing.assert_allclose(sine, np.sin(np.radians(angle)), atol=1e-14)
    np.testing.assert_allclose(cosine, np.cos(np.radians(angle)), atol=1e-14)


@pytest.mark.parametrize("degrees", [0, 30, 45, 90, 135, 180, 200, 270, 315, 359.9])
def test_azimuth_turns_clockwise_from_north(degrees):
    east, north = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    assert float(azimuth_deg(east * 7, north * 7)) == pytest.approx(degrees, abs=1e-9)


def test_azimuth_of_nothing_is_zero():
    assert float(azimuth_deg(0.0, 0.0)) == 0.0


def test_single_draws_equal_array_draws():
    dice = Dice(7, -3).child("part", 2)
    index = np.arange(-5, 5)
    assert [dice.one("x", int(i), 4) for i in index] == dice("x", index, 4).tolist()
    assert dice.one("x", 1) != dice.one("y", 1)
    assert 2.0 <= dice.between("z", 2.0, 3.0) < 3.0


def test_draws_are_uniform():
    draws = Dice(1)("trees", np.arange(40_000))
    assert np.histogram(draws, 10, (0, 1))[0].min() > 3_800


def test_noise_is_smooth_and_independent_of_grouping():
    dice = Dice(3)
    x = np.linspace(-4, 4, 801)
    whole = smooth_noise(dice, "n", x, 0.3 * x)
    assert np.abs(np.diff(whole)).max() < 0.05
    parts = [
        smooth_noise(dice, "n", x[k : k + 100], 0.3 * x[k : k + 100]) for k in range(0, 801, 100)
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_ragged_groups():
    owner, place = ragged(np.array([2, 0, 3]))
    assert owner.tolist() == [0, 0, 2, 2, 2]
    assert place.tolist() == [0, 1, 0, 1, 2]
    assert len(ragged(np.zeros(0, int))[0]) == 0


@pytest.mark.parametrize("texture", [fractal_texture, grain_texture, leaf_texture])
def test_textures_use_the_range_and_repeat(texture):
    field = texture().astype(int)
    assert (field.min(), field.max()) == (0, 255)
    if texture is not grain_texture:
        seam = np.abs(field[:, 0] - field[:, -1]).mean()
        assert seam < 2 * np.abs(np.diff(field, axis=1)).mean()
