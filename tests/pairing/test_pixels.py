import warnings

import numpy as np
import pytest
from PIL import Image

from geobench_tools.pairing import (
    AuditOptions,
    BuildJob,
    PairOptions,
    audit_pairs,
    build_pairs,
    open_pairs,
)
from geobench_tools.pairing._audit import FAMILIES, pixel_features, pixels
from geobench_tools.pairing._audit.pixel_features import NAMES, measure_image, measure_images
from geobench_tools.pairing._pictures import load_picture
from geobench_tools.world import WorldSpec, render_world

OF_TILES = ("pixels-colour", "pixels-sharpness", "pixels-marks", "pixels-thumbnail")
JOINT = ("colour-match", "brightness-match", "sharpness-match", "mark-match", "file-match")
SMALL = {"towns": 12, "views": 144, "width": 128, "height": 64, "tile_px": 64}


def make_pairs(folder, sampler="clique", **spec):
    if not (folder / "world").exists():
        render_world(WorldSpec(**SMALL, **spec), folder / "world")
    tables = (folder / "world" / f"{kind}.parquet" for kind in ("ground", "satellite"))
    options = PairOptions(sampler=sampler, split=(1.0, 0.0, 0.0))
    return build_pairs(BuildJob(*tables, folder / sampler, options))


def audit(pairs, families=(*OF_TILES, *JOINT)):
    report = audit_pairs(pairs, AuditOptions(families=families))
    return {one.name: one for one in report.families}


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean")
    make_pairs(folder)
    return folder


def test_clean_world_is_at_chance(clean):
    found = audit(open_pairs(clean / "clique"))
    assert {found[name].outcome for name in OF_TILES} == {"proven"}
    for name in OF_TILES:
        for estimate in found[name].accuracy.values():
            assert estimate.value == pytest.approx(0.25, abs=1e-9)
    assert {found[name].outcome for name in JOINT} == {"no leak found"}


def test_tile_families_are_measured_where_nothing_is_proven(clean):
    found = audit(make_pairs(clean, sampler="random"), OF_TILES)
    assert {found[name].outcome for name in OF_TILES} == {"no leak found"}


@pytest.mark.parametrize(
    ("leaks", "named"),
    [
        (("tint",), {"colour-match"}),
        (
            ("brightness", "jpeg-quality", "vendor", "file-size"),
            {"brightness-match", "sharpness-match", "mark-match", "file-match"},
        ),
    ],
)
def test_injected_leaks_are_found_and_named(tmp_path, leaks, named):
    found = audit(make_pairs(tmp_path, leaks=dict.fromkeys(leaks, 1.0)))
    leaking = {name for name, one in found.items() if one.outcome == "leak"}
    # A shared exposure also shows in colours, since the curve of the camera is not straight.
    assert named <= leaking <= named | ({"colour-match"} if "brightness" in leaks else set())
    for name in named:
        one = found[name]
        excess = one.accuracy[one.stronger].value - 0.25
        assert excess > one.detectable_corrected[0]


def test_only_some_cliques_are_opened(clean, monkeypatch):
    monkeypatch.setattr(pixels, "MOST_CLIQUES", 20)
    found = audit(open_pairs(clean / "clique"), ("pixels-marks", "mark-match", "position"))
    asked = {name: one.questions for name, one in found.items()}
    assert asked["pixels-marks"] == asked["mark-match"] == 80 < asked["position"]


def test_families_that_open_images_say_so():
    assert {*OF_TILES, *JOINT} == {name for name, one in FAMILIES.items() if one.opens_images}


def picture(seed=0, size=(200, 100)):
    rng = np.random.default_rng(seed)
    base = rng.integers(60, 190, (size[1] // 10, size[0] // 10, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(base).resize(size, Image.Resampling.BICUBIC)).astype(float)


def measured(array):
    values = measure_image(Image.fromarray(np.clip(array, 0, 255).astype(np.uint8)))
    return dict(zip(NAMES, values, strict=True))


@pytest.mark.parametrize(
    ("change", "grows"),
    [
        (lambda a: a * 1.2, ("brightness", "brightest", "contrast")),
        (lambda a: a * [1.15, 1, 1], ("red-green",)),
        (lambda a: a * [1, 1, 1.15], ("blue-green",)),
        (lambda a: a + np.random.default_rng(1).normal(0, 6, a.shape), ("noise", "sharpness")),
    ],
)
def test_features_follow_what_they_are_named_after(change, grows):
    before, after = measured(picture()), measured(change(picture()))
    for name in grows:
        assert after[name] > before[name] + 0.01, name


def test_noise_is_measured_in_grey_levels():
    flat = np.full((128, 128, 1), 120.0) + np.random.default_rng(5).normal(0, 5, (128, 128, 1))
    assert measured(np.repeat(flat, 3, axis=2))["noise"] == pytest.approx(5.0, rel=0.1)


def test_dark_border_and_bright_corner_are_seen_where_they_are():
    image = picture()
    image[-2:] *= 0.4
    image[4:12, 180:196:2] = 250
    found, plain = measured(image), measured(picture())
    assert found["border bottom"] < -0.5 < found["border top"]
    gains = {name: found[name] - plain[name] for name in NAMES if name.startswith("corner")}
    assert max(gains, key=gains.get) == "corner top right"


def test_jpeg_quality_and_blocks_are_seen(tmp_path):
    for name, quality in (("low", 20), ("high", 95)):
        Image.fromarray(picture(size=(320, 320)).astype(np.uint8)).save(
            tmp_path / f"{name}.jpg", quality=quality
        )
    columns = measure_images(tmp_path, ["low.jpg", "high.jpg"])
    assert columns["quality"] == pytest.approx([20, 95], abs=1)
    assert columns["blockiness"][0] > columns["blockiness"][1] + 0.05


def test_files_that_cannot_be_used_are_unknown_and_never_opened_outside(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    Image.fromarray(picture().astype(np.uint8)).save(tmp_path / "outside.png")
    Image.fromarray(picture().astype(np.uint8)).save(root / "good.png")
    (root / "link.png").symlink_to(tmp_path / "outside.png")
    whole = (root / "good.png").read_bytes()
    (root / "cut.png").write_bytes(whole[: len(whole) // 2])
    (root / "text.jpg").write_text("no image")
    paths = ["../outside.png", "link.png", "missing.png", "cut.png", "text.jpg", "", "good.png"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        columns = measure_images(root, paths)
    assert np.isnan(columns["brightness"]).tolist() == [True] * 6 + [False]


def test_too_many_pixels_are_refused(tmp_path, monkeypatch):
    Image.new("RGB", (400, 300)).save(tmp_path / "big.png")
    monkeypatch.setattr("geobench_tools.pairing._pictures.MAX_PIXELS", 100_000)
    assert load_picture(tmp_path, "big.png", 64) is None


def test_large_jpegs_are_decoded_at_a_smaller_scale(tmp_path):
    Image.new("RGB", (1600, 1200)).save(tmp_path / "big.jpg")
    size = load_picture(tmp_path, "big.jpg", 256).size
    assert 256 <= min(size) < 600


def test_a_changed_file_is_measured_again(tmp_path):
    path = tmp_path / "a.png"
    Image.new("RGB", (64, 64), (50, 50, 50)).save(path)
    first = measure_images(tmp_path, ["a.png"])["brightness"][0]
    Image.new("RGB", (72, 64), (200, 200, 200)).save(path)
    second = measure_images(tmp_path, ["a.png"])["brightness"][0]
    assert (round(first), round(second)) == (50, 200)


def test_a_picture_is_measured_once_for_all_lists_that_name_it(tmp_path, monkeypatch):
    for name in "abc":
        Image.new("RGB", (64, 64), (50, 50, 50)).save(tmp_path / f"{name}.png")
    decoded, load = [], pixel_features.load_picture

    def seen(root, path, least_side):
        decoded.append(path)
        return load(root, path, least_side)

    monkeypatch.setattr(pixel_features, "load_picture", seen)
    lists = [["a.png", "b.png"], ["b.png", "c.png"]]
    first, second = (measure_images(tmp_path, paths) for paths in lists)
    assert sorted(decoded) == ["a.png", "b.png", "c.png"]
    assert first["brightness"][1] == second["brightness"][0]


@pytest.mark.parametrize(
    ("size", "seen"),
    [((24, 24), False), ((39, 39), False), ((64, 32), False), ((40, 40), True), ((80, 40), True)],
)
def test_corners_are_compared_where_there_is_room(size, seen):
    noise = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    values = dict(zip(NAMES, measure_image(Image.fromarray(noise)), strict=True))
    marks = [value for name, value in values.items() if name.startswith(("corner", "edges"))]
    assert len(marks) == 8
    assert all(np.isnan(marks)) is not seen
