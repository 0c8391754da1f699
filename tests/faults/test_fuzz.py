"""Random input: every reader says what is wrong, and none raises anything else."""

import json
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geobench_tools.errors import InputError
from geobench_tools.geo import find_coordinates, read_coordinates
from geobench_tools.provenance import FORMAT, read_manifest
from geobench_tools.reasoning import TraceFacts, check_trace
from geobench_tools.safeyaml import parse_yaml
from geobench_tools.training.rewards import PRESETS, RewardSpec, score
from geobench_tools.views import ReadOptions, index_views

FEW = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
MANY = settings(FEW, max_examples=300)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)

NAMES = ("view_id", "kind", "lat", "lon", "captured_at", "heading_deg", "footprint", "image", "")
CELLS = (
    *("", "ground", "satellite", "45.5", "5", "-91", "nan", "1e400", "45°30'N", "POINT (5 45)"),
    *("POLYGON ((0 0, 1 0, 1 1, 0 0))", "POLYGON ((", "2020-01-01T00:00:00Z", "2020-13-45", "360"),
    *("../a.jpg", "=1+1", '"', "\u202e", "\0", "9" * 5000),
)
cells = st.sampled_from(CELLS) | st.text(max_size=12)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


tables = st.lists(st.lists(cells, max_size=9), max_size=5).map(
    lambda rows: "\n".join(",".join(row) for row in [NAMES, *rows])
)
positions = st.one_of(st.floats(), st.text(max_size=5), st.none())
geometries = st.one_of(
    json_values,
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                ["Point", "Polygon", "MultiPolygon", "GeometryCollection", "x"]
            ),
            "coordinates": st.recursive(
                positions, lambda inner: st.lists(inner, max_size=5), max_leaves=15
            ),
        }
    ),
)
features = st.fixed_dictionaries(
    {"type": st.just("Feature"), "geometry": geometries, "properties": json_values}
)
collections = st.fixed_dictionaries(
    {"type": st.just("FeatureCollection"), "features": st.lists(features, max_size=3)}
)
objects = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), json_values, max_size=6)
files = st.one_of(
    st.tuples(st.sampled_from([".csv", ".json", ".jsonl", ".geojson", ".parquet", ".tsv", ".tif"]),
              st.binary(max_size=200)),
    st.tuples(st.sampled_from([".csv", ".tsv"]), tables.map(_utf8)),
    st.tuples(st.sampled_from([".json", ".geojson"]),
              (collections | st.lists(objects, max_size=3) | json_values)
              .map(lambda value: json.dumps(value).encode())),
    st.tuples(st.just(".jsonl"),
              st.lists(objects, max_size=4)
              .map(lambda rows: "\n".join(map(json.dumps, rows)).encode())),
)  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@FEW
@given(files, st.sampled_from([None, "ground", "satellite"]), st.sampled_from(["fail", "drop"]))
def test_views(tmp_path, file, kind, on_bad):
    path = tmp_path / f"views{file[0]}"
    path.write_bytes(file[1])
    try:
        result = index_views([path], ReadOptions(kind=kind, on_bad=on_bad))
    except InputError:
        return
    assert result.views is not None or result.error is not None
    if result.views is not None:
        assert result.views.table["lat"].null_count == 0


@MANY
@given(
    st.text(max_size=60)
    | st.text(st.sampled_from("0123456789.,-+°'\"NSEWnsew latond:;()"), max_size=60)
)
def test_coordinates(text):
    reading = read_coordinates(text)
    for found in (reading, *find_coordinates(text)):
        if found.value is not None:
            lat, lon = found.value
            assert -90 <= lat <= 90
            assert -180 <= lon <= 180


KEYS = ("kind", "format", "parameters", "inputs", "seed", "counts", "run", "other")
entries = json_values | st.sampled_from(["set", FORMAT]) | st.lists(st.just({"path": "a"}))


@MANY
@given(json_values | st.dictionaries(st.sampled_from(KEYS), entries, max_size=7))
def test_manifests(tmp_path, document):
    path = tmp_path / "manifest.json"
    if isinstance(document, dict):
        document = {"kind": "set", "format": FORMAT, **document}
    path.write_text(json.dumps(document), encoding="utf-8")
    try:
        found = read_manifest(path, "set")
    except InputError:
        pass
    else:
        assert found.kind == "set"
        assert isinstance(found.parameters, dict)


@MANY
@given(st.binary(max_size=80))
def test_manifests_of_bytes(tmp_path, data):
    path = tmp_path / "manifest.json"
    path.write_bytes(data)
    with pytest.raises(InputError):
        read_manifest(path, "set")


@MANY
@given(st.binary(max_size=80) | st.text("[]{}:-!&*a\n \t#|>'\"%@,", max_size=80))
def test_yaml(data):
    with suppress(ValueError):
        parse_yaml(data)


FACTS = TraceFacts(
    lat=45.0, lon=5.0, captured_at=datetime(2020, 6, 1, 12, tzinfo=UTC), heading_deg=90.0,
    places=("Vienne", "France"), bearing_deg=10.0, distance_m=100.0,
    candidates=("A", "B", "C", "D"), answer="A", identifiers=("view-17",),
)  # fmt: skip
WORDS = (
    *("<think>", "</think>", "<answer>A</answer>", "the", "photo", "was", "taken", "in", "not"),
    *("France", "Lyon", "São Paulo", "north", "of", "candidate", "B", "45.0, 5.0", "view-17"),
    *("drive", "on", "left", "sun", "is", "at", "noon", "10", "km", "metres", "if", "but", "."),
    *(",", "\n", "Visual cues:", "Conclusion:", "population", "million", "euro", "+33", "UTC+1"),
)
prose = st.lists(st.sampled_from(WORDS) | st.text(max_size=6), max_size=40).map(" ".join)


@MANY
@given(prose | st.text(max_size=200))
def test_fact_checker(text):
    checked = check_trace(text, FACTS)
    for claim in checked.claims:
        assert claim.verdict in ("supported", "contradicted", "unverifiable")
    check_trace(text, TraceFacts())


UNITS = (
    *("a", " ", "\n", ".", "<", "(", "1", "1 ", "- ", "45.1, 5.1; ", "Paris ", "not in Paris, "),
    *("The sun is in the north. ", "candidate A ", "<think>", "</answer>", "é", "\u0301", "["),
    *("if it were in Paris or ", "north of ", "A1-", "view-", "N 45° ", "and ", '"', "-"),
)


@pytest.mark.parametrize("unit", UNITS)
def test_fact_checker_takes_time_in_proportion(unit):
    def seconds(length: int) -> float:
        text = (unit * (length // len(unit) + 1))[:length]
        started = time.process_time()
        check_trace(text, FACTS)
        return time.process_time() - started

    seconds(2_000)
    short = min(seconds(4_000) for _ in range(3))
    # Eight times the text: time in its square would be 64 times as long.
    assert min(seconds(32_000) for _ in range(2)) < 40 * max(short, 0.01)


SPECS = [RewardSpec(preset, k=4) for preset in PRESETS]


@MANY
@given(prose | st.text(max_size=200), st.sampled_from(["A", "<answer>B</answer>", "", "Z", "é"]))
def test_rewards(text, solution):
    for spec in SPECS:
        scored = score(spec, [text], [solution], tokens=[len(text)], k=[4])
        assert len(scored.totals) == 1
        assert abs(scored.totals[0]) < 100
