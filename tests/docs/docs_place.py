"""A folder with everything that the commands of the documentation take as given, in small."""

import csv
import io
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from docs_snippets import blocks
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


class _Server(BaseHTTPRequestHandler):
    """An OpenAI-compatible endpoint, and a source of tiles.

    The endpoint says B, or reasons for the candidate that a teacher's prompt names.
    """

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        told = re.search(r"The matching candidate is (\w)", json.dumps(asked["messages"]))
        reply = TRACE.format(told[1]) if told else REPLY
        message = {"role": "assistant", "content": reply}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
        document = {"id": "1", "object": "chat.completion", "created": 0, "model": asked["model"]}
        self._send("application/json", {**document, "choices": [choice], "usage": usage})

    def do_GET(self) -> None:
        if self.path.endswith("/models"):
            self._send("application/json", {"object": "list", "data": []})
            return
        red, green = (sum(map(int, re.findall(r"\d+", self.path))) * n % 256 for n in (7, 13))
        picture = io.BytesIO()
        Image.new("RGB", (256, 256), (red, green, 90)).save(picture, "JPEG")
        self._send("image/jpeg", picture.getvalue())

    def _send(self, kind: str, body: object) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def server() -> Iterator[str]:
    """Yield the address of a server that ends with the block."""
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


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
