"""The site builds without a warning, and what it makes from the code is whole."""

import ast
import importlib.util
import os
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from docs_snippets import ROOT

pytest.importorskip("mkdocs", reason="pip install 'geobench-tools[docs]'")
pytest.importorskip("mkdocstrings", reason="pip install 'geobench-tools[docs]'")


@pytest.fixture(scope="module")
def made():
    spec = importlib.util.spec_from_file_location("docs_pages", ROOT / "scripts/docs_pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr.strip()
    return folder


class _Ids(HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids = set()

    def handle_starttag(self, tag, attributes):
        self.ids.update(value for name, value in attributes if name == "id")


def public_names(package):
    text = (ROOT / "geobench_tools" / package.replace(".", "/") / "__init__.py").read_text()
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
            return [item.value for item in node.value.elts]
    return []


def test_every_package_with_public_names_has_a_page(made):
    root = ROOT / "geobench_tools"
    found = {path.parent.relative_to(root).as_posix() for path in root.glob("*/**/__init__.py")}
    public = {name.replace("/", ".") for name in found if public_names(name.replace("/", "."))}
    assert {name for name in public if "._" not in name} == set(made.PACKAGES)


def test_every_public_name_is_on_its_page(made, site):
    missing = []
    for package in made.PACKAGES:
        page = _Ids()
        page.feed((site / f"reference/python/{package}/index.html").read_text(encoding="utf-8"))
        wanted = {f"geobench_tools.{package}.{name}" for name in public_names(package)}
        missing += sorted(wanted - page.ids)
    assert not missing


def test_every_command_and_option_is_on_the_page_of_commands(made, site):
    text = (site / "reference/cli/index.html").read_text(encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "geobench_tools", "train", "grpo", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    options = {word for word in done.stdout.split() if word.startswith("--")}
    assert len(options) > 10
    assert not {option for option in options if option.strip(".,;") not in text} - {"--help"}
    assert "geor1 runs compare" in text


def test_measured_speed_is_shown_with_what_was_missed(made):
    page = made.speed_page()
    assert "**missed**" in made._figure(
        {"what": "a", "value": 2.0, "unit": "s", "at_most": 1.0, "at_least": None, "note": "",
         "verdict": "FAIL"}
    )  # fmt: skip
    assert "python -m perf" in page
