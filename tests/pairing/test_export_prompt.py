"""The question template: what it yields, and which mistakes in a user's copy are named."""

import pytest
import yaml

from geobench_tools.errors import InputError
from geobench_tools.pairing import candidate_labels, load_prompt

GOOD = {
    "name": "mine-1",
    "interleaved": "{ground} of {k}: {candidates}?",
    "candidate": "{label}={image}",
    "images_first": "{n} images, {order}.",
    "order": "{number}:{label}",
    "answer": {"letters": "{first} to {last}.", "numbers": "{first} to {last}!"},
    "instruction": "Think.",
}


def write(tmp_path, **changes):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in (GOOD | changes).items() if v is not None}))
    return path


def test_built_in_template_ties_each_letter_to_its_image():
    prompt = load_prompt()
    for k in (2, 4, 26):
        parts = prompt.interleaved(k, "letters")
        assert [part for part in parts if isinstance(part, int)] == list(range(k + 1))
        for number, label in enumerate(candidate_labels(k, "letters"), 1):
            assert str(parts[parts.index(number) - 1]).endswith(f"\n{label}: ")
        assert (
            f"Answer with one letter from A to {candidate_labels(k, 'letters')[-1]}." in parts[-1]
        )
        assert str(parts[-1]).endswith("in <answer> </answer> tags.")


def test_images_first_counts_from_the_ground_view():
    text = load_prompt().images_first(3, "letters", instruction=False)
    assert text.startswith("There are 4 images.")
    assert "image 2 is candidate A, image 3 is candidate B, image 4 is candidate C" in text
    assert "<think>" not in text
    assert "<think>" in load_prompt().images_first(3, "letters")


def test_a_template_of_ones_own(tmp_path):
    prompt = load_prompt(write(tmp_path))
    assert prompt.interleaved(2, "letters") == (0, " of 2: A=", 1, "\nB=", 2, "?\nA to B. Think.")
    assert prompt.images_first(2, "numbers") == "3 images, 2:1, 3:2.\n1 to 2! Think."


def test_braces_can_be_written(tmp_path):
    prompt = load_prompt(write(tmp_path, instruction='Reply {{"answer": …}}.'))
    assert prompt.interleaved(2, "letters")[-1].endswith('Reply {"answer": …}.')


def test_the_hash_is_of_the_file(tmp_path):
    one = load_prompt(write(tmp_path)).sha256
    assert one != load_prompt(write(tmp_path, name="mine-2")).sha256
    assert one == load_prompt(write(tmp_path)).sha256


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": None}, "has no name"),
        ({"candidate": None}, "has no 'candidate'"),
        ({"interleaved": "{candidates}"}, "{ground} exactly once"),
        ({"interleaved": "{ground} {ground} {candidates}"}, "{ground} exactly once"),
        ({"interleaved": "<image> {ground} {candidates}"}, "'<image>'"),
        ({"interleaved": "{ground} {candidates} <|im_end|>"}, "'<|'"),
        ({"candidate": "{label} {image} {lat}"}, "cannot use {lat}"),
        ({"candidate": "{label.__class__} {image}"}, "cannot use {label.__class__}"),
        ({"candidate": "{label!r} {image}"}, "cannot use {label}"),
        ({"candidate": "{label:>99999999} {image}"}, "cannot use {label}"),
        ({"candidate": "{label {image}"}, "'candidate'"),
        ({"instruction": 7}, "'instruction' is not a text"),
        ({"question": "x"}, "unknown key 'question'"),
        ({"answer": {"letters": "x"}}, "has no 'answer.numbers'"),
        ({"instruction": "x" * 70_000}, "more than 65,536"),
    ],
)
def test_mistakes_are_named(tmp_path, changes, says):
    path = write(tmp_path, **changes)
    with pytest.raises(InputError) as caught:
        load_prompt(path)
    assert says in caught.value.message
    assert str(path) in caught.value.message


@pytest.mark.parametrize(
    ("raw", "says"),
    [(b"- a\n- b", "not a mapping"), (b"a: [", "not YAML"), (b"\xff\xfe", "not YAML")],
)
def test_files_that_are_no_template(tmp_path, raw, says):
    path = tmp_path / "mine.yaml"
    path.write_bytes(raw)
    with pytest.raises(InputError, match=says):
        load_prompt(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        load_prompt(tmp_path / "none.yaml")
