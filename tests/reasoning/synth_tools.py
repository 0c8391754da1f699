"""How the server of the tests of models answers as a teacher."""

import hashlib
import json
import re

from openai_server import Seen, changed, status

__all__ = ["changed", "good_trace", "letter_told", "status", "trace"]

TOLD = re.compile(r"The matching candidate is ([A-Z])\.")


COLOURS = ["red", "blue", "green", "white", "black", "yellow", "brown", "grey"]
THINGS = ["stars", "lines", "dots", "leaves", "rings", "birds", "waves", "squares"]


def letter_told(seen: Seen) -> str:
    """Return the answer that the prompt gives away."""
    return TOLD.findall(json.dumps(seen.body["messages"]))[0]


def good_trace(seen: Seen) -> str:
    """Return a trace that is like no other and claims nothing false."""
    digest = hashlib.sha256(json.dumps(seen.body).encode()).digest()
    words = " and ".join(f"{COLOURS[b % 8]} {THINGS[b // 8 % 8]} {b}" for b in digest[:16])
    return trace(letter_told(seen), f"Painted on it are {words}.")


def trace(
    letter: str, extra: str = "", knowledge: str = "Brick and timber are used side by side."
) -> str:
    """Return a trace in four parts that claims nothing about the place."""
    return (
        f"<think>\nVisual cues: A street bends around a corner between low walls. {extra}\n"
        f"Cross-view evidence: The same bend and the same walls show in candidate {letter}.\n"
        f"Geographic knowledge: {knowledge}\n"
        f"Conclusion: The best match is candidate {letter}.\n</think>\n<answer>{letter}</answer>"
    )
