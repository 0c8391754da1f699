"""What must hold for any reply: wrapping changes nothing, echoes say nothing, nothing raises."""

import json
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geobench_tools.answers import Kind, read

CHOICES = {"A": "Residential area", "B": "Airport", "C": "Commercial area", "D": "Forest"}
ARGUMENTS: dict[str, dict] = {
    "mcq": {"choices": CHOICES},
    "multi": {"choices": CHOICES},
    "index": {"options": 5},
    "count": {"target": "ships"},
}
KINDS = get_args(Kind)
WITH_VALUE = {"ok", "swapped", "wrapped", "reordered", "partial"}

INNER = ["{}", "**{}**", "\\boxed{{{}}}", "`{}`", "$\\boxed{{\\text{{{}}}}}$", "*{}*"]
MIDDLE = ["{}", "Answer: {}", "**Answer:** {}", "The answer is {}", "Final answer: {}\n", "{}."]
OUTER = [
    "{}",
    "<answer>{}</answer>",
    "<answer>{}",
    "<think>First A, then 7, then Spain, no.</think>\n\n{}",
    "<think>hm</think><answer>{}</answer>",
    "◁think▷A◁/think▷{}",
    "[THINK]10.5, 20.5[/THINK]{}",
    "<|channel|>analysis<|message|>yes<|end|><|start|>assistant<|channel|>final<|message|>{}",
    "&lt;think&gt;B&lt;/think&gt;{}",
    "{}<|im_end|>",
    "{}</s>",
]
templates = st.builds(
    lambda inner, middle, outer: outer.replace("{}", middle.replace("{}", inner)),
    st.sampled_from([text.replace("{{", "\0").replace("}}", "\1") for text in INNER]),
    st.sampled_from(MIDDLE),
    st.sampled_from(OUTER),
).map(lambda text: text.replace("\0", "{").replace("\1", "}"))


def wrap(template: str, answer: str) -> str:
    return template.replace("{}", answer)


@given(templates, st.sampled_from(list(CHOICES)))
def test_wrapped_letters_read_the_same(template, key):
    assert read(wrap(template, key), "mcq", choices=CHOICES).value == key


@given(templates, st.sampled_from(list(CHOICES)))
def test_wrapped_option_texts_read_the_same(template, key):
    assert read(wrap(template, CHOICES[key]), "mcq", choices=CHOICES).value == key


@given(templates, st.integers(1, 5))
def test_wrapped_indices_read_the_same(template, number):
    assert read(wrap(template, str(number)), "index", options=5).value == number


@given(templates, st.booleans())
def test_wrapped_truth_values_read_the_same(template, truth):
    assert read(wrap(template, "Yes" if truth else "No"), "bool").value is truth


@given(templates, st.integers(0, 99_999))
def test_wrapped_counts_read_the_same(template, number):
    assert read(wrap(template, str(number)), "count").value == number


@given(templates, st.floats(-90, 90), st.floats(-180, 180))
def test_wrapped_positions_read_the_same(template, lat, lon):
    reply = wrap(template, f"{lat:.4f}, {lon:.4f}")
    assert read(reply, "latlon").value == pytest.approx((lat, lon), abs=1e-4)


@given(templates, st.sampled_from([("France", "FR"), ("USA", "US"), ("South Korea", "KR")]))
def test_wrapped_countries_read_the_same(template, country):
    name, code = country
    assert read(wrap(template, name), "country").value == code
    assert read(wrap(template, f"Lyon, {name}"), "place").value == {"city": "Lyon", "country": code}


@given(st.sampled_from(list(CHOICES)), st.sampled_from(["answer", "choice", "final_answer"]))
def test_json_values_read_the_same(key, name):
    for text in (json.dumps({name: key}), f"```json\n{json.dumps({'why': 'x', name: key})}\n```"):
        assert read(text, "mcq", choices=CHOICES).value == key


words = st.sampled_from(
    ["harbour", "river", "quarry", "meadow", "stadium", "orchard", "runway", "village", "bridge"]
)
texts = st.lists(
    st.lists(words, min_size=1, max_size=3).map(" ".join), min_size=2, max_size=6, unique=True
)
LIST_FORMATS = [
    "{k}. {t}",
    "({k}) {t}",
    "{k}) {t}",
    "{k}: {t}",
    "[{k}] {t}",
    "- {k}: {t}",
    "{k} {t}",
]
QUESTIONS = ["", "Which class is shown?\n", "What is the main land use in this image?\nOptions:\n"]
REQUESTS = [
    "",
    "\nAnswer with the option's letter from the given choices directly.",
    "\nPlease select the correct answer from the options above.",
    "\nProvide only the letter corresponding to the correct answer.",
    "\nAnswer:",
    "\nReply in the form <answer>letter</answer>.",
    "\nThink first inside <think> </think>, then answer inside <answer> </answer>.",
]


@given(
    texts,
    st.sampled_from(LIST_FORMATS),
    st.sampled_from(["\n", " ", ", ", "; "]),
    st.sampled_from(QUESTIONS),
    st.sampled_from(REQUESTS),
)
def test_an_echo_of_the_prompt_is_no_answer(options, form, separator, question, request_):
    choices = dict(zip("ABCDEF", options, strict=False))
    listed = separator.join(form.format(k=key, t=text) for key, text in choices.items())
    reading = read(question + listed + request_, "mcq", choices=choices)
    assert reading.value is None


PROMPT = (
    "which of the following answer with letter option choose correct select from given choices "
    "only question image shows please reply your final best . , : ?"
)
prompt_words = st.lists(st.sampled_from([*PROMPT.split(" "), "\n"]), max_size=40).map(" ".join)


@pytest.mark.parametrize("kind", ["mcq", "multi", "index", "bool", "bbox", "country", "latlon"])
@given(text=prompt_words)
def test_prompt_words_are_no_answer(kind, text):
    assert read(text, kind, **ARGUMENTS.get(kind, {})).value is None


TOKENS = (
    "<think> </think> <answer> </answer> \\boxed{ } { [ ] ( ) ** ` A b or not lat - – yes no ships "
    "France city: 答案 &lt; 🇫🇷 ③ Ｃ İ \x00 1e9 ½ <|x|> \" ' \ud800 Georgia x1= POINT( // /* ° N"
)
PIECES = [*TOKENS.split(" "), "the answer is ", "Answer: ", ", ", ". ", "\n", " ", "12", "48.85"]
PIECES += ["country: ", '{"answer": ', "there are no ", "9" * 30]
pieces = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60)
@given(text=st.one_of(st.text(max_size=80), pieces))
def test_any_text_is_read_without_raising(kind, text):
    reading = read(text, kind, **ARGUMENTS.get(kind, {}))
    assert (reading.value is not None) == (reading.status in WITH_VALUE)
    if reading.value is not None:
        assert reading.span is not None
        assert 0 <= reading.span[0] <= reading.span[1] <= len(text)


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text(st.characters(exclude_characters="<[&＜"), max_size=60))
def test_unclosed_reasoning_yields_nothing(kind, text):
    reading = read("<think>" + text, kind, **ARGUMENTS.get(kind, {}))
    assert reading.value is None
