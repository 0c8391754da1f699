import pytest

from geobench_tools.safeyaml import parse_yaml

BOMB = "a0: &a0 [1]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)
)


def test_plain_values():
    text = "name: Málaga\nlist: [1, 2.5, true, null]\nnested:\n  - {a: b}\n"
    assert parse_yaml(text.encode()) == parse_yaml(text)
    assert parse_yaml(text) == {
        **{"name": "Málaga", "list": [1, 2.5, True, None], "nested": [{"a": "b"}]}
    }
    assert parse_yaml(b"\xef\xbb\xbfa: 1\r\n") == {"a": 1}
    assert parse_yaml("a: &one [1]\nb: *one") == {"a": [1], "b": [1]}
    assert parse_yaml("[" * 100 + "]" * 100)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1, 2", "line"),
        ("a: b: c", "line 1"),
        ("x: !!python/object/apply:os.getcwd []", "constructor"),
        ("x: !mine 1", "constructor"),
        ("b: 1\na: &a [*a]", "alias \\*a on line 2 holds itself"),
        (BOMB, "more than 10,000 values on line 5"),
        ("a: *b", "undefined alias"),
        ("[" * 200_000 + "]" * 200_000, "more than 100 levels on line 1"),
        ("{a: " * 200_000, "more than 100 levels"),
        ("- " * 200_000, "more than 100 levels"),
        (b"a: \xff", "utf-8"),
        ("a: \x00", "special characters|control characters"),
        ("a: 2020-13-45", "month"),
    ],
)
def test_everything_else_is_one_error(text, said):
    with pytest.raises(ValueError, match=said):
        parse_yaml(text)
