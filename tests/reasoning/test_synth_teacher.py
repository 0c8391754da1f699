import pytest
import yaml

from geobench_tools.errors import InputError
from geobench_tools.models import ImagePart
from geobench_tools.pairing import load_prompt
from geobench_tools.reasoning import (
    HINTS,
    Teacher,
    TraceQuestions,
    load_teacher_prompt,
    teacher_template,
)


def asked_by(pairs, **options):
    teacher = Teacher(load_teacher_prompt(), load_prompt(), **options)
    roots = {kind: pairs.image_root(kind) for kind in ("ground", "satellite")}
    question = next(iter(TraceQuestions(pairs)))
    return question, teacher.ask(question, roots)


def words_of(messages):
    return "".join(p for m in messages for p in m.parts if isinstance(p, str))


def test_images_stand_in_order_and_the_answer_is_told(pairs):
    question, messages = asked_by(pairs)
    assert [message.role for message in messages] == ["system", "user"]
    shown = [part.source.name for part in messages[1].parts if isinstance(part, ImagePart)]
    row = question.question.row
    named = [row["ground_image"], *row["candidate_images"]]
    assert shown == [path.rsplit("/", 1)[-1] for path in named]
    said = words_of(messages)
    assert f"The matching candidate is {row['answer']}." in said
    for part in ("Visual cues:", "Cross-view evidence:", "Geographic knowledge:", "Conclusion:"):
        assert part in said
    assert str(question.ground["place"]).split(",")[0] not in said


def test_blind_teacher_is_not_told(pairs):
    _, messages = asked_by(pairs, mode="blind")
    assert "matching candidate is" not in words_of(messages).split("Visual cues")[-1]


def test_only_chosen_hints_are_given(pairs):
    question, messages = asked_by(pairs, hints=("place", "country"))
    said = words_of(messages)
    assert "- place: Lyon, FR" in said
    assert "- country: Auvergne-Rhône-Alpes, France" in said
    assert "Köppen" not in said
    assert f"{question.facts.lat:.2f}" not in said
    assert "- climate: Köppen class" in words_of(asked_by(pairs, hints=tuple(HINTS))[1])


def test_unknown_hint_is_named(pairs):
    with pytest.raises(InputError, match="no hint 'gps'"):
        asked_by(pairs, hints=("gps",))


def test_repair_quotes_the_problems():
    teacher = Teacher(load_teacher_prompt(), load_prompt())
    reply, told = teacher.repair("my reply", ["this is wrong", "{that} too"])
    assert (reply.role, reply.parts) == ("assistant", ("my reply",))
    assert "- this is wrong\n- {that} too" in told.parts[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rationalise": "No placeholder."}, "must have {answer}"),
        ({"blind": "It is {answer}."}, "cannot use {answer}"),
        ({"hint": "{name}"}, "must have {value}"),
        ({"extra": "x"}, "unknown key 'extra'"),
        ({"system": ""}, "no text 'system'"),
        ({"repair": "{problems"}, "'repair'"),
        ({"name": 3}, "no text 'name'"),
    ],
)
def test_bad_template_is_refused(tmp_path, change, said):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(teacher_template()) | change))
    with pytest.raises(InputError, match=r"mine\.yaml") as caught:
        load_teacher_prompt(path)
    assert said in caught.value.message


@pytest.mark.parametrize("text", ["- a list", "a: [", "\x00"])
def test_file_that_is_no_template_is_refused(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"mine\.yaml"):
        load_teacher_prompt(path)


def test_copied_template_changes_words_and_digest(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(teacher_template().replace("You are a geographer", "You are a surveyor"))
    mine, built_in = load_teacher_prompt(path), load_teacher_prompt()
    assert mine.texts["system"].startswith("You are a surveyor")
    assert mine.sha256 != built_in.sha256
