"""The wheel: every file that the packages need is inside, and no training package is needed."""

import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKED = {
    "geobench_tools": "geobench_tools",
    "cli": "geobench_tools/cli",
    "manifests": "geobench_tools/manifests",
}
BUILD = "import setuptools.build_meta as b, sys; b.build_wheel(sys.argv[1])"
OPTIONAL = ("torch", "transformers", "trl", "accelerate", "peft", "vllm", "ray", "rasterio")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in PACKED:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    made = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder)], cwd=source, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as opened:
        yield opened


def in_tree():
    for name, place in PACKED.items():
        for path in (ROOT / name).rglob("*"):
            relative = path.relative_to(ROOT / name)
            hidden = any(part.startswith((".", "__pycache__")) for part in relative.parts)
            if path.is_file() and not hidden:
                yield str(PurePosixPath(place, relative.as_posix()))


def test_wheel_holds_the_files_of_the_tree_and_no_others(wheel):
    inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert inside == set(in_tree())
    for suffix in (".yaml", ".toml", ".css", ".js", ".npz", ".tsv.gz", ".LICENSE", "py.typed"):
        assert any(name.endswith(suffix) for name in inside), suffix


def test_data_are_packed_as_they_are(wheel):
    for name in ("geobench_tools/places/names.npz", "geobench_tools/reports/page.css"):
        assert wheel.read(name) == (ROOT / name).read_bytes()


def test_licence_command_and_needs_are_stated(wheel):
    files = {name.partition(".dist-info/")[2]: name for name in wheel.namelist()}
    assert wheel.read(files["licenses/LICENSE"]) == (ROOT / "LICENSE").read_bytes()
    for path in (ROOT / "geobench_tools").rglob("*.LICENSE"):
        assert f"licenses/{path.relative_to(ROOT).as_posix()}" in files
    assert "geor1 = geobench_tools.__main__:main" in wheel.read(files["entry_points.txt"]).decode()
    stated = Parser().parsestr(wheel.read(files["METADATA"]).decode())
    assert stated["Requires-Python"] == ">=3.11"
    core = [need for need in stated.get_all("Requires-Dist") if "extra ==" not in need]
    assert core
    assert not [need for need in core if need.startswith(OPTIONAL)]
