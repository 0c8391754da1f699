"""The study page, made of real artefacts of small size."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from geobench_tools.cli import app
from geobench_tools.errors import InputError
from geobench_tools.provenance import Manifest, write_manifest
from geobench_tools.reports import write_study
from geobench_tools.reports._study_find import find_artefacts


@pytest.fixture(scope="module")
def experiment(tmp_path_factory) -> Path:
    """A rendered world, its pairing set, evaluation runs, traces, and the logs of a training."""
    root = tmp_path_factory.mktemp("experiment")
    run("world", "render", "--views", 60, "--towns", 1, "--size", "128x64", "-o", root / "world")
    views = [root / "world" / f"{kind}.parquet" for kind in ("ground", "satellite")]
    run("build-pairs", "--ground", views[0], "--satellite", views[1], "--split", "0/0/100",
        "-o", root / "pairs")  # fmt: skip
    for name, probe in (("plain", "none"), ("blank", "blank-ground")):
        run("eval", "pairing", "--data", root / "pairs", "--model", "random", "--probe", probe,
            "-o", root / "runs" / name)  # fmt: skip
    run("eval", "imageo-gss", "--model", "majority", "-o", root / "runs" / "imageo")
    run("synth-cot", "--pairs", root / "pairs", "--split", "test", "--inject-errors", 0.3,
        "-o", root / "traces")  # fmt: skip
    write_training(root / "runs" / "grpo")
    return root


def run(*words: object) -> None:
    done = CliRunner().invoke(app, [*map(str, words), "--quiet"])
    assert done.exit_code == 0, done.output


def write_training(folder: Path) -> None:
    """The folder of a finished run, as the trainer leaves it."""
    folder.mkdir(parents=True)
    identity = {"stage": "grpo", "control": ""}
    write_manifest(Manifest("training-run", {"identity": identity}, seed=0), folder / "run.json")
    rows = [
        {"step": step, "reward": step / 10, "accuracy": step / 20, "kl": 0.001, "loss": 0.1,
         "completions/mean_length": 40.0}
        for step in range(1, 13)
    ]  # fmt: skip
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    before, after = ({"value": v, "low": v - 0.03, "high": v + 0.03} for v in (0.25, 0.5))
    change = {"difference": {"value": 0.25, "low": 0.2, "high": 0.3}}
    kinds = ("greedy", "sampled")
    result = {
        "steps": 12,
        "seconds": 90.0,
        "before": {"questions": 600, **dict.fromkeys(kinds, before)},
        "after": {"questions": 600, **dict.fromkeys(kinds, after)},
        "change": dict.fromkeys(kinds, change),
    }
    (folder / "result.json").write_text(json.dumps(result))


@pytest.fixture
def page(experiment, tmp_path) -> Path:
    return write_study([experiment], experiment / "study.html")


def test_every_part_is_there(page, markup):
    text = page.read_text(encoding="utf-8")
    found = markup(text)
    for part in ("stages", "pairing", "controls", "curves", "benchmarks", "maps", "audit",
                 "traces", "provenance"):  # fmt: skip
        assert found.by_id(part).tag == "section"
    assert "Geo-R1-Zero (published)" in text
    withheld = text.partition('<section id="controls"')[2].partition("</table>")[0]
    assert "<td>blank-ground</td>" in withheld
    assert "<td>none</td>" not in withheld
    assert "82.4 %" in text
    assert "blank-ground" in text
    assert "25.0 %" in text
    assert "SAMPLE, NO RESULT" in text
    assert "unknown" in text


def test_links_lead_to_the_pages_of_the_artefacts(page, markup):
    for link in markup(page.read_text(encoding="utf-8")).all("a"):
        target = link.attributes["href"]
        assert "://" not in target
        if not target.startswith("#"):
            assert (page.parent / target).is_file(), target


def test_images_of_traces_are_found(page, markup):
    images = markup(page.read_text(encoding="utf-8")).all("img")
    assert images
    for image in images:
        assert (page.parent / image.attributes["src"]).is_file()
        assert image.attributes["alt"]


def test_same_artefacts_same_bytes(experiment, page):
    assert write_study([experiment], experiment / "again.html").read_bytes() == page.read_bytes()


@pytest.mark.parametrize("foreign", ["[]", '"text"', '{"kind": "another"}', "{}"])
def test_manifests_of_other_programs_are_nothing_to_show(tmp_path, foreign):
    (tmp_path / "manifest.json").write_text(foreign)
    with pytest.raises(InputError, match="nothing to show"):
        write_study([tmp_path], tmp_path / "study.html")


def test_what_is_shown_and_what_is_part_of_it(tmp_path):
    """An artefact's own folders are no artefacts, but for the controls of a training run."""
    shown, elsewhere = tmp_path / "shown", tmp_path / "elsewhere"
    for place, kind in (
        (shown / "traces", "traces"),
        (shown / "traces/replies/round-0", "evaluation-run"),
        (shown / "train", "training-run"),
        (shown / "train/controls/shuffled", "training-run"),
        (shown / ".hidden", "traces"),
        (elsewhere, "traces"),
    ):
        place.mkdir(parents=True)
        write_manifest(Manifest(kind, {}), place / "manifest.json")
    (shown / "link").symlink_to(elsewhere)
    found = sorted(one.name for one in find_artefacts([shown]).artefacts)
    assert found == ["traces", "train", "train/controls/shuffled"]


def test_nothing_to_show_is_an_error(tmp_path):
    with pytest.raises(InputError, match="nothing to show"):
        write_study([tmp_path], tmp_path / "study.html")
    with pytest.raises(InputError, match="no folder"):
        write_study([tmp_path / "none"], tmp_path / "study.html")
    assert not (tmp_path / "study.html").exists()


def test_the_command(experiment, tmp_path):
    done = CliRunner().invoke(
        app, ["study", str(experiment), "-o", str(tmp_path / "study.html"), "--json"]
    )
    assert done.exit_code == 0, done.output
    assert Path(json.loads(done.stdout)["page"]).is_file()


CLICKS = """<!doctype html><title>clicks</title>
<iframe id="page" width="1300" height="900"></iframe><ul id="said"></ul><script>
const frame = document.getElementById("page"), list = document.getElementById("said");
const say = (text) => {
  const item = document.createElement("li");
  item.textContent = text;
  list.append(item);
};
frame.onload = () => {
  const inner = frame.contentDocument, root = inner.documentElement;
  for (const link of inner.querySelectorAll("nav.contents a")) {
    link.click();
    const hash = frame.contentWindow.location.hash;
    say("section " + hash + " " + !!inner.querySelector(hash));
  }
  for (let i = 0; i < 3; i++) {
    inner.getElementById("theme").click();
    say("theme " + (root.dataset.theme || "auto"));
  }
  const details = [...inner.querySelectorAll("details")];
  for (const one of details) one.querySelector("summary").click();
  say("open " + details.filter((one) => one.open).length + " of " + details.length);
  say("width " + (root.scrollWidth <= 1300));
};
frame.src = "study.html";
</script>"""


def test_a_browser_clicks_through_it(page, browse, markup):
    clicks = page.with_name("clicks.html")
    clicks.write_text(CLICKS, encoding="utf-8")
    found, problems = browse(clicks, flags=["--allow-file-access-from-files"])
    said = [element.text for element in found.all("li")]
    sections = [text for text in said if text.startswith("section ")]
    assert len(sections) == 9
    assert all(text.endswith(" true") for text in sections)
    assert {text for text in said if text.startswith("theme ")} >= {"theme dark", "theme light"}
    (opened,) = [text.split() for text in said if text.startswith("open ")]
    assert opened[1] == opened[3] != "0"
    assert "width true" in said
    assert not [line for line in problems if "clicks.html" not in line]


def test_a_set_with_its_certificate_alone(experiment, tmp_path):
    views = [experiment / "world" / f"{kind}.parquet" for kind in ("ground", "satellite")]
    run("build-pairs", "--ground", views[0], "--satellite", views[1], "--audit", "certificate",
        "-o", tmp_path / "pairs")  # fmt: skip
    text = write_study([tmp_path / "pairs"], tmp_path / "study.html").read_text(encoding="utf-8")
    assert "Certificate, by counting" in text
    assert "Adversaries, cross-validated" not in text
