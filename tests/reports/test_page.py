"""The page shell: escaping, policy, determinism, tables and charts."""

import base64
import hashlib
import json
import re

import pytest

from geobench_tools.reports import Html, Page, bar_table, escape, facts, table, write_page
from geobench_tools.reports._charts import histogram, metres, nice_ticks

HOSTILE = "</script><script>alert('x')</script>&\"'\u2028"


def page(**changes):
    plain = {"title": "T", "subtitle": "S", "body": Html("<p>hello</p>")}
    return Page(**(plain | changes))


def written(tmp_path, **changes):
    path = tmp_path / "page.html"
    write_page(page(**changes), path)
    return path.read_text(encoding="utf-8")


def test_data_and_titles_cannot_become_markup(tmp_path, markup):
    text = written(tmp_path, title=HOSTILE, subtitle=HOSTILE, data={"d": {"x": [HOSTILE]}})
    document = markup(text)
    executable = [e for e in document.all("script") if "type" not in e.attributes]
    assert len(executable) == 1, "only the shell's own script"
    assert json.loads(document.by_id("d").text) == {"x": [HOSTILE]}
    assert document.all("h1")[0].text == HOSTILE
    assert "\u2028" not in text.partition('id="d"')[2].partition("</script>")[0]


def test_policy_allows_the_pages_own_scripts_and_styles_only(tmp_path, markup):
    document = markup(written(tmp_path, scripts=["let a = 1 < 2;"], styles=["p { color: red }"]))
    (policy,) = [
        e.attributes["content"] for e in document.all("meta") if "http-equiv" in e.attributes
    ]
    assert policy.startswith("default-src 'none';")
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        texts = [e.text for e in document.all(tag) if "type" not in e.attributes]
        digests = [base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for t in texts]
        assert allowed[rule] == " ".join(f"'sha256-{digest}'" for digest in digests)
    assert "http" not in policy


def test_nothing_is_loaded_from_elsewhere(tmp_path, markup):
    document = markup(written(tmp_path))
    for element in document.elements:
        for name in ("src", "href", "action"):
            assert not re.match(r"(https?:)?//", element.attributes.get(name, ""))


def test_same_page_same_bytes(tmp_path):
    assert written(tmp_path) == written(tmp_path)


def test_not_a_number_is_no_json(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        written(tmp_path, data={"d": float("nan")})
    assert not (tmp_path / "page.html").exists()


def test_tables_escape_and_align():
    made = table(
        ("name", "n", "length"),
        [[HOSTILE, 1234, "15 m"], [Html("<b>x</b>"), 2.5, "n/a"]],
        caption="<i>",
        total=["all", 3, ""],
    )
    assert "<script>" not in made
    assert "<b>x</b>" in made
    assert "&lt;i&gt;" in made
    assert '<td class="n">1,234</td><td class="n">15 m</td>' in made
    assert made.count("<tr") == 1 + 3
    assert "class=total" in made


def test_facts_and_bars_escape():
    assert "<script>" not in facts({HOSTILE: HOSTILE})
    bars = bar_table(("what", "n"), {HOSTILE: 3, "b": 1})
    assert "<script>" not in bars
    assert "75.0 %" in bars
    assert 'width="100.00"' in bars
    assert 'width="33.33"' in bars
    assert "%" not in bar_table(("what", "n"), {"a": 0})


def test_escape_keeps_markup():
    assert escape(Html("<b>")) == "<b>"
    assert escape("<b>") == "&lt;b&gt;"


@pytest.mark.parametrize(
    ("length", "text"),
    [(0.0, "0 m"), (1.5, "1.5 m"), (152.4, "152 m"), (9_999, "9,999 m"), (12_345, "12.3 km")],
)
def test_lengths(length, text):
    assert metres(length) == text


def test_unknown_length():
    assert metres(float("nan")) == "n/a"


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 1000, [0, 200, 400, 600, 800, 1000]), (0, 25, [0, 5, 10, 15, 20, 25]), (5, 5, [5])],
)
def test_ticks_are_round(low, high, ticks):
    assert nice_ticks(low, high, 6) == ticks


def test_histogram_shows_every_bar_in_words_and_pixels(markup):
    document = markup(histogram("what", (0, 10, 20, 30), (2, 0, 4), median=21.0, beyond=7))
    bars = [e for e in document.all("rect") if e.attributes["class"] == "bar"]
    assert [e.text for e in document.all("title")] == ["0 m to 10 m: 2", "20 m to 30 m: 4"]
    heights = [float(bar.attributes["height"]) for bar in bars]
    assert heights[1] == pytest.approx(2 * heights[0])
    (chart,) = document.all("svg")
    assert chart.attributes["aria-label"] == "what: 13 lengths from 0 m, median 21 m"
    assert "7 beyond 30 m" in document.all("p")[0].text


def test_histogram_of_nothing():
    assert "No distances" in histogram("what", (), ())


def test_what_scrolls_is_within_reach_of_the_keyboard(tmp_path, browse):
    wide = table([f"column{i}" for i in range(60)], [["x" * 9] * 60], caption="Wide")
    narrow = table(["a"], [["b"]], caption="Narrow")
    written(tmp_path, body=Html(wide + narrow))
    found, problems = browse(tmp_path / "page.html")
    boxes = [e.attributes for e in found.all("div") if e.attributes.get("class") == "scroll"]
    reached = {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": "Wide"}
    assert boxes == [reached, {"class": "scroll"}]
    assert not problems
