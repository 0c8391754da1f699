"""Objects in running text, as models write them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geobench_tools.loosejson import Node, find_objects


def bare(node: Node):
    if isinstance(node.value, dict):
        return {key: bare(inner) for key, inner in node.value.items()}
    return [bare(inner) for inner in node.value] if isinstance(node.value, list) else node.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1, "b": [1, 2.5, "x"],}', {"a": 1, "b": [1, 2.5, "x"]}),
        ("{'a': 'x', 'b': None, 'c': True}", {"a": "x", "b": None, "c": True}),
        ("{a: Lyon, b: France}", {"a": "Lyon", "b": "France"}),
        ('{"a": "the "STOP" sign", "b": 2}', {"a": 'the "STOP" sign', "b": 2}),
        ("{'a': 'Côte d'Ivoire'}", {"a": "Côte d'Ivoire"}),
        ('{"a": "x"\n "b": "y"}', {"a": "x", "b": "y"}),
        ('**{**\n**"a": "x",**\n**"b": "y"**\n**}**', {"a": "x", "b": "y"}),
        ('{"a": 48.8, // note\n "b": 2 /* note */}', {"a": 48.8, "b": "2 /* note */"}),
        ('{ a": { "b": "c" } }', {"a": {"b": "c"}}),
        ('{ \\\n"a": "b" \\\n}', {"a": "b"}),
        ('{"a": "caf\\u00e9 \\n \\"q\\""}', {"a": 'café \n "q"'}),
        ('{"a": NaN}', {"a": None}),
    ],
)
def test_tolerated_forms(text, value):
    (node,) = find_objects(f"Here: {text} done")
    assert node.complete
    assert bare(node) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "x", "b": "y', {"a": "x"}),
        ('{"a": "x", "b', {"a": "x"}),
        ('{"a": "x", "b": 2.3', {"a": "x"}),
        ('{"a": {"b": "c", "d": ', {"a": {"b": "c"}}),
        ('{"a": "x"', {"a": "x"}),
    ],
)
def test_a_cut_object_keeps_what_was_closed(text, value):
    (node,) = find_objects(text)
    assert not node.complete
    assert bare(node) == value


@pytest.mark.parametrize("text", ["", "{B}", "\\boxed{C}", "{", '{"', "{}", '{"a": ', "{{{{"])
def test_what_is_no_object(text):
    assert find_objects(text) == []


def test_offsets_point_inside_the_quotes():
    text = 'x {"city": "Lyon"}'
    (node,) = find_objects(text)
    leaves = dict(node.leaves())
    leaf = leaves[("city",)]
    assert text[leaf.start : leaf.end] == "Lyon"
    assert text[node.start : node.end] == '{"city": "Lyon"}'


scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(min_size=1, max_size=20), inner, min_size=1, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(min_size=1, max_size=20), values, min_size=1, max_size=5))
def test_real_json_is_read_as_it_is(value):
    (node,) = find_objects(json.dumps(value))
    assert node.complete
    assert bare(node) == value


@pytest.mark.parametrize(("braces", "found"), [(999, 1), (1000, 0)])
def test_the_search_ends_after_a_thousand_braces_that_open_nothing(braces, found):
    assert len(find_objects("{!" * braces + '{"a": 1}')) == found


@pytest.mark.parametrize("number", [2**53 - 1, 2**53, 10**30])
def test_integers_that_a_float_cannot_tell_apart_are_floats(number):
    (node,) = find_objects(f'{{"a": {number}}}')
    assert isinstance(bare(node)["a"], int) == (number < 2**53)


@given(st.text(max_size=200))
def test_any_text_is_searched_without_raising(text):
    for node in find_objects("{" + text):
        assert 0 <= node.start < node.end <= len(text) + 1
