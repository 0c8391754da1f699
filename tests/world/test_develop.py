"""From light to file."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from geobench_tools.world import Nuisance, encode
from geobench_tools.world._develop import PADDING_BYTES, develop

PLAIN = Nuisance(noise=0.0, blur=0.0)


def light(value=0.2, size=(64, 128)):
    return np.full((3, *size), value, np.float32)


def test_more_light_is_brighter_and_never_clips_to_nothing():
    levels = [int(develop(light(v), 1.0, PLAIN).mean()) for v in (0.02, 0.1, 0.4, 1.0, 3.0)]
    assert levels == sorted(set(levels))


def test_white_balance_moves_its_channel():
    base = develop(light(), 1.0, PLAIN)[0, 0].astype(int)
    warm = develop(light(), 1.0, replace(PLAIN, gains=(1.1, 1.0, 0.9)))[0, 0].astype(int)
    assert warm[0] > base[0]
    assert warm[1] == base[1]
    assert warm[2] < base[2]


@pytest.mark.parametrize("sigma", [1.0, 3.0])
def test_noise_has_its_deviation(sigma):
    image = develop(light(), 1.0, replace(PLAIN, noise=sigma, seed=8)).astype(float)
    assert image.std() == pytest.approx(sigma, rel=0.2)
    other = develop(light(), 1.0, replace(PLAIN, noise=sigma, seed=9))
    assert (image != other).mean() > 0.5


def test_blur_keeps_the_mean_and_softens():
    field = light()
    field[:, :, 64:] = 0.6
    sharp, soft = (develop(field.copy(), 1.0, replace(PLAIN, blur=b)) for b in (0.0, 0.6))
    assert soft.mean() == pytest.approx(sharp.mean(), abs=0.6)
    assert (
        np.abs(np.diff(soft[:, :, 0].astype(int), axis=1)).max()
        < np.abs(np.diff(sharp[:, :, 0].astype(int), axis=1)).max()
    )


@pytest.mark.parametrize("vendor", [1, 2, 3])
@pytest.mark.parametrize("size", [(28, 56), (56, 112), (256, 512)])
def test_every_vendor_leaves_its_own_mark(vendor, size):
    plain = develop(light(size=size), 1.0, PLAIN)
    marked = develop(light(size=size), 1.0, replace(PLAIN, vendor=vendor))
    changed = (plain != marked).any(axis=2)
    assert 0.001 < changed.mean() < 0.2
    for other in {1, 2, 3} - {vendor}:
        assert (develop(light(size=size), 1.0, replace(PLAIN, vendor=other)) != marked).any()


def test_files_are_baseline_jpegs_of_the_asked_quality():
    image = np.arange(64 * 64 * 3, dtype=np.uint32).reshape(64, 64, 3).astype(np.uint8)
    sizes = []
    for quality in (60, 75, 90):
        data = encode(image, replace(PLAIN, jpeg_quality=quality))
        with Image.open(io.BytesIO(data)) as read:
            assert read.format == "JPEG"
            assert not read.info.get("progressive")
            assert read.size == (64, 64)
        sizes.append(len(data))
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.4, 1.0])
def test_padding_adds_its_bytes_and_no_pixel(share):
    image = np.full((32, 64, 3), 90, np.uint8)
    bare, padded = encode(image, PLAIN), encode(image, replace(PLAIN, padding=share))
    extra = len(padded) - len(bare)
    assert share * PADDING_BYTES <= extra + 1 <= share * PADDING_BYTES + 10
    np.testing.assert_array_equal(*(np.asarray(Image.open(io.BytesIO(d))) for d in (bare, padded)))
