"""What the tests of pages share: a reader of their markup, and a browser where there is one."""

import shutil
import subprocess
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Markup(HTMLParser):
    """All elements of a document in order, each with the text directly in it."""

    elements: list[Element] = field(default_factory=list)

    def __post_init__(self):
        super().__init__()
        self._open = []

    def handle_starttag(self, tag, attrs):
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))
        if tag not in ("meta", "link", "input", "img", "br"):
            self._open.append(self.elements[-1])

    def handle_endtag(self, tag):
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data):
        if self._open:
            self._open[-1].text += data

    def all(self, tag):
        return [element for element in self.elements if element.tag == tag]

    def by_id(self, name):
        (found,) = [e for e in self.elements if e.attributes.get("id") == name]
        return found


def read_markup(text):
    markup = Markup()
    markup.feed(text)
    markup.close()
    return markup


@pytest.fixture
def markup():
    return read_markup


@pytest.fixture
def browse(tmp_path):
    """Open a page in Chromium and return its document once the scripts ran; skip without one."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("Chromium is not installed")

    def run(path, fragment="", flags=()):
        result = subprocess.run(
            [
                program,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                f"--user-data-dir={tmp_path / 'browser'}",
                "--window-size=1400,1000",
                "--enable-logging=stderr",
                "--virtual-time-budget=3000",
                "--dump-dom",
                *flags,
                f"{path.resolve().as_uri()}{fragment}",
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        problems = [line for line in result.stderr.splitlines() if "CONSOLE" in line]
        return read_markup(result.stdout), problems

    return run
