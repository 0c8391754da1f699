"""Draw the reward terms for the documentation: python scripts/plot_rewards.py.

Writes docs/assets/reward-length.svg, reward-repetition.svg and reward-replies.svg from the code
itself, so that the pictures cannot differ from what is trained on.
"""

from pathlib import Path

from geobench_tools.reports._curves_chart import Chart, Line, chart_svg
from geobench_tools.reports._page import escape
from geobench_tools.training.rewards import PRESETS, RewardSpec, repetition, score

ASSETS = Path(__file__).resolve().parent.parent / "docs" / "assets"
STYLE = """\
svg { background: #fff; font-family: system-ui, sans-serif; }
text { fill: #59626d; font-size: 11px; }
.axis, .grid { stroke: #d8dce1; fill: none; }
.line { fill: none; stroke-width: 2; }
.s0 { stroke: #2b66ad; } .s1 { stroke: #00785a; } .s2 { stroke: #b8860b; } .s3 { stroke: #b3261e; }
.s4 { stroke: #59626d; }
.ink { fill: #1b1f24; } .high { fill: #9ed0c0; } .middle { fill: #eceef0; } .low { fill: #f0b3ae; }
"""
DASHES = ("", "6 3", "2 3", "9 3 2 3", "1 4")
RIGHT = "<think>A pond lies north of the road.</think><answer>B</answer>"
WRONG = "<think>A pond lies north of the road.</think><answer>C</answer>"
REPLIES = {
    "right, as asked": RIGHT,
    "wrong, as asked": WRONG,
    "right, (B)": RIGHT.replace(">B<", ">(B)<"),
    "right, **B**": RIGHT.replace(">B<", ">**B**<"),
    "right, no tags": "A pond lies north of the road. The answer is B.",
    "empty reasoning": "<think></think><answer>B</answer>",
    "two answers, right one first": RIGHT + "<answer>A</answer>",
    "answer in the reasoning": "<think><answer>B</answer></think><answer>A</answer>",
    "all letters": "<think>Hard to say.</think><answer>A, B, C, D</answer>",
    "never ends": "<think>" + "the road and the river and " * 60,
}


def main() -> None:
    """Write the three pictures."""
    ASSETS.mkdir(exist_ok=True)
    write("reward-length", lengths())
    write("reward-repetition", repetitions())
    write("reward-replies", replies())


def lengths() -> str:
    """Return the length terms over the number of tokens."""
    steps = sorted({*range(0, 2049, 64), 1792, 2047, 2048, 2112})
    lines = []
    for preset, name, reply in (
        ("vlm-r1", "vlm-r1, right or wrong", RIGHT),
        ("paper", "paper, right", RIGHT),
        ("paper", "paper, wrong", WRONG),
        ("default", "default, right or wrong", RIGHT),
    ):
        spec = RewardSpec(preset, k=4)
        values = score(spec, [reply] * len(steps), ["B"] * len(steps), tokens=steps).terms["length"]
        lines.append(Line(name, [(s, float(v or 0)) for s, v in zip(steps, values, strict=True)]))
    return drawn(Chart("Length term", "", lines, axis="tokens"))


def repetitions() -> str:
    """Return the repetition term for a phrase that is said again and again."""
    phrase = "the road bends to the north of a pond and the houses stand along it "
    times = list(range(1, 21))
    lines = [
        Line(f"{n}-grams", [(t, repetition(RewardSpec(ngram=n), [phrase * t])[0]) for t in times])
        for n in (6, 3)
    ]
    return drawn(Chart("Repetition term", "", lines, axis="times that a 15-word phrase is said"))


def replies() -> str:
    """Return what replies earn: accuracy and format under each preset."""
    left, top, width, height = 190, 44, 62, 20
    parts = ['<text class="ink" x="8" y="36">B is right</text>']
    for column, preset in enumerate(PRESETS):
        x = left + 2 * column * width
        parts.append(
            f'<text class="ink" x="{x + width}" y="16" text-anchor="middle">{preset}</text>'
        )
        for i, term in enumerate(("accuracy", "format")):
            middle = x + (i + 0.5) * width
            parts.append(f'<text x="{middle}" y="36" text-anchor="middle">{term}</text>')
    for row, (name, reply) in enumerate(REPLIES.items()):
        y = top + row * height
        parts.append(f'<text class="ink" x="8" y="{y + 14}">{escape(name)}</text>')
        for column, preset in enumerate(PRESETS):
            terms = score(RewardSpec(preset, k=4), [reply], ["B"], tokens=[200]).terms
            for i, value in enumerate((terms["accuracy"][0], terms["format"][0])):
                x = left + (2 * column + i) * width
                kind = "high" if value == 1 else "low" if value == -1 else "middle"
                parts.append(
                    f'<rect class="{kind}" x="{x + 1}" y="{y + 1}" width="{width - 2}" '
                    f'height="{height - 2}"/><text class="ink" x="{x + width / 2}" y="{y + 14}" '
                    f'text-anchor="middle">{value:g}</text>'
                )
    total = top + len(REPLIES) * height + 8
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + 6 * width + 8} {total}">'
        f"<style>{STYLE}</style>{''.join(parts)}</svg>\n"
    )


def drawn(chart: Chart) -> str:
    """Return a chart as a file of its own, with its legend inside."""
    svg = str(chart_svg(chart))
    legend = []
    for index, line in enumerate(chart.lines):
        x, y = 60 + 250 * (index % 2), 254 + 16 * (index // 2)
        dash = f' stroke-dasharray="{DASHES[index]}"' if index else ""
        legend.append(f'<path class="line s{index}"{dash} d="M{x} {y}h28"/>')
        legend.append(f'<text class="ink" x="{x + 34}" y="{y + 4}">{escape(line.name)}</text>')
    height = 262 + 16 * ((len(chart.lines) - 1) // 2)
    svg = svg.replace('viewBox="0 0 560 240"', f'viewBox="0 0 560 {height}"')
    svg = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    head, _, body = svg.partition(">")
    return f"{head}><style>{STYLE}</style>{body.removesuffix('</svg>')}{''.join(legend)}</svg>\n"


def write(name: str, text: str) -> None:
    """Write a picture."""
    (ASSETS / f"{name}.svg").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
