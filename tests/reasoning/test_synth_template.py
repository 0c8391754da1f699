from collections import Counter
from dataclasses import replace

import pytest

from geobench_tools.answers import read
from geobench_tools.errors import InputError
from geobench_tools.reasoning import (
    CheckOptions,
    TemplateTeacher,
    TraceQuestions,
    check_trace,
    facts_of_question,
)
from geobench_tools.reasoning._select import judge
from geobench_tools.reasoning._template_teacher_errors import ERROR_KINDS, SWAPS, expected_of
from geobench_tools.reasoning._template_teacher_known import compass, known_of, opposite


@pytest.fixture(scope="module")
def questions(pairs):
    return list(TraceQuestions(pairs))


def judged(asked, text):
    reading = read(text, "mcq", choices=("A", "B", "C", "D"))
    checked = check_trace(text, asked.facts, CheckOptions(min_words=20))
    return *judge(reading, asked.answer, checked), checked


def test_questions_come_in_order_with_their_scenes(pairs, questions):
    rows = list(pairs.iter_questions("train"))
    assert [asked.question.row for asked in questions] == rows
    for asked in questions:
        assert asked.ground["view_id"] == asked.question.row["ground_id"]
        assert [tile["view_id"] for tile in asked.tiles] == asked.question.row["candidate_ids"]
        assert asked.scene["view_id"] == asked.question.row["ground_id"]
        right = asked.tile_scenes[asked.question.answer_index]
        assert right["view_id"] == asked.question.row["ground_id"]


def test_facts_name_what_no_viewer_sees(questions):
    asked = questions[0]
    facts = facts_of_question(asked.question, asked.ground, asked.tiles, asked.scene)
    assert facts == asked.facts
    assert facts.answer == asked.question.row["answer"]
    assert facts.candidates == ("A", "B", "C", "D")
    assert set(asked.question.row["candidate_ids"]) <= set(facts.identifiers)
    assert asked.question.row["ground_image"] in facts.identifiers
    assert facts.scene["town"] == "Lyon"


def test_limit_and_splits(pairs):
    assert len(TraceQuestions(pairs, limit=5)) == len(list(TraceQuestions(pairs, limit=5))) == 5
    with pytest.raises(InputError, match="no questions in split 'val'"):
        TraceQuestions(pairs, ("val",))
    with pytest.raises(InputError, match="no split 'all'"):
        TraceQuestions(pairs, ("all",))


def test_true_traces_pass_all_checks_and_say_much(questions):
    teacher = TemplateTeacher(questions)
    verdicts, kinds, rejected = Counter(), Counter(), []
    for asked in questions:
        for sample in range(3):
            text = teacher.write(asked.question.id, sample)
            reason, detail, checked = judged(asked, text)
            rejected += [(reason, detail, text)] if reason else []
            verdicts.update(claim.verdict for claim in checked.claims)
            kinds.update(claim.kind for claim in checked.claims)
    assert len(rejected) <= 2, rejected
    assert verdicts["supported"] > 0.95 * verdicts.total()
    assert verdicts.total() > 5 * 3 * len(questions)
    assert set(kinds) >= {"country", "city", "climate", "driving_side", "sun", "scene", "season"}


def test_traces_differ_from_sample_to_sample_but_not_from_call_to_call(questions):
    teacher = TemplateTeacher(questions)
    name = questions[0].question.id
    texts = [teacher.write(name, sample) for sample in range(6)]
    assert len(set(texts)) == 6
    assert texts == [TemplateTeacher(questions[:1]).write(name, sample) for sample in range(6)]
    assert texts[0] != TemplateTeacher(questions, seed=1).write(name, 0)


def test_rate_of_injected_errors_and_none_after_a_repair(questions):
    teacher = TemplateTeacher(questions, error_rate=0.25)
    planted = [
        (asked, sample, kind)
        for asked in questions
        for sample in range(20)
        if (kind := teacher.injected(asked.question.id, sample))
    ]
    assert 0.2 < len(planted) / (20 * len(questions)) < 0.3
    assert {kind for *_, kind in planted} <= set(ERROR_KINDS)
    clean = TemplateTeacher(questions)
    asked, sample, _ = planted[0]
    assert teacher.write(asked.question.id, sample, 1) == clean.write(asked.question.id, sample, 1)


@pytest.mark.parametrize(
    "kind",
    [
        *("country", "neighbouring country", "city", "continent", "climate", "currency", "sun"),
        *("phone prefix", "web domain", "hemisphere", "driving side", "season", "coordinates"),
        *("wrong answer", "conclusion disagrees", "missing part", "quotes metadata"),
        *("quotes the answer", "exact position", "region", "time zone"),
    ],
)
def test_engine_catches_errors_of_each_kind(questions, kind, monkeypatch):
    teacher = TemplateTeacher(questions)
    monkeypatch.setattr(teacher, "injected", lambda *_: kind)
    found = []
    for asked in questions:
        reason, _, checked = judged(asked, teacher.write(asked.question.id))
        known = known_of(asked)
        if (kind == "season" and not known.season) or (kind == "sun" and known.sun_deg is None):
            continue
        expected = expected_of(kind)
        wrong = {claim.kind for claim in checked.contradictions}
        found.append(
            reason == expected.reason and (not expected.claims or bool(wrong & expected.claims))
        )
    assert len(found) > 10
    assert sum(found) >= 0.8 * len(found)


@pytest.mark.parametrize("kind", SWAPS)
def test_swapped_facts_are_false(questions, kind):
    from geobench_tools.reasoning._template_teacher_draw import Draw

    changed = 0
    for asked in questions:
        known = known_of(asked)
        made = SWAPS[kind].change(known, Draw(0, asked.question.id))
        if made is not None:
            changed += 1
            assert made != known
            assert replace(made, letter="") != replace(known, letter="")
    assert changed or kind == "coast"


def test_directions_in_words():
    assert [compass(a) for a in (0, 22, 23, 359, 180, 315)] == [
        *("north", "north", "north-east", "north", "south", "north-west")
    ]
    assert opposite(350.0) == 170.0


def test_set_without_a_world_needs_a_model(questions):
    bare = replace(questions[0], scene=None)
    with pytest.raises(InputError) as caught:
        TemplateTeacher([bare])
    assert "--teacher openai:NAME" in caught.value.hint


def test_share_of_errors_is_a_share(questions):
    with pytest.raises(InputError, match="no share"):
        TemplateTeacher(questions, error_rate=1.5)
