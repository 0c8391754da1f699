import json

import pytest

from geobench_tools.strictjson import parse_json


def test_a_document_is_read_from_text_and_bytes():
    assert parse_json('{"a": [1, null]}') == parse_json(b'{"a": [1, null]}') == {"a": [1, None]}


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, "9" * 5_000, '{"a": -' + "1" * 5_000 + "}"]
)
def test_whatever_is_wrong_is_one_kind_of_error(text):
    with pytest.raises(json.JSONDecodeError):
        parse_json(text)


def test_bytes_that_are_no_text():
    with pytest.raises(UnicodeDecodeError):
        parse_json(b'"\xff"')
