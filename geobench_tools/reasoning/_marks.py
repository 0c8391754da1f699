"""The words that weaken, deny or compare, and those that announce a conclusion."""

import re
from typing import Literal

from geobench_tools.plaintext import words
from geobench_tools.reasoning._claims import Strength

__all__ = [
    "AFTER",
    "ANSWERING",
    "BREAKS",
    "HEADING",
    "HERE",
    "IDENTIFYING",
    "MARKS",
    "NEW_CLAUSE",
    "NEXT_TO",
    "SEEMING",
    "VERBS_OF_BEING",
    "MarkKind",
]

MarkKind = Literal[
    "hedge",
    "weak",
    "condition",
    "question",
    "negation",
    "absence",
    "contrast",
    "relation",
    "comparison",
    "sure",
    "conclusion",
]
"""How a phrase works on a claim after it: ``hedge`` in the same clause; ``weak`` likewise, but not
in a concluding sentence; ``condition`` in the whole rest of the sentence; ``negation``,
``absence`` and ``contrast`` on the next words, ``relation`` likewise but only if they name a
place; ``comparison`` on the very next word, if that is a place; ``sure``
takes a hedge back."""

_PHRASES: dict[MarkKind, str] = {
    "hedge": """
        could; might; may; perhaps; maybe; possibly; potentially; conceivably; arguably
        would; either; or maybe; or perhaps; such as; for example; for instance; e g
        candidates are; candidates include; candidates; options include; options are
        possibilities include; possibilities; one possibility; another possibility; considered
        considering; consider; i thought; thought of; first thought; at first; initially
        first impression; first glance
        reminiscent of; resembles; resemble; resembling; looks like; look like; looking like
        evokes; evoking; recalls; in the style of; style of; typical of; typical for; typical in
        characteristic of; characteristic for; common in; common across; common to
        common throughout
        found in; found across; found throughout; found over; found along; found around; applied in
         seen in; seen across; widespread in; frequent in
        used in; used across; used throughout; associated with; consistent with; compatible with
        in line with; comparable to; usual in; common on; typical on; unique to; native to
        familiar from; popular in
        known from; expected in; expect in; prevalent in; general style; hints at; hinting at
        hint of
        hint at; some parts of; speculate; speculating; wonder; wondering; tempting; tempted; assume
        assuming; alternatively; other options; not sure; unsure; uncertain; imagine; suspect
        plausible; plausibly; possible; standard in; standard for; matches many; seen throughout
        occur in; occurs in; exist in; exists in; abundant in; reminds; remind; in places like
        places like; countries like; cities like; regions like; countries in; cities in; towns in
    """,
    "weak": """
        likely; probably; presumably; seems; seem; seemingly; appears; appear; apparently; suggests
        suggest; suggesting; suggestive; points to; point to; pointing to; points toward
        points towards; point toward; point towards; pointing toward; pointing towards; indicates
        indicate; indicating; indicative; implies; imply; implying; guess; believe; think; estimate
        roughly; leans; leaning; lean; favours; favors; narrows; evidence for; tentative
        tentatively
        supposedly; impression; feels; feel; best fits; compatible; signals
    """,
    "condition": "if; whether; suppose; supposing; unless; were it; had it; even though",
    "negation": """
        not; cannot; never; neither; nor; no sign of; no signs of; no evidence of
        no evidence for; nowhere in; no indication of; no trace of; no hint of; no longer
        rule out; rules out
        ruled out; ruling out; exclude; excludes; excluded; excluding; eliminate; eliminates
        eliminated; eliminating; reject; rejects; rejected; rejecting; dismiss; dismissed
        dismissing
        discard; discarded; discarding; discount; unlikely; less likely; rather than; instead of
        inconsistent with; incompatible with; opposed to; against; anything but; far too
        no match for; nowhere near; nothing like; too far from; hardly; isnt; doesnt; speaks against
        argues against; argue against; evidence against; contradicts; contradict; exclusion of
        except; excepting; apart from; other than; outside of
    """,
    "absence": """
        no; nothing; none; without; absence of; lack of; lacks; lacking; never any; free of
    """,
    "contrast": """
        unlike; in contrast to; in contrast with; contrasts with; contrast with; compared to
        compared with; comparing; as opposed to; than; same as; similar to; similar in; like in
        as in
        while in; whereas in; elsewhere
    """,
    "relation": """
        differs from; different from; distinct from; distinguish; distinguishes; distinguished
        confused with; confuse; mistaken for; mistake; vs; versus
        there is a; there s a; there is also; there s also; there are; imports from; facing
        across from; company in; company from; company based; companies in; chain in; chain from
        chain based
        chain primarily; brand in; headquartered; originated in; originates in; originates from
        founded in; with locations; imported from; import from; made in; named after; named for
        border with
        borders with; bordering; borders; border of; neighbouring; neighboring; neighbour; neighbor
        road to; roads to; route to; way to; highway to; bound for; direction of; directions to
        sign for; signs for; sign to; signs to; signs pointing to; sign pointing to; sign towards
        toward; towards; between; north of; south of; east of; west of; northeast of; northwest of
        southeast of; southwest of; km from; kilometres from; kilometers from; miles from; km to
        kilometres to; kilometers to; miles to; hours from; away from; far from; distance from
        distance to; reads; saying; labelled; labeled; reading; mentions; mention; mentioning
        flag of; flags of; brand from; brands from; tourists from; visitors from; product of
        influence of; influences from; inspired by; equivalent of; reminder of; university of
        bank of
        colony of; linking to; links to; leading to; leads to; connecting to; connects to
        connects with; connecting with; abbreviation for; stands for; short for; destination
        destinations; listing; read border between; ferry to; flights to; flight to; train to
        trains to
        bus to; buses to; also used by; shared with; in both; both in; parts of the world
        so is; so are; so does; neither is; opposite of; mirrors; mirror of
        just like; much like; somewhat like; a bit like; akin to
        north to; south to; east to; west to; goes to; go to; runs to; cross to
        adjoins; adjoining; abuts; touches; meets; opposite
        other side; far side; far bank; across the; over to; make out; looks over; overlooks
        ahead of; behind; next to it; shares its; share its; closer to
        formerly part of; history of; ruled by; influenced by
    """,
    "comparison": "like; across; throughout; versus; beyond; beside",
    "sure": """
        definitely; certainly; clearly; undoubtedly; unmistakably; must be; must; confirms
        confirmed
        confirming; confirm; proves; proving; indeed; no doubt; without doubt; without a doubt
        doubtless; surely; obviously; conclusively; no question; almost certainly; not only
        not just
        not merely; would say; d say; would place; would put; would conclude; unambiguously
        firmly; identifies; identified as; establishes; settling on; settle on; settled on
        settles on; not far from; guess would be; answer would be; choice would be
        estimate would be
        bet would be; pick would be; going with; go with; going for; go for; went with; my money
    """,
    "conclusion": """
        therefore; thus; hence; consequently; in conclusion; conclude; concluding; conclusion
        to conclude; overall; in summary; altogether; all in all; taken together; final answer
        final; best guess; my guess; best estimate; answer is; my answer; putting
        combining; combined; on balance; ultimately; most likely; very likely; highly likely
        best match; best fit; all of this; all these; all this; settle; i pick; i choose; i select
    """,
}
_SAID_AFTER: dict[Strength, str] = {
    "negated": """
        is unlikely; seems unlikely; unlikely; less likely; ruled out; can be ruled; excluded
        eliminated; can be excluded; can be eliminated; can be rejected; rejected; can be dismissed
        dismissed; discarded; is out; does not fit; doesn t fit; do not fit; doesn t match
        does not match; is not; isn t; are not; aren t; was not; wasn t; can be discounted
        is wrong; seems wrong; is impossible; cannot be; can t be; would not; wouldn t; has no
        have no
        lacks; does not; doesn t; do not; don t; is too; are too; looks too; look too; be confused
    """,
    "hedged": """
        is possible; seems possible; is plausible; seems plausible; possible; plausible; a candidate
        is a candidate; a possibility; an option; one option; one candidate; another option
        another candidate; also possible; among others; or similar; for example; for instance
        perhaps; maybe; possibly; could; might; may; would; was considered; were considered
        comes to mind; come to mind; came to mind; springs to mind; first instinct; first thought
        first guess; my first; my second; my other; initial guess; be considered; on my list
        rival; contender
        contenders; alternative; alternatives; runner up; style; like; inspired; influenced
        influence
        influences
    """,
    "contrast": "away; km; kilometres; kilometers; miles; on its far; on the far; on the other",
}

BREAKS = words(
    "but however although though whereas while yet because since so therefore thus hence leaving"
)
"""Words that begin a clause of their own."""

NEW_CLAUSE = words(
    "it this that these those the there here we i they he she its which who where making confirming"
    " indicating suggesting placing putting ruling pointing not instead rather specifically my our"
    " narrowing showing implying matching all everything both cars traffic vehicles drivers"
)
"""Words that begin a clause after a comma or "and"."""

HERE = words(
    "this here image images photo photos photograph scene location place picture view views shot"
    " camera"
    " we i setting panorama viewer photographer tile tiles snapshot street-view visible visibly"
    " seen"
    " shown depicted answer taken captured located situated pictured my our these"
)
"""Words by which a sentence speaks of the image and its place."""

ANSWERING = words(
    "answer location match matches choice conclusion guess verdict fit fits pictured shown depicted"
    " likely likeliest setting certain place spot site correct best"
)
"""Words of a predicate that make its subject the answer: "Lyon is the best match"."""

SEEMING = words("seems seem seemingly appears appear apparently")
"""Words that weaken the name of a place, but not what is said to be seen."""

IDENTIFYING = SEEMING | words("think believe guess likely probably presumably estimate")
"""Words of a guess that still names the place: "I think this is Lyon"."""

HEADING = words(
    "candidates options possibilities alternatives alternative considered contenders not out"
    " excluded eliminated rejected discarded dismissed unlikely suspects runner"
)
"""Words that head a list of places which are not the answer, before a colon."""

NEXT_TO = words("border borders too state bound themed inspired tourist tourists")
"""Words right after a name that make it an attribute: "the Kenya border"."""

VERBS_OF_BEING = words(
    "is was are were seems appears looks remains emerges becomes must has to would"
)


def _table(
    phrases: dict[MarkKind, str] | dict[Strength, str],
) -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    table: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for kind, text in phrases.items():
        for phrase in re.split(r"[;\n]", text):
            if parts := phrase.split():
                table.setdefault(parts[0], []).append((tuple(parts[1:]), kind))
    return {
        word: tuple(sorted(entries, key=lambda entry: -len(entry[0])))
        for word, entries in table.items()
    }


MARKS: dict[str, tuple[tuple[tuple[str, ...], MarkKind], ...]] = _table(_PHRASES)  # type: ignore[assignment]
AFTER: dict[str, tuple[tuple[tuple[str, ...], Strength], ...]] = _table(_SAID_AFTER)  # type: ignore[assignment]
