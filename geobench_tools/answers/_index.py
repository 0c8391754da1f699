"""The number of one image out of several, counted from 1."""

from dataclasses import replace

from geobench_tools.answers._marks import Mark, Options
from geobench_tools.answers._mcq import read_option
from geobench_tools.answers._objects import ANSWER_KEYS
from geobench_tools.answers._reading import Reading
from geobench_tools.plaintext import words

__all__ = ["read_index"]

_WORDS = {
    word: number
    for number, names in enumerate(
        [
            "one first", "two second", "three third", "four fourth", "five fifth", "six sixth",
            "seven seventh", "eight eighth", "nine ninth", "ten tenth",
        ],
        start=1,
    )
    for word in names.split()
}  # fmt: skip
_HAN = {char: number for number, char in enumerate("一二三四五六七八九十", start=1)}
_KEYS = ANSWER_KEYS | words("index image image_number image_id image_index tile candidate number")
_TENS = {chr(0x2469 + n): 10 + n for n in range(11)}
_NAMES = "|".join(sorted(_WORDS.keys() - {"one"}))
_TOKEN = (
    rf"\d{{1,6}}(?:st|nd|rd|th)?|(?<=(?i:image|umber) )(?i:one)|(?i:{_NAMES})"
    r"|(?<=第)[一二三四五六七八九十]|[⑩-⑳]"
)


def read_index(text: str, options: int) -> Reading:
    """Read the number of an image, 1 to ``options``, out of an answer region in plain text."""
    keys = tuple(str(number) for number in range(1, options + 1))

    def resolve(written: str) -> tuple[str, ...]:
        word = written.lower()
        number = _WORDS.get(word) or _HAN.get(word) or _TENS.get(word)
        digits = word.rstrip("stndrh")
        key = str(number or int(digits) if digits.isdigit() or number else "")
        return (key,) if key in keys else ()

    reading = read_option(text, Options(keys, _TOKEN, resolve, letters=False), _named, _KEYS)
    return replace(reading, value=int(str(reading.value))) if reading.value else reading


def _named(mark: Mark) -> bool:
    return mark.named or mark.wrapped
