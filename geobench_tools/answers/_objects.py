"""Answers given as values of a JSON object."""

import re
from collections.abc import Container

from geobench_tools.loosejson import Node, find_objects
from geobench_tools.plaintext import words

__all__ = ["ANSWER_KEYS", "answer_leaf", "closed_part", "last_object", "outside_objects"]

ANSWER_KEYS = words(
    "answer final_answer finalanswer answer_letter answer_choice choice option letter prediction "
    "predicted selected selected_option chosen_option selection correct_answer correct_option "
    "correct_choice best_option best_match match result response output label value pred answers "
    "correct_answers 答案 选项"
)
_THOUGHTS = words("thought thoughts thinking reasoning reason explanation analysis rationale")
_OPENING = re.compile(r"\{\s{0,40}[\"'][^\"'\n{}]{1,60}[\"']\s?:")


def closed_part(text: str) -> str:
    """Return text without the rest of an object that was cut off inside a value at the end."""
    if "{" not in text:
        return text
    objects = find_objects(text)
    end = objects[-1].end if objects else 0
    if objects and not objects[-1].complete and "}" not in text[end:]:
        return text[:end]
    begun = _OPENING.search(text, end)
    return text[: begun.start()] if begun and "}" not in text[begun.start() :] else text


def last_object(text: str) -> Node | None:
    """Return the last complete object of a text, or the last one that was cut off, or None."""
    if "{" not in text:
        return None
    objects = find_objects(text)
    complete = [node for node in objects if node.complete]
    found = complete or objects
    return found[-1] if found else None


def answer_leaf(text: str, names: Container[str] = ANSWER_KEYS) -> Node | None:
    """Return the value of the last object's answer key: a scalar or a list, or None."""
    node = last_object(text)
    leaves = list(node.leaves()) if node else []
    for path, leaf in reversed(leaves):
        if path and path[-1].replace(" ", "_") in names:
            return leaf
    alone = node is not None and node.complete and len(leaves) == 1
    return leaves[0][1] if alone and leaves[0][0] and leaves[0][0][-1] not in _THOUGHTS else None


def outside_objects(text: str) -> str:
    """Return text with its objects blanked out, so that no other field of theirs is read."""
    if "{" not in text:
        return text
    pieces, done = [], 0
    for node in find_objects(text):
        pieces += [text[done : node.start], " " * (node.end - node.start)]
        done = node.end
    return "".join([*pieces, text[done:]])
