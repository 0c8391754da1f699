"""A folder of photos that carry their position in EXIF."""

import csv
import json
import os
import random
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from geobench_tools.errors import InputError
from geobench_tools.geo import haversine_m
from geobench_tools.views._exif import USER_RANGE_ERROR_M
from geobench_tools.views._options import ReadOptions
from geobench_tools.views._photos import read_photos

NORTH_EAST = {1: "N", 2: (52.0, 31.0, 8.1), 3: "E", 4: (13.0, 24.0, 1.06)}


def photo(path: Path, gps=NORTH_EAST, detail=None, tags=None, size=(8, 6), **save):
    """Write a real image with the given EXIF directories."""
    exif = Image.Exif()
    for tag, value in (tags or {}).items():
        exif[tag] = value
    for pointer, values in ((0x8825, gps), (0x8769, detail)):
        if values:
            exif.get_ifd(pointer).update(values)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, "grey").save(path, exif=exif.tobytes(), **save)
    return path


def read_one(tmp_path: Path, **changes):
    photo(tmp_path / "a.jpg", **changes)
    raw = read_photos(tmp_path, ReadOptions())
    assert raw.problems == ()
    [row] = raw.table.to_pylist()
    assert None not in row.values()
    return defaultdict(lambda: None, row), raw.notes


def read_problem(tmp_path: Path, **changes):
    photo(tmp_path / "a.jpg", **changes)
    raw = read_photos(tmp_path, ReadOptions())
    assert raw.table.num_rows == 0
    [problem] = raw.problems
    assert problem.file == str(tmp_path / "a.jpg")
    assert problem.remedy
    return problem


@pytest.mark.parametrize(("north", "lat"), [("N", 52.51891667), ("S", -52.51891667)])
@pytest.mark.parametrize(("east", "lon"), [("E", 13.40029444), ("W", -13.40029444)])
def test_references_give_the_sign(tmp_path, north, lat, east, lon):
    row, notes = read_one(tmp_path, gps=NORTH_EAST | {1: north, 3: east})
    assert (row["lat"], row["lon"]) == pytest.approx((lat, lon))
    assert row["view_id"] == row["image"] == "a.jpg"
    assert (row["width"], row["height"]) == (8, 6)
    assert row["bytes"] == (tmp_path / "a.jpg").stat().st_size
    assert notes == {}


@pytest.mark.parametrize(
    ("value", "lat"),
    [
        ((52.5, 0.0, 0.0), 52.5),
        ((52.0, 30.0), 52.5),
        ((52.0, 30.5, 0.0), 52.508333333),
        (52.5, 52.5),
        ((0.0, 0.0, 36.0), 0.01),
        ((89.0, 59.0, 60.0), 90.0),
    ],
)
def test_degrees_minutes_seconds_in_any_cut(tmp_path, value, lat):
    row, _ = read_one(tmp_path, gps=NORTH_EAST | {2: value})
    assert row["lat"] == pytest.approx(lat, abs=1e-6)


@pytest.mark.parametrize(
    ("gps", "kind", "column"),
    [
        ({}, "no-position", "lat"),
        ({1: "N", 2: (52.0, 31.0, 8.1)}, "no-position", "lon"),
        ({2: (52.0, 31.0, 8.1), 3: "E", 4: (13.0, 24.0, 1.0)}, "no-position-reference", "lat"),
        (NORTH_EAST | {3: "N"}, "no-position-reference", "lon"),
        (NORTH_EAST | {1: ""}, "no-position-reference", "lat"),
        (NORTH_EAST | {2: (52.0, 61.0, 0.0)}, "unreadable-position", "lat"),
        (NORTH_EAST | {18: "TOKYO"}, "other-datum", "lat"),
        (
            NORTH_EAST | {4: (IFDRational(13, 0), IFDRational(24, 1), IFDRational(0, 0))},
            "unreadable-position",
            "lon",
        ),
    ],
)
def test_unusable_positions_are_named(tmp_path, gps, kind, column):
    problem = read_problem(tmp_path, gps=gps)
    assert (problem.kind, problem.column) == (kind, column)


def test_zero_denominator_is_shown_as_it_is(tmp_path):
    value = (IFDRational(52, 1), IFDRational(31, 1), IFDRational(0, 0))
    assert read_problem(tmp_path, gps=NORTH_EAST | {2: value}).value == "52, 31, 0/0"


def test_photo_without_exif_and_file_that_is_no_image(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.png")
    (tmp_path / "fake.jpg").write_bytes(b"no image at all")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("lat,lon\n")
    (tmp_path / "track.gpx").write_text("<gpx/>")
    (tmp_path / "phone.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    (tmp_path / ".hidden.jpg").write_bytes(b"x")
    raw = read_photos(tmp_path, ReadOptions())
    found = {Path(p.file).name: p.kind for p in raw.problems}
    assert found == {
        "plain.png": "no-position",
        "fake.jpg": "non-image",
        "empty.jpg": "non-image",
        "phone.HEIC": "unsupported-image",
    }
    assert raw.notes == {"files that are no images": 2, "hidden files left out": 1}


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif", "a", "a.data"])
def test_formats_are_known_by_content(tmp_path, name):
    kind = {"a.png": "PNG", "a.webp": "WEBP", "a.tif": "TIFF"}.get(name, "JPEG")
    photo(tmp_path / name, format=kind)
    raw = read_photos(tmp_path, ReadOptions())
    assert raw.problems == ()
    assert raw.table["lat"].to_pylist() == [pytest.approx(52.51891667)]


@pytest.mark.parametrize(
    ("gps", "detail", "expected"),
    [
        ({}, {0x9003: "2018:06:08 13:24:10"}, "2018:06:08 13:24:10"),
        (
            {},
            {0x9003: "2018:06:08 13:24:10", 0x9011: "-07:00"},
            "2018:06:08 13:24:10-07:00",
        ),
        (
            {},
            {0x9003: "2018:06:08 13:24:10", 0x9011: "-07:00", 0x9291: "047 "},
            "2018:06:08 13:24:10.047-07:00",
        ),
        (
            {7: (20.0, 24.0, 10.5), 29: "2018:06:08"},
            {0x9003: "2018:06:08 13:24:10"},
            "2018-06-08T20:24:10.500000+00:00",
        ),
        (
            {7: (20.0, 24.0, 10.0), 29: "2018:06:08"},
            {0x9003: "2018:06:08 13:24:10", 0x9011: "-07:00"},
            "2018:06:08 13:24:10-07:00",
        ),
        ({7: (20.0, 24.0, 10.0)}, {}, None),
        ({7: (20.0, 24.0, 10.0), 29: "2018:13:08"}, {}, None),
        ({}, {0x9004: "2018:06:08 13:24:10", 0x9012: "+02:00"}, "2018:06:08 13:24:10+02:00"),
        ({}, {0x9003: "    :  :     :  :  "}, None),
        ({}, {0x9003: "0000:00:00 00:00:00"}, None),
        ({}, {0x9003: "8 June 2018"}, "8 June 2018"),
    ],
)
def test_time_of_capture(tmp_path, gps, detail, expected):
    row, _ = read_one(tmp_path, gps=NORTH_EAST | gps, detail=detail)
    assert row["captured_at"] == expected


@pytest.mark.parametrize(
    ("gps", "heading", "note"),
    [
        ({16: "T", 17: 271.25}, 271.25, None),
        ({16: "M", 17: 10.0}, 10.0, "headings relative to magnetic north, kept as they are"),
        ({17: 360.0}, 0.0, "headings that do not say which north they mean"),
        ({16: "T", 17: IFDRational(1, 0)}, None, None),
        ({14: "T", 15: 90.0}, None, None),
    ],
)
def test_heading_and_its_reference(tmp_path, gps, heading, note):
    row, notes = read_one(tmp_path, gps=NORTH_EAST | gps)
    assert row["heading_deg"] == heading
    assert notes == ({note: 1} if note else {})


@pytest.mark.parametrize(
    ("gps", "error"),
    [
        ({11: 1.8}, 1.8 * USER_RANGE_ERROR_M),
        ({11: 1.8, 31: 3.2}, 3.2),
        ({11: 0.0}, None),
        ({}, None),
    ],
)
def test_gps_error(tmp_path, gps, error):
    row, _ = read_one(tmp_path, gps=NORTH_EAST | gps)
    assert row["gps_error_m"] == (None if error is None else pytest.approx(error))


def test_focal_length_orientation_and_void_positions(tmp_path):
    row, notes = read_one(
        tmp_path,
        gps=NORTH_EAST | {9: "V"},
        detail={0xA405: 24},
        tags={0x0112: 6},
        size=(20, 10),
    )
    assert row["focal_35mm"] == 24.0
    assert (row["width"], row["height"]) == (20, 10)
    assert notes == {
        "positions that the receiver marked as void": 1,
        "images to be turned by EXIF Orientation; sizes are as stored": 1,
    }


DRONE = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description '
    'drone-dji:RelativeAltitude="+49.60" drone-dji:GimbalYawDegree="-58.30" {more}>'
    "<drone-dji:GimbalPitchDegree>-89.90</drone-dji:GimbalPitchDegree>"
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def test_drone_tags_in_xmp(tmp_path):
    row, _ = read_one(tmp_path, xmp=DRONE.format(more="").encode())
    assert row["altitude_m"] == 49.6
    assert row["pitch_deg"] == -89.9
    assert row["heading_deg"] == pytest.approx(301.7)


def test_xmp_entities_are_never_expanded(tmp_path):
    bomb = '<!DOCTYPE r [<!ENTITY a "9"><!ENTITY b "&a;&a;&a;&a;">]>' + DRONE.format(
        more='GPano:PoseHeadingDegrees="&b;"'
    ).replace('"-58.30"', '"&b;"')
    row, _ = read_one(tmp_path, xmp=bomb.encode())
    assert row["heading_deg"] is None
    assert row["altitude_m"] == 49.6


def test_panorama_heading(tmp_path):
    row, _ = read_one(tmp_path, xmp=b'<r GPano:PoseHeadingDegrees="350.0"/>')
    assert row["heading_deg"] == 350.0


def test_mapillary_description(tmp_path):
    description = {
        "MAPCompassHeading": {"TrueHeading": 54.7, "MagneticHeading": 321.5},
        "MAPGPSAccuracyMeters": "4.5",
        "MAPCaptureTime": "2014_05_26_12_56_02_384",
    }
    row, notes = read_one(
        tmp_path, gps=NORTH_EAST | {11: 4.5}, tags={0x010E: json.dumps(description)}
    )
    assert row["heading_deg"] == 54.7
    assert row["gps_error_m"] == 4.5
    assert datetime.fromisoformat(row["captured_at"]).isoformat() == (
        "2014-05-26T12:56:02.384000+00:00"
    )
    assert notes == {"headings of the Mapillary app": 1}


@pytest.mark.parametrize("text", ['{"MAP', '{"MAPx": 1}', '{"MAPCompassHeading": 3}', "{}"])
def test_odd_descriptions_are_ignored(tmp_path, text):
    row, _ = read_one(tmp_path, tags={0x010E: text})
    assert row["heading_deg"] is None


def test_order_does_not_depend_on_the_disk(tmp_path):
    names = ["b/2.jpg", "a.jpg", "b/10.jpg", "B.jpg", "b.jpg", "c/d/e.jpg"]
    for name in names:
        photo(tmp_path / name)
    raw = read_photos(tmp_path, ReadOptions())
    assert raw.table["view_id"].to_pylist() == sorted(names)
    assert raw.files == [str(tmp_path / name) for name in sorted(names)]
    assert raw.image_root == tmp_path


def test_links_stay_inside(tmp_path):
    folder = tmp_path / "photos"
    inside = photo(folder / "own" / "a.jpg")
    outside = photo(tmp_path / "secret" / "b.jpg")
    (folder / "to_outside.jpg").symlink_to(outside)
    (folder / "outside").symlink_to(outside.parent)
    (folder / "to_inside.jpg").symlink_to(inside)
    (folder / "inside").symlink_to(inside.parent)
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere.jpg").symlink_to(folder / "gone.jpg")
    os.mkfifo(folder / "pipe.jpg")
    raw = read_photos(folder, ReadOptions())
    assert raw.table["view_id"].to_pylist() == ["own/a.jpg", "to_inside.jpg"]
    assert {(Path(p.file).name, p.kind) for p in raw.problems} == {
        ("to_outside.jpg", "outside-root"),
        ("outside", "outside-root"),
        ("nowhere.jpg", "missing-image"),
    }
    assert raw.notes == {
        "linked folders read at their own place": 2,
        "special files left out": 1,
    }


def test_names_that_are_not_utf8_are_named(tmp_path):
    raw_name = os.fsencode(tmp_path) + b"/stra\xdfe.jpg"
    made = photo(tmp_path / "ok.jpg")
    with open(raw_name, "wb") as stream:
        stream.write(made.read_bytes())
    photo(tmp_path / "straße.jpg")
    raw = read_photos(tmp_path, ReadOptions())
    assert raw.table["view_id"].to_pylist() == ["ok.jpg", "straße.jpg"]
    [problem] = raw.problems
    assert problem.kind == "file-name-encoding"
    assert problem.file.endswith(r"stra\xdfe.jpg")
    problem.file.encode()


def test_oversized_images_are_refused_from_the_header(tmp_path):
    photo(tmp_path / "big.jpg", size=(40, 30))
    photo(tmp_path / "huge.jpg", size=(90, 90))
    photo(tmp_path / "small.jpg", size=(4, 4))
    raw = read_photos(tmp_path, ReadOptions(max_image_pixels=1000))
    assert raw.table["view_id"].to_pylist() == ["small.jpg"]
    assert {p.kind for p in raw.problems} == {"oversized-image"}
    assert raw.problems[0].value == "40 x 30 pixels"


def test_more_pixels_than_pillow_allows_by_itself(tmp_path, monkeypatch):
    photo(tmp_path / "a.jpg", size=(40, 30))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    raw = read_photos(tmp_path, ReadOptions(max_image_pixels=2000))
    assert raw.problems == ()
    assert Image.MAX_IMAGE_PIXELS == 100


@pytest.mark.parametrize("seed", range(12))
def test_damaged_files_never_stop_the_folder(tmp_path, seed):
    draw = random.Random(seed)
    whole = photo(
        tmp_path / "whole.jpg",
        gps=NORTH_EAST | {7: (20.0, 24.0, 10.0), 11: 1.2, 16: "T", 17: 3.0, 29: "2018:06:08"},
        detail={0x9003: "2018:06:08 13:24:10", 0xA405: 24},
        tags={0x010E: "text", 0x0112: 1},
        xmp=DRONE.format(more="").encode(),
    ).read_bytes()
    for i in range(25):
        damaged = bytearray(whole)
        for _ in range(draw.choice([1, 3, 20])):
            damaged[draw.randrange(4, 600)] = draw.randrange(256)
        if draw.random() < 0.2:
            damaged = damaged[: draw.randrange(len(damaged))]
        (tmp_path / f"{i:02}.jpg").write_bytes(bytes(damaged))
    raw = read_photos(tmp_path, ReadOptions())
    assert raw.table.num_rows + len(raw.problems) == 26


def test_missing_and_empty_folders(tmp_path):
    with pytest.raises(InputError, match="not a folder"):
        read_photos(tmp_path / "none", ReadOptions())
    with pytest.raises(InputError, match="holds no files"):
        read_photos(tmp_path, ReadOptions())


def test_real_photos_agree_with_their_table(shared_data: Path):
    folder = shared_data / "views"
    raw = read_photos(folder, ReadOptions())
    rows = {row["view_id"]: row for row in raw.table.to_pylist()}
    with (folder / "metadata.csv").open() as stream:
        expected = {r["file"]: r for r in csv.DictReader(stream)}
    assert set(expected) - set(rows) == {"overhead-us/nadir_OSBS_029.tif"}
    assert set(rows) <= set(expected)
    for name, row in rows.items():
        known = expected[name]
        metres = haversine_m(row["lat"], row["lon"], float(known["lat"]), float(known["lon"]))
        assert metres < 0.02
        assert (row["width"], row["height"]) == (int(known["width"]), int(known["height"]))
        if known["f35mm"]:
            assert row["focal_35mm"] == float(known["f35mm"])
        if known["time"]:
            assert row["captured_at"].startswith(known["time"])
        if name.startswith("berlin-de"):
            assert row["heading_deg"] == pytest.approx(float(known["yaw_deg"]))
    assert [p.kind for p in raw.problems] == ["no-position"]
    assert "GeoTIFFs" in raw.problems[0].remedy
    assert raw.notes["files that are no images"] == 4
