"""``geor1 places``."""

import json

import pytest
from typer.testing import CliRunner

from geobench_tools.cli import app

runner = CliRunner()


@pytest.mark.parametrize(
    "arguments",
    [["-33.87", "151.21"], ["-33.87,151.21"], ["33.87°S 151.21°E"], ["-33.87", "511.21"]],
)
def test_a_position(arguments):
    result = runner.invoke(app, ["places", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["country"], found["metro"], found["timezone"]) == (
        "AU",
        "Sydney",
        "Australia/Sydney",
    )
    assert found["coast_km"] < 10


def test_the_high_seas_are_json():
    found = json.loads(runner.invoke(app, ["places", "0", "0", "--json"]).stdout)
    assert (found["country"], found["metro"], found["metro_km"]) == ("", "", None)


def test_a_name_of_several_words_and_its_candidates():
    result = runner.invoke(app, ["places", "New", "York", "--kind", "city", "--json"])
    found = json.loads(result.stdout)["candidates"]
    assert found[0]["name"] == "New York City"
    assert {place["kind"] for place in found} == {"city"}
    shown = runner.invoke(app, ["places", "Springfield", "--country", "US"])
    assert "Missouri" in shown.stdout
    assert "more; --json lists all" in shown.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["Xyzzyx"], "neither a position"), (["95", "20"], "no place on Earth")],
)
def test_what_is_unknown_is_an_error_with_a_next_step(arguments, words):
    result = runner.invoke(app, ["places", *arguments])
    assert result.exit_code == 2
    assert words in result.stderr
    assert "next:" in result.stderr
