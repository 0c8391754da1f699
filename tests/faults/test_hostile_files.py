"""Files that are not what they seem: named or left out, never run, never read from outside."""

import csv
import io
import os
import pickle
import struct
import zlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from faults import write_csv
from PIL import Image

DEPTH = 200_000


def positioned(lat: float, lon: float) -> Image.Exif:
    exif = Image.Exif()
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (lat, 0.0, 0.0), "E", (lon, 0.0, 0.0)
    return exif


def jpeg(lat: float, size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (10, 200, 30)).save(out, "JPEG", exif=positioned(lat, 5.25))
    return out.getvalue()


def bomb(side: int) -> bytes:
    """A PNG that claims far more pixels than its bytes hold."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(side * 10), 9))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def test_a_folder_of_photos(geor1, tmp_path):
    photos = tmp_path / "photos of a día"
    photos.mkdir()
    whole = jpeg(45.5)
    animated = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    frames[0].save(animated, "GIF", save_all=True, append_images=frames[1:])
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(jpeg(45.9))
    files = {
        b"good one.jpg": whole,
        "ünïcode 東京.jpg".encode(): jpeg(45.6),
        b"one pixel.jpg": jpeg(45.8, (1, 1)),
        b"wide.jpg": jpeg(45.7, (20_000, 20)),
        b"not utf-8 \xff.jpg": jpeg(46.0),
        b"cut.jpg": whole[: len(whole) // 2],
        b"page.jpg": b"<html><body>404</body></html>",
        b"drawing.jpg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"empty.jpg": b"",
        b"moving.gif": animated.getvalue(),
        b"bomb.png": bomb(60_000),
        b"model.pkl": pickle.dumps({"a": 1}),
    }
    for name, content in files.items():
        Path(os.fsdecode(os.fsencode(photos) + b"/" + name)).write_bytes(content)
    (photos / "link.jpg").symlink_to(secret)
    words = ["index", photos, "--kind", "ground", "--check-images", "--on-bad", "drop"]
    done = geor1(*words, "-o", "views.parquet", "--json")
    assert done.returncode == 0, done.stderr
    table = pq.read_table(tmp_path / "views.parquet")
    assert len(table) == 4
    assert sorted(round(lat, 1) for lat in table["lat"].to_pylist()) == [45.5, 45.6, 45.7, 45.8]
    with (tmp_path / "rejected.csv").open(encoding="utf-8", newline="") as stream:
        kinds = {row["file"].rpartition("/")[2]: row["kind"] for row in csv.DictReader(stream)}
    assert kinds["link.jpg"] == "outside-root"
    assert kinds["bomb.png"] == "oversized-image"
    assert {kinds[name] for name in ("page.jpg", "drawing.jpg", "empty.jpg")} == {"non-image"}
    assert kinds["cut.jpg"] == "broken-image"
    assert "file-name-encoding" in kinds.values()


@pytest.mark.parametrize("image", ["../secret.jpg", "{outside}", "a/../../secret.jpg", "C:\\x.jpg"])
def test_image_columns_stay_in_their_root(geor1, tmp_path, image):
    root = tmp_path / "data"
    root.mkdir()
    (tmp_path / "secret.jpg").write_bytes(jpeg(45.0))
    named = image.format(outside=tmp_path / "secret.jpg")
    rows = [("a", "ground", 45.0, 5.0, named)]
    source = write_csv(root / "views.csv", ("view_id", "kind", "lat", "lon", "image"), rows)
    done = geor1("index", source, "-o", "views.parquet", "--check-images", "--json")
    assert done.returncode == 2
    assert "image" in done.stdout
    assert not (tmp_path / "views.parquet").exists()


def test_windows_line_ends_and_a_byte_order_mark(geor1, tmp_path):
    text = "view_id,kind,lat,lon\r\na,ground,45.0,5.0\r\nb,ground,45.1,5.1\r\n"
    (tmp_path / "views.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert geor1("index", "views.csv", "-o", "views.parquet").returncode == 0
    assert pq.read_table(tmp_path / "views.parquet")["view_id"].to_pylist() == ["a", "b"]


def test_ten_thousand_files(geor1, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    pictures = [jpeg(40 + number / 10, (8, 8)) for number in range(100)]
    for number in range(10_000):
        (folder / f"{number:05d}.jpg").write_bytes(pictures[number % 100])
    done = geor1("index", folder, "--kind", "ground", "-o", "views.parquet", "--json")
    assert done.returncode == 0, done.stderr
    assert len(pq.read_table(tmp_path / "views.parquet")) == 10_000


@pytest.mark.parametrize(
    "words",
    [
        ("index", "deep.jsonl", "-o", "views.parquet"),
        ("score", "deep.jsonl", "--benchmark", "imageo-gss"),
        ("eval", "imageo-gss", "--model", "replay:deep.jsonl"),
        ("audit-pairs", "set"),
        ("runs", "show", "run"),
        ("fact-check", "deep.jsonl", "-m", "deep.jsonl"),
        ("reward", "explain", "deep.jsonl"),
        ("train", "sft", "--traces", "traces"),
        ("train", "curves", "run"),
        ("train", "recipes", "recipe.json"),
        ("synth-cot", "--pairs", "set"),
        ("export-pairs", "set", "--to", "trl", "-o", "out"),
        ("study", "set"),
    ],
)
def test_json_that_is_nested_too_deeply(geor1_here, tmp_path, words):
    deep = "[" * DEPTH + "]" * DEPTH
    (tmp_path / "deep.jsonl").write_text(deep + "\n")
    for name in ("set/manifest.json", "run/run.json", "traces/sft/trl/train.jsonl", "recipe.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(deep + "\n")
    done = geor1_here(*words)
    assert done.exit_code == 2, done.stdout
    assert "error: " in done.stderr


YAML = {
    "tag": '!!python/object/apply:os.system ["touch was-run"]\n',
    "deep": "[" * 20_000 + "]" * 20_000,
    "aliases": "a0: &a0 [1]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)),
}


@pytest.mark.parametrize("name", YAML)
@pytest.mark.parametrize(
    "words",
    [
        ("export-pairs", "{pairs}", "--to", "trl", "--prompt", "own.yaml", "-o", "out"),
        ("synth-cot", "--pairs", "{pairs}", "--prompt", "own.yaml"),
        ("synth-cot", "--pairs", "{pairs}", "--question", "own.yaml"),
        ("train", "recipes", "own.yaml"),
        ("eval", "--suite", "own.yaml", "--model", "majority"),
        ("eval", "own", "--family", "own.py", "--model", "majority"),
        ("index", "{pairs}", "--source", "own.yaml", "-o", "views.parquet"),
    ],
    ids=["question", "teacher", "question of synth-cot", "recipe", "suite", "family", "source"],
)
def test_yaml_is_values_alone(geor1_here, world_pairs, tmp_path, words, name):
    (tmp_path / "own.yaml").write_text(YAML[name], encoding="utf-8")
    (tmp_path / "own.py").write_text("raise SystemExit('was run')")
    done = geor1_here(*(word.format(pairs=world_pairs) for word in words))
    assert done.exit_code == 2, done.output
    assert "YAML: " in done.stderr
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize("name", ["views.pkl", "views.pickle", "views.npy"])
def test_pickles_are_no_tables(geor1, tmp_path, name):
    class Bad:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "was-run"),)

    (tmp_path / name).write_bytes(pickle.dumps(Bad()))
    done = geor1("index", name, "-o", "views.parquet")
    assert done.returncode == 2
    assert name in done.stderr
    assert not (tmp_path / "was-run").exists()


def test_code_of_a_data_set_is_not_run(geor1, tmp_path):
    folder = tmp_path / "dataset"
    folder.mkdir()
    mark = tmp_path / "was-run"
    (folder / "dataset.py").write_text(f"import os\nos.mkdir({str(mark)!r})\n")
    (folder / "README.md").write_text("---\nconfigs: []\n---\n")
    done = geor1("index", folder, "--kind", "ground", "-o", "views.parquet")
    assert done.returncode == 2
    assert not mark.exists()


REPLY = '=1+1</script><script>alert("here")</script><img src=x onerror=alert(1)>'


def test_replies_are_text_in_pages_and_sheets(geor1, tmp_path):
    done = geor1("eval", "imageo-gss", "--model", f"constant:{REPLY}", "-o", "run", "--quiet")
    assert done.returncode in (0, 3), done.stderr
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert '<script>alert("here")' not in page
    assert "<img src=x onerror" not in page
    assert geor1("runs", "export", "run", "--to", "csv", "-o", "run.csv").returncode == 0
    with (tmp_path / "run.csv").open(encoding="utf-8", newline="") as stream:
        texts = {row["text"] for row in csv.DictReader(stream)}
    assert texts == {f"'{REPLY}"}


def test_names_of_places_are_text_in_pages(geor1, tmp_path):
    rows = [
        (f"{kind[0]}{i}", kind, 45 + i // 8 * 0.004, 5 + i % 8 * 0.005, REPLY)
        for kind in ("ground", "satellite")
        for i in range(64)
    ]
    source = write_csv(tmp_path / "views.csv", ("view_id", "kind", "lat", "lon", "place"), rows)
    assert geor1("index", source, "-o", "views.parquet").returncode == 0
    done = geor1(
        "build-pairs", "--ground", "views.parquet", "--satellite", "views.parquet", "-o", "pairs"
    )
    assert done.returncode in (0, 1), done.stderr
    for name in ("map.html", "card.md"):
        text = (tmp_path / "pairs" / name).read_text(encoding="utf-8")
        assert '<script>alert("here")' not in text
