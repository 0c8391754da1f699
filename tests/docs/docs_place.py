"""A folder with everything that the commands of the documentation take as given, in small."""

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from docs_snippets import blocks
from openai_server import Seen
from PIL import Image
from typer.testing import CliRunner

from geobench_tools.cli import app
from geobench_tools.geo import tile_of

ROOT = Path(__file__).resolve().parents[2]

REPLY = "<think>A square with a fountain.</think><answer>B</answer>"
TRACE = """<think>
Visual cues: The photo shows a wide street between houses and a few trees.
Cross-view evidence: Candidate {0} has such a street at its centre; the others do not.
Geographic knowledge: The houses and trees look like those of a town.
Conclusion: Candidate {0} shows the place.
</think>
<answer>{0}</answer>"""

POSITIONS = [
    (52.50 + row * 0.0024, 13.30 + column * 0.0039) for row in range(6) for column in range(6)
]
"""Where the photos are: on a grid of some 260 m."""


def geor1(*words: object, codes: tuple[int, ...] = (0,)) -> str:
    """Run a command in this process and return what it printed on stdout."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exit_code == 1 and done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code in codes, f"geor1 {' '.join(map(str, words))}\n{done.output}"
    return done.stdout


def answer(seen: Seen) -> str:
    """Say B, or reason for the candidate that a teacher's prompt names."""
    told = re.search(r"The matching candidate is (\w)", json.dumps(seen.body["messages"]))
    return TRACE.format(told[1]) if told else REPLY


def _degrees(value: float) -> tuple[float, float, float]:
    minutes = abs(value) % 1 * 60
    return (float(int(abs(value))), float(int(minutes)), round(minutes % 1 * 60, 4))


def photo(path: Path, lat: float, lon: float) -> None:
    """Write a photo with position and time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", (64, 32), (90, 120, int(lat * 1e4) % 200))
    exif = picture.getexif()
    exif.get_ifd(0x8825).update({1: "N", 2: _degrees(lat), 3: "E", 4: _degrees(lon)})
    exif.get_ifd(0x8769).update({0x9003: "2024:05:01 12:00:00", 0x9011: "+02:00"})
    picture.save(path, exif=exif)


def table(path: Path, header: str, rows: list[tuple[object, ...]], delimiter: str = ",") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, delimiter=delimiter).writerows([header.split(","), *rows])


def lines(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def world(folder: Path) -> None:
    """Render a world and build ``pairs`` with questions in every split."""
    geor1("world", "render", "-o", folder / "world", "--towns", 4, "--views", 160,
          "--size", "64x32", "--tile-size", 32, "--workers", 1)  # fmt: skip
    geor1("build-pairs", "--ground", folder / "world/ground.parquet",
          "--satellite", folder / "world/satellite.parquet", "-o", folder / "pairs",
          "--audit", "certificate", "--split", "40/20/40")  # fmt: skip


def photos(folder: Path) -> None:
    """Write ``photos/``: 36 of them, some 260 m apart."""
    for number, (lat, lon) in enumerate(POSITIONS):
        photo(folder / f"photos/p{number:02}.jpg", lat, lon)


def imageo(folder: Path) -> None:
    """Write ``imageo/`` in the authors' layout, and replies on it."""
    rows = [
        ("a", 48.8566, 2.3522, "Paris", "Ile-de-France", "France"),
        ("b", 52.5200, 13.4050, "Berlin", "Berlin", "Germany"),
        ("c", 41.9028, 12.4964, "Rome", "Lazio", "Italy"),
    ]
    header = "image_id,latitude,longitude,city,state,country"
    for number in (1, 3):
        table(folder / f"imageo/dataset{number}_info.csv", header, rows)
    for name, *_ in rows:
        photo(folder / f"imageo/{name}.jpg", 10, 10)
    table(folder / "mp16/test.csv", "IMG_ID,LAT,LON,city,country",
          [(f"{n}.jpg", la, lo, city, land) for n, la, lo, city, _, land in rows])  # fmt: skip
    for name, *_ in rows:
        photo(folder / f"mp16/{name}.jpg", 10, 10)
    texts = [json.dumps({"reverse_geocoding": {"city": r[3], "country": r[5]}}) for r in rows]
    replies = [{"sample_id": r[0], "text": t} for r, t in zip(rows, texts, strict=True)]
    lines(folder / "replies.jsonl", replies)
    lines(folder / "base.jsonl", replies[:2])
    text = '[data]\npairing = "pairs"\n\n[models.mine]\nmodel = "constant:B"\n'
    (folder / "settings.toml").write_text(text, encoding="utf-8")


def _a_benchmark(folder: Path) -> None:
    for block in blocks():
        kind = {"python": "py", "yaml": "yaml"}.get(block.language)
        if kind and block.page == "how-to/add-a-benchmark.md":
            (folder / f"flags.{kind}").write_text(block.text, encoding="utf-8")
    for run, reply in (("A", "red"), ("B", "blue")):
        geor1("eval", "flag-colours", "--family", "flags.py", "--model", f"constant:{reply}",
              "-o", f"runs/{run}")  # fmt: skip


def _evaluate(_: Path) -> None:
    score = ("score", "base.jsonl", "--benchmark", "imageo-gss", "--data", "imageo/")
    geor1(*score, "-o", "runs/base", codes=(0, 3))
    for shard in (1, 2):
        geor1("eval", "imageo-gss", "--model", "majority", "--shard", f"{shard}/2",
              "-o", f"runs/shard-{shard}")  # fmt: skip


def _views(_: Path) -> None:
    geor1("index", "photos/", "--kind", "ground", "-o", "views.parquet")
    shutil.copy("views.parquet", "more-views.parquet")


def _tables(folder: Path) -> None:
    names = [f"p{i:02}" for i in range(len(POSITIONS))]
    rows = [
        (n, lat, lon, f"photos/{n}.jpg") for n, (lat, lon) in zip(names, POSITIONS, strict=True)
    ]
    table(folder / "photos.csv", "id,lat,lon,image", rows)
    table(folder / "a.csv", "id,breite,laenge,lat,lon,captured_at,sequence",
          [(n, la, lo, la, lo, "2024-05-01T12:00:00Z", "photos") for n, la, lo, _ in rows],
          )  # fmt: skip
    lines(
        folder / "a.jsonl", [{"id": n, "location": {"lat": la}, "lon": lo} for n, la, lo, _ in rows]
    )
    table(folder / "export.csv", "id,lat,lon",
          [(n, str(la).replace(".", ","), str(lo).replace(".", ",")) for n, la, lo, _ in rows],
          ";")  # fmt: skip
    _tiles(folder)


def _tiles(folder: Path) -> None:
    for lat, lon in POSITIONS:
        x, y = (int(one) for one in tile_of(lat, lon, 18))
        photo(folder / f"tiles/18/{x}/{y}.jpg", lat, lon)


def _prompt(folder: Path) -> None:
    shutil.copy(ROOT / "manifests/prompts/pairing.yaml", folder / "mine.yaml")


def _train(_: Path) -> None:
    geor1("index", "world/ground.parquet", "-o", "photos.parquet")
    geor1("index", "world/satellite.parquet", "-o", "tiles.parquet")


def _traces(folder: Path) -> None:
    _views(folder)
    _tables(folder)
    shutil.copy("photos.csv", "views.csv")
    geor1("synth-cot", "--pairs", "pairs", "--teacher", "template", "-o", "traces")
    text = "<think>This is Germany, not France.</think><answer>A</answer>"
    lines(folder / "traces.jsonl", [{"view_id": "p00.jpg", "text": text}])


def _first_hour(folder: Path) -> None:
    (folder / "demo").mkdir()
    (folder / "demo/world").symlink_to(folder / "world")
    for name, reply in (("sft", "A"), ("grpo", "B")):
        geor1("eval", "pairing", "--data", "pairs", "--model", f"constant:{reply}",
              "-o", f"demo/runs/pairing-{name}")  # fmt: skip


def _rewards(folder: Path) -> None:
    lines(folder / "replies.jsonl", [{"completion": REPLY, "solution": "B", "tokens": 12}])


PREPARE: dict[str, Callable[[Path], None]] = {
    "README.md": _tiles,
    "first-hour.md": _first_hour,
    "how-to/add-a-benchmark.md": _a_benchmark,
    "how-to/evaluate.md": _evaluate,
    "how-to/export-pairs.md": _prompt,
    "how-to/fetch-tiles.md": _views,
    "how-to/index-views.md": _tables,
    "how-to/train.md": _train,
    "reference/fact-check.md": _traces,
    "reference/rewards.md": _rewards,
}
"""What one page alone takes as given, made in the working folder."""
