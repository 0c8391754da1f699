"""Where in a reply the answer stands: after the reasoning, inside the last answer block."""

import re
from typing import NamedTuple

from geobench_tools.answers._reading import Status

__all__ = ["Region", "answer_region"]


class Region(NamedTuple):
    """The part of a reply that may hold the answer.

    Attributes:
        text: Its text, with tags and special tokens blanked out.
        start: Its offset in the reply's plain text.
        status: Why there is no answer to look for, or None.
    """

    text: str
    start: int
    status: Status | None = None


_FAILURE = re.compile(
    r"""(?ix)\s*+[\[<({*"']{0,3}\s{0,3}(?:
    lmms_eval_request_failed | request[_ ](?:failed|timed[ ]out) | failed[ ]to[ ](?:obtain|get)[ ]
    | (?:api|server|http|internal[ ]server|network|connection|timeout|rate[ ]?limit)[ ]?error\b
    | error[ ]code:?\s?\d{3} | error\s?: | error[ ]\d{3}\b | http[ /][\d. ]{0,4}[45]\d\d\b
    | (?:429|50[0234])[ ](?:too|internal|bad|service|gateway)
    | openai\.\w+error | \w{3,30}error\(  | traceback[ ]\(most | rate[ ]limit[ ](?:exceeded|reached)
    | parse[ ]failed | ["']?(?:type["']?\s?:\s?["']error|error["']?\s?:\s?[{"'])
    | service[ ]unavailable\b | bad[ ]gateway\b | gateway[ ]time-?out\b
    | connection[ ](?:reset|refused)\b
    )"""
)

_THOUGHTS = (
    "think|thinking|thought|thoughts|reasoning|reason|analysis|reflection|scratchpad|rationale"
    "|seed:think|longcat_think|inner_monologue|cot"
)
_REASONING = re.compile(
    rf"""(?ix)
    (?P<close>
        <\s?[/\\]{{1,2}}\s?(?:{_THOUGHTS})\s?> | ◁/think▷ | \[/think\] | <\|/think\|> | <unused95>
        | <\|end_(?:of_)?th(?:ought|inking)\|> | <\|channel\|>\s?final[^<]{{0,40}}<\|message\|>
        | (?-i:assistantfinal) | <channel\|> | <\|begin_of_solution\|> | <\|start_response\|>
        | \[begin[ ]final[ ]response\] | <\|im_start\|>assistant | \[/inst\] | <start_of_turn>model
        | <\|start_header_id\|>assistant<\|end_header_id\|> | (?<!\S)(?-i:ASSISTANT:|Assistant:)
    )
    | (?P<open>
        <\s?(?:{_THOUGHTS})(?:\s[^<>]{{0,80}})?> | ◁think▷ | \[think\] | <\|think\|> | <unused94>
        | <\|(?:begin|start)_(?:of_)?th(?:ought|inking)\|>
        | <\|channel\|>\s?(?:analysis|commentary)[^<]{{0,40}}<\|message\|> | <\|channel>thought
        | \A(?-i:analysis)(?=[A-Z])
    )"""
)
_BLOCKS = (
    re.compile(
        r"(?i)(?P<open><\s?(?:final[_ ]?)?ans(?:wer)?(?:\s[^<>]{0,80})?>|\[answer\])"
        r"|<\s?[/\\]{1,2}\s?(?:final[_ ]?)?ans(?:wer)?\s?>|\[/answer\]"
    ),
    re.compile(
        r"(?i)(?P<open><\|begin_of_box\|>|<(?:conclusion|response|solution|final|output|result)>)"
        r"|<\|end_of_box\|>|</(?:conclusion|response|solution|final|output|result)>"
    ),
)
_SPECIAL = re.compile(
    r"(?i)<\|[^<>|\n]{1,40}\|>|</?s>|<(?:pad|bos|eos|unk|mask|start_of_turn|end_of_turn|eot"
    r"|end_of_utterance|channel\||\|channel)>|\[/?inst\]|<0x[0-9a-f]{2}>|<think\s?/>|<unused\d{1,3}>"
    r"|\[end final response\]|</?(?:conclusion|response|solution|final|output|result)>"
)
_WITHDRAWN = re.compile(r"~~[^~\n]{1,200}~~")
_BOLD = re.compile(r"(?i)</?(?:b|strong|mark)>")
_MARKUP = re.compile(
    r"(?i)</?(?:p|br|i|em|u|span|div|code|pre|h[1-6]|li|ul|ol|center|font)(?:\s[^<>]{0,80})?\s?/?>"
)
_PLACEHOLDER = re.compile(
    r"""(?ix)[\s\[(<{*_"'`.]*(?:
    \.{2,}|…|answer|letter|option|your[ ](?:final[ ])?(?:answer|choice|response)(?:[ ]here)?
    |(?:final[ ])?answer[ ]here|(?:the[ ])?(?:correct[ ])?(?:option|letter|answer|choice)
     (?:[ ](?:letter|here|only))?
    |insert[ ][\w ]{1,30}|[\w ]{1,30}[ ](?:goes[ ])?here
    )?[\s\])>}*_"'`.]*"""
)


def answer_region(text: str) -> Region:
    """Find the part of plain text that may hold the answer.

    The text after the last closing reasoning marker counts, and in it the last answer block that is
    neither empty nor a placeholder. Reasoning that was never closed hides everything but an answer
    block at the very end.
    """
    if _FAILURE.match(text):
        return Region("", 0, "error")
    start, unclosed, reasoned = _after_reasoning(text)
    if unclosed:
        block = _last_block(text, start, len(text), at_end=True)
        return _cleaned(text, *block) if block else Region("", start, "truncated")
    block = _last_block(text, start, len(text))
    if block:
        return _cleaned(text, *block)
    region = _cleaned(text, start, len(text))
    if not region.text.strip():
        tagged = _BLOCKS[0].search(text, start) is not None
        return Region("", start, "no_answer" if reasoned and not tagged else "empty")
    return region


def _after_reasoning(text: str) -> tuple[int, bool, bool]:
    start, opened, found = 0, False, False
    for match in _REASONING.finditer(text) if _may_reason(text) else ():
        found = True
        if match.group("close"):
            start, opened = match.end(), False
        elif not opened:
            start, opened = match.end(), True
    return start, opened, found


def _may_reason(text: str) -> bool:
    return (
        "<" in text
        or "[" in text
        or "◁" in text
        or "ssistant" in text
        or "ASSISTANT" in text
        or text.startswith("analysis")
    )


def _last_block(text: str, start: int, end: int, at_end: bool = False) -> tuple[int, int] | None:
    for family in _BLOCKS:
        blocks: list[tuple[int, int]] = []
        opening: int | None = None
        last = start
        for match in family.finditer(text, start, end) if "<" in text or "[" in text else ():
            last = match.end()
            if opening is not None:
                blocks.append((opening, match.start()))
            opening = match.end() if match.group("open") else None
        if opening is not None:
            blocks.append((opening, end))
            last = end
        if at_end and _SPECIAL.sub("", text[last:end]).strip():
            continue
        for block in reversed(blocks):
            content = _SPECIAL.sub("", text[block[0] : block[1]])
            if content.strip() and not _PLACEHOLDER.fullmatch(content[:80]):
                return block
    return None


def _cleaned(text: str, start: int, end: int) -> Region:
    part = _WITHDRAWN.sub(_blank, text[start:end])
    if "<" in part or "[" in part:
        part = _BLOCKS[0].sub(_blank, _SPECIAL.sub(_blank, part))
        if "</" in part or "<br" in part.lower():
            part = _MARKUP.sub(_blank, _BOLD.sub(lambda match: "*" * len(match.group()), part))
    return Region(part, start)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())
