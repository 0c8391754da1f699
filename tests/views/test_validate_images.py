"""Images that are missing, broken or too large, and what good ones tell."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geobench_tools.views import IndexResult, ReadOptions, index_views
from geobench_tools.views._images import check_images

GOOD = ["good/0.jpg", "good/1.png", "good/2.webp", "good/3.tif"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "images"
    (root / "good").mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    for name in GOOD:
        Image.fromarray(noise).save(root / name)
    whole = (root / "good/0.jpg").read_bytes()
    (root / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    png = (root / "good/1.png").read_bytes()
    (root / "cut.png").write_bytes(png[: len(png) // 2])
    (root / "empty.jpg").write_bytes(b"")
    (root / "page.jpg").write_text("<html>429 Too Many Requests</html>")
    Image.new("L", (500, 500)).save(root / "large.png")
    (tmp_path / "secret.jpg").write_bytes(whole)
    (root / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (root / "loop.jpg").symlink_to(root / "loop.jpg")
    return root


def index(folder: Path, images: list[str], **options: object) -> IndexResult:
    table = folder.parent / "views.csv"
    names = [*GOOD, *images]
    lines = [f"v{i},{50 + i / 100},{10 + i / 100},{name}" for i, name in enumerate(names)]
    table.write_text("\n".join(["id,lat,lon,image", *lines]) + "\n")
    settings = {"kind": "ground", "image_root": folder, "check_images": True, **options}
    return index_views([table], ReadOptions(**settings))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        ("gone.jpg", "missing-image"),
        ("good", "missing-image"),
        ("n" * 300, "missing-image"),
        ("empty.jpg", "empty-image"),
        ("cut.jpg", "truncated-image"),
        ("cut.png", "truncated-image"),
        ("page.jpg", "non-image"),
        ("large.png", "oversized-image"),
        ("link.jpg", "outside-root"),
        ("good/../../secret.jpg", "outside-root"),
        ("https://example.org/a.jpg", "outside-root"),
        ("C:/a.jpg", "outside-root"),
        ("/etc/passwd", "outside-root"),
        ("loop.jpg", "missing-image"),
        ("", "missing-value"),
    ],
)
def test_a_bad_image_is_named(image: str, kind: str, folder: Path) -> None:
    result = index(folder, [image], max_image_pixels=100_000)
    assert not result.faults
    [problem] = result.problems
    table = str(folder.parent / "views.csv")
    assert (problem.kind, problem.file, problem.row) == (kind, table, 6)
    assert problem.column == "image"
    assert problem.value == (image if len(image) < 60 else f"{image[:59]}…")
    assert problem.remedy
    dropped = index(folder, [image], max_image_pixels=100_000, on_bad="drop")
    assert dropped.counts["accepted"] == len(GOOD)


def test_good_images_tell_their_size(folder: Path) -> None:
    result = index(folder, [])
    assert result.views is not None
    assert result.views.image_root == folder
    for row in result.views.table.to_pylist():
        assert (row["width"], row["height"]) == (60, 40)
        assert row["bytes"] == (folder / row["image"]).stat().st_size


def test_stated_sizes_give_way_to_the_file(tmp_path: Path) -> None:
    Image.new("RGB", (32, 16)).save(tmp_path / "a.png")
    table = tmp_path / "views.csv"
    table.write_text("id,lat,lon,image,width,height\na,1.5,52,a.png,64,16\n")
    result = index_views([table], ReadOptions(kind="ground", check_images=True))
    assert result.views is not None
    assert result.views.table["width"].to_pylist() == [32]
    assert result.sources[0].notes == {"width of images not as stated; taken from the file": 1}


def test_a_wrong_root_is_said_once(folder: Path) -> None:
    result = index(folder, [], image_root=folder.parent)
    assert [fault.kind for fault in result.faults] == ["missing-image"]
    assert "all 4 rows" in result.faults[0].message
    assert not result.problems


def test_absolute_paths_inside_the_root_become_relative(folder: Path) -> None:
    table = folder.parent / "views.csv"
    table.write_text(f"id,lat,lon,image\na,1,52,{folder}/good/0.jpg\nb,1,53,good\\1.png\n")
    options = ReadOptions(kind="ground", image_root=folder, check_images=True)
    result = index_views([table], options)
    assert result.views is not None
    assert result.views.table["image"].to_pylist() == ["good/0.jpg", "good/1.png"]
    assert result.sources[0].notes == {"absolute image paths made relative to the image root": 1}


def test_an_image_used_often_is_opened_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def counting(images: list[str], *rest: object) -> object:
        seen.extend(images)
        return check_images(images, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("geobench_tools.views._validate.check_images", counting)
    assert index(folder, ["good/0.jpg", "good/0.jpg"]).error is None
    assert sorted(seen) == GOOD


def test_the_pixel_limit_of_pillow_is_left_as_it_was(folder: Path) -> None:
    before = Image.MAX_IMAGE_PIXELS
    [facts] = check_images(["large.png"], folder, 1000)
    assert facts.kind == "oversized-image"
    assert before == Image.MAX_IMAGE_PIXELS
