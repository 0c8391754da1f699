import pytest

from geobench_tools.answers import Reading
from geobench_tools.errors import InputError
from geobench_tools.reasoning import (
    CheckedTrace,
    Claim,
    Evidence,
    Leak,
    SelectOptions,
    TemplateReport,
)
from geobench_tools.reasoning._select import Candidate, NearDuplicates, judge, problems_of, select

RIGHT = Reading("B", "ok", (0, 1))
WRONG_CITY = Claim(
    "city", "Lyon", (5, 9), "Lyon", "asserted", "contradicted",
    Evidence("Nairobi", "no place of that name within 25 km", "gazetteer", 6e6),
)  # fmt: skip
LEAK = Leak("metadata_quoted", "according to the EXIF", (20, 41))


def checked(claims=(), leaks=(), problems=()):
    return CheckedTrace(tuple(claims), tuple(leaks), TemplateReport({}, tuple(problems), 90, 0.0))


@pytest.mark.parametrize(
    ("reading", "trace", "reason", "detail"),
    [
        (RIGHT, checked(), None, ""),
        (Reading(None, "no_answer"), checked([WRONG_CITY]), "answer", "unreadable (no_answer)"),
        (Reading("A", "ok"), checked([WRONG_CITY]), "answer", "A instead of B"),
        (RIGHT, checked([WRONG_CITY], [LEAK], ["order"]), "facts", "city"),
        (RIGHT, checked([], [LEAK], ["order", "length:long"]), "template", "order"),
        (RIGHT, checked([], [LEAK], ["length:long"]), "leak", "metadata_quoted"),
        (RIGHT, checked([], [], ["length:long"]), "length", "length:long"),
        (RIGHT, checked([], [], ["repetition"]), "length", "repetition"),
    ],
)
def test_first_failed_check_is_the_reason(reading, trace, reason, detail):
    assert judge(reading, "B", trace) == (reason, detail)


def test_facts_only_count_where_they_are_to():
    assert judge(RIGHT, "B", checked([WRONG_CITY]), check_facts=False) == (None, "")


def test_problems_are_said_so_that_a_teacher_can_act():
    said = problems_of(checked([WRONG_CITY], [LEAK], ["missing:knowledge", "tags:think"]))
    assert said == [
        '"Lyon" is wrong (city) (known: Nairobi).',
        '"according to the EXIF" says what no viewer of the images can know; leave it out.',
        'The part "Geographic knowledge:" is missing.',
        "Template: tags:think.",
    ]


def text(number, words=60):
    return " ".join(f"w{number}x{i}" for i in range(words))


def test_near_duplicates_are_found_whatever_their_order_of_arrival():
    seen = NearDuplicates(0.8)
    base = text(1, 200)
    assert seen.of("a", base) == ""
    assert seen.of("b", base.upper() + " end.") == "a"
    assert seen.of("c", text(2)) == ""
    changed = base.split()
    changed[100] = "other"
    assert seen.of("d", " ".join(changed)) == "a"
    halved = " ".join(base.split()[:100]) + " " + text(3, 100)
    assert seen.of("e", halved) == ""


def test_short_texts_have_duplicates_too():
    seen = NearDuplicates(0.8)
    assert seen.of("a", "Yes.") == ""
    assert seen.of("b", "yes.") == "a"
    assert seen.of("c", "No.") == ""


def test_set_reasons_come_in_their_order():
    traces = [
        Candidate("q1~0.0", "q1", "x", text(1)),
        Candidate("q1~0.1", "q1", "x", text(1)),
        Candidate("q1~0.2", "q1", "x", text(2)),
        Candidate("q1~0.3", "q1", "x", text(3)),
    ]
    out = select(traces, SelectOptions(per_question=2))
    assert {name: reason for name, (reason, _) in out.items()} == {
        "q1~0.1": "duplicate",
        "q1~0.3": "surplus",
    }


def test_no_place_has_more_than_its_share():
    traces = [Candidate(f"a{i}", f"a{i}", "a", text(i)) for i in range(40)]
    traces += [
        Candidate(f"{p}{i}", f"{p}{i}", p, text(100 + 10 * ord(p) + i))
        for p in "bc"
        for i in range(5)
    ]
    out = select(traces, SelectOptions(balance=2.0))
    assert {reason for reason, _ in out.values()} == {"balance"}
    assert len(out) == 30
    assert all(name.startswith("a") for name in out)
    assert out == select(traces, SelectOptions(balance=2.0))
    assert out.keys() != select(traces, SelectOptions(balance=2.0, seed=1)).keys()
    assert select(traces, SelectOptions(balance=0.0)) == {}


@pytest.mark.parametrize(
    "options", [{"duplicate_similarity": 0.0}, {"per_question": 0}, {"balance": 0.5}]
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(InputError):
        SelectOptions(**options)
