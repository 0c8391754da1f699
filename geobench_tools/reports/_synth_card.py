"""The card of an output: what it is, from what, and the counts, in Markdown."""

from pathlib import Path

from geobench_tools.files import write_text
from geobench_tools.provenance import Manifest
from geobench_tools.reports._markdown import markdown_table
from geobench_tools.reports._synth_page import REASON_WORDS
from geobench_tools.reports._synth_stats import VERDICTS
from geobench_tools.reports._synth_types import SynthReport

__all__ = ["write_synth_card"]

_HEADER = """\
---
# Put your own licence here: that of the traces, and of the images in sft/images.
license: other
license_name: see-image-sources
pretty_name: Reasoning traces for cross-view pairing
task_categories:
- visual-question-answering
language:
- en
tags:
- geospatial
- cross-view
- reasoning
- synthetic
configs:
- config_name: default
  data_files:
  - split: train
    path: kept.jsonl
---
"""


def write_synth_card(report: SynthReport, manifest: Manifest, path: Path) -> None:
    """Write ``card.md``, with the YAML header that the Hugging Face Hub reads."""
    stats, parameters = report.stats, manifest.parameters
    told = "told the right answer" if parameters["mode"] == "rationalise" else "not told the answer"
    hints = ", ".join(parameters["hints"]) or "none"
    source = "the embedded rendered world" if report.embedded else f"`{parameters['pairs']}`"
    outcomes = [("kept", stats.kept)] + [
        (f"rejected: {REASON_WORDS[reason]}", count) for reason, count in stats.outcomes()
    ]
    claims = stats.verdict_rows(kept=True)
    text = f"""\
{_HEADER}
# Reasoning traces for cross-view pairing

{stats.kept:,} traces of the form `<think>…</think><answer>…</answer>` in four parts (visual cues,
cross-view evidence, geographic knowledge, conclusion), kept of {stats.traces:,} replies.

- Questions: {source}, {", ".join(parameters["splits"])}
- Teacher: `{report.teacher}`, {told}; hints: {hints}; {parameters["samples"]} sample(s) a question,
  {parameters["repair"]} repair(s)
- Teacher prompt `{parameters["prompt"]["name"]}`, question `{parameters["question"]["name"]}`
- Fact checker {parameters["checker"]}, answer reader {parameters["reader"]}

{markdown_table(("outcome", "traces"), outcomes)}

## Claims of the kept traces

{markdown_table(("kind", *VERDICTS, "all"), claims) if claims else "None."}

## Rows for fine-tuning

{markdown_table(("split", "rows"), sorted(report.sft.rows.items()))}

`sft/trl`, `sft/ms-swift` and `sft/llamafactory` hold the same rows; image paths start at `sft/`
({report.sft.images:,} images, {report.sft.image_bytes:,} bytes).

## Limits

A kept trace has the right answer and no claim that is known to be wrong; what cannot be checked
against position, time and gazetteer stands as the teacher wrote it. `report.html` shows examples.
"""
    write_text(path, text)
