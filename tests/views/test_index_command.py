"""``geor1 index`` as a user types it."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from geobench_tools.cli import app
from geobench_tools.views import read_views


class TestCommand:
    def run(self, *arguments: object) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, ["index", *map(str, arguments)])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.stdout, result.stderr

    def test_shows_what_was_read(self, photos: Path, tmp_path: Path) -> None:
        code, out, err = self.run(photos, "--kind", "ground")
        assert code == 0
        assert "photos.csv" in out.replace("\n", "")
        assert "captured_at" in out
        assert "-o views.parquet" in err
        assert not list(tmp_path.glob("*.parquet"))

    def test_writes(self, photos: Path, tmp_path: Path) -> None:
        output = tmp_path / "views.parquet"
        code, out, _ = self.run(photos, "--kind", "ground", "-o", output, "--json")
        assert code == 0
        document = json.loads(out)
        assert document["counts"]["accepted"] == 3
        assert document["written"]["views"] == str(output)
        assert document["sources"][0]["columns"]["captured_at"] == "time"
        assert pq.read_metadata(output).num_rows == 3

    def test_groups_problems(self, photos: Path, tmp_path: Path) -> None:
        photos.write_text(photos.read_text() + 'd,"52,5",13.4,,,\ne,x,13.4,,,\nf,"52,6",13.4,,,\n')
        arguments = (photos, "--kind", "ground", "-o", tmp_path / "views.parquet")
        code, out, err = self.run(*arguments)
        assert code == 2
        assert "decimal-comma: 2" in out
        assert "non-numeric: 1" in out
        assert "52,5" in out
        assert "next: write a point" in out
        assert "3 problems" in err
        assert "Traceback" not in out + err
        code, out, _ = self.run(*arguments, "--json")
        assert code == 2
        document = json.loads(out)
        assert [(g["kind"], g["count"]) for g in document["problems"]] == [
            ("decimal-comma", 2),
            ("non-numeric", 1),
        ]
        assert document["error"]["hint"]
        code, _, _ = self.run(*arguments, "--on-bad", "drop")
        assert code == 0
        assert (tmp_path / "rejected.csv").is_file()

    def test_takes_all_options(self, tmp_path: Path) -> None:
        path = tmp_path / "tiles.csv"
        path.write_text("Nr;Breite;Länge;Zeit\n1;52,5;13,4;2020-05-01 12:00\n", "latin-1")
        code, out, err = self.run(
            path,
            "--kind",
            "satellite",
            "--delimiter",
            ";",
            "--decimal",
            ",",
            "--encoding",
            "latin-1",
            "--timezone",
            "Europe/Berlin",
            "--footprint-size",
            "0.1km",
            "--map",
            "view_id=Nr",
            "--map",
            "lat=Breite",
            "--map",
            "lon=Länge",
            "--map",
            "captured_at=Zeit",
            "-o",
            tmp_path / "views.parquet",
        )
        assert code == 0, err
        assert "square footprints of 100 m" in out
        [view] = read_views(tmp_path / "views.parquet").table.to_pylist()
        assert view["captured_at"].isoformat() == "2020-05-01T10:00:00+00:00"

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["nowhere.csv"], "does not exist"),
            (["PHOTOS", "--map", "lat"], "no '='"),
            (["PHOTOS", "-o", "views.csv"], "-o views.parquet"),
            (["PHOTOS", "--timezone", "Nowhere"], "time zone"),
        ],
    )
    def test_refuses_bad_usage(self, arguments: list[str], message: str, photos: Path) -> None:
        code, _, err = self.run(*[str(photos) if a == "PHOTOS" else a for a in arguments])
        assert code == 2
        assert message in err
