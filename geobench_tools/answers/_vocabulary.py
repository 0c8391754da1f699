"""The words that rules of reading look for, by what they do; all in lower case.

Entries are separated by semicolons or line ends. Scripts without blanks between words have their
own tables, since no word boundary can be asked of them.
"""

import re

__all__ = ["either", "entries"]

ANSWER_WORDS = """
answer; answers are; correct answers; prediction; verdict; ans
choose; chose; choosing; select; selected; selecting; pick; picked; picking; opt for; vote for
go with; going with; went with; settle on; settling on; go for; going for; confident in
vote is for; lean towards; lean toward; leaning towards
leaning toward
réponse; reponse; choisis; je choisis; antwort; lösung; wähle; respuesta; elijo; escojo
resposta; gabarito; escolho; risposta; scelgo; ответ; ответом; выбираю; antwoord; kies
odpowiedź; odpowiedz; wybieram; cevap; cevabı; yanıt; đáp án; câu trả lời; jawaban; jawabannya
svar; svaret; vastaus; odpověď; odpoveď; válasz; răspuns; răspunsul; απάντηση; відповідь; отговор
odgovor
"""
ANSWER_WORDS_UNSPACED = """
答案; 答え; 正解; 回答; 解答; 应选; 應選; 故选; 故選; 选择; 選擇; 选; 選; 答
정답; 대답; 답변; 답; 선택
الإجابة; الاجابة; الجواب; پاسخ; उत्तर; जवाब; คำตอบ; תשובה; উত্তর
"""
LABEL_WORDS = """
conclusion; final; result; class; category; label; country; response; solution; choice; option
letter
selection; image; output
choix; opción; opção; opzione; alternativa; вариант; optie; auswahl; wahl
"""
CONCLUDING_WORDS = """
therefore; thus; hence; consequently; so; it is; it's; it must be; it should be; this is; that is
that's; must be; should be; that leaves; leaves; leaving; left with; i'd say; i would say; i say
it can only be; it has to be; can only be; has to be; i think; i believe; i guess; guess
but; but rather; rather; instead
deshalb; also ist; also lautet; also muss; sondern; donc; mais; c'est; por lo tanto; portanto
quindi; dunque; sino; es ist
поэтому; значит; следовательно
"""
HINTING_WORDS = """
matches; corresponds to; resembles; looks like; looks more like; indicates; points to
"""
CONCLUDING_WORDS_UNSPACED = (
    "最有可能的是; 最可能的是; 最有可能是; 最可能是; 我认为; 我觉得; 我选; 我选择; "
    "因此; 所以; 故; 而是; だから; したがって; 따라서; 그러므로; لذلك; →; =>; ⇒; ➡; ✅; ✔"
)
FILLERS = """
is; was; are; be; been; being; would; should; must; will; then; to; the; an; of; option; choice
letter; answer; answers; label; choices; options; image; img; picture; photo; tile; candidate; view
satellite; number; most; more; likely; probably; possibly; perhaps; maybe; clearly; definitely
certainly
simply; therefore; thus; hence; indeed; actually; apparently; correct; right; best; final; my; your
as; follows; here; one; it; that; this; it's; that's; surely; match
matching; approximately; about; around; roughly; exactly; only; 's; i think; i believe
est; la; le; les; l'option; l'; celle; bien; donc; ist; lautet; der; die; das; nummer; richtig; es
el; los; é; e'; è; os; är; er; on; je; to jest; jest; это; является; буква; вариант; opción
opção; opzione; a letra; letra; a opção; a alternativa; lettera; lettre; buchstabe; alternativa
odpowiedź; adalah; opsi; là; şıkkı
doğru; correcta; correcte; correta; corretta; finale; richtige; правильный; верный; bonne; juste
είναι; sont; son; sind; são; sono; đúng; đúng nhất; yang; benar; tepat; paling tepat; este; corect
corectă; prawidłowa; poprawna; správná; helyes; oikea; on; riktiga; rätta; rigtige; er
"""
FILLERS_UNSPACED = """
应该是; 應該是; 就是; 是; 为; 為; 选项; 選項; 选择; 選擇; 选; 選; 項; 项; 第
は; が; の; 番; 은; 는; 이; 가; 번
هي; هو; الخيار; الصحيحة; الصحيح; คือ; ข้อ; है; विकल्प; सही
"""
NEGATIONS = """
not; isn't; aren't; wasn't; cannot; can't; couldn't; won't; wouldn't; shouldn't; doesn't; never
neither; nor; no longer; n'est pas; n'est; pas; nicht; kein; keine; nie; não; non; не; ni
"""
NEGATIONS_UNSPACED = "不应该是; 不是; 不选; 並非; 并非; 非; 不; ではない; 아닌; ليس; नहीं"
DENIALS_BEFORE = """
not; isn't; aren't; wasn't; no; neither; nor; never; cannot be; can't be; couldn't be; rather than
instead of; unlike; except; excluding; excludes; excluded; exclude; rule out; ruled out; rules out
ruling out; eliminate; eliminated; eliminates; eliminating; reject; rejected; rejects; rejecting
discard; discarded; discarding; dismiss; dismissed; dismissing; over; versus; vs; vs.; without
incorrect:; wrong:; incorrect options:; wrong options:; incorrect answers:; wrong answers:
incorrect choices:; wrong choices:; nicht; kein; keine; pas; não; non; не
"""
DENIALS_BEFORE_UNSPACED = "不是; 不选; 并非; 排除; 不能是"
SKIPPED_AFTER_DENIAL = """
show; depict; contain; include; resemble; match; represent; indicate; suggest; look like; see; any
the; an; a; option; choice; answer; letter; image; number; likely; necessarily; really; quite; be
is; of; it's; tile; candidate
"""
NOUNS = """
the; option; choice; answer; letter; image; picture; photo; tile; candidate; view; satellite; img
options; choices; answers; letters; images; pictures; photos; tiles; candidates; views
figure; number; no.; bild; foto; imagen; imagem; immagine; afbeelding; изображение; opción; opção
opzione; réponse; antwort; вариант; 选项; 選項
图像; 图片; 图; 図; 画像; 写真; 候補; 第; #
satellite image; satellite tile; aerial image; overhead image
final answer; my answer
"""
HEDGES = """
only; just; simply; definitely; probably; likely; most likely; very likely; clearly; certainly
surely; perhaps; maybe
possibly; presumably; obviously; the; either; both
"""
LISTING = """
and; or; and/or; oder; und; ou; et; y; e; o; или; и; vs; vs.; versus; nor; as well as; plus
"""
ALTERNATIVES = "or; oder; ou; или; o; and/or; vs; vs.; versus"
REASONS = """
because; since; as; due; based; given; for; in; on; with; which; and; but; so; by; from; here
where; to me
it; this; that; the; not; rather; instead; i; over; there; car; parce; porque; weil; da; puisque
perché; потому; так; thanks; showing; shows; if; when; while; although
"""
LINKS = """
is; are; was; were; seems; seem; looks; look; appears; appear; can be; could be; would be; should be
must be; has been; have been; has to be; have to be; can only be
"""
DENIALS_OF_SUBJECT = """
not; wrong; incorrect; false; ruled out; eliminated; excluded; discarded; rejected; out; unlikely
impossible; invalid; inconsistent; implausible; worse; all wrong; both wrong; all incorrect
both incorrect
"""
DENIALS_AFTER = """
isn't; aren't; wasn't; can't; cannot; can not; doesn't; does not; don't; do not; won't; didn't
did not; n'est pas; ist falsch; ist nicht; no es; não é; non è; неверно; не подходит; неправильно
"""
DENIALS_AFTER_UNSPACED = (
    "✗; ✘; ❌; ×; 不对; 不對; 不正确; 不正確; 错误; 錯誤; 错; 不是; 不符合; ではない"
)
PRAISE = """
correct; right; true; best; the best; the correct; the right; the answer; the most likely
the most appropriate; the best match; the correct answer; the correct option; the right answer
the closest; most likely; most appropriate; the match; the best choice; the best answer
the correct choice; the one; my answer; my choice; the most plausible; the most suitable
the final answer; my final answer
my final choice; my pick; the best fit; a match; the most accurate; accurate
"""
PRAISE_OTHER = """
est correcte; est correct; est juste; est la bonne; ist richtig; ist korrekt; es correcta
es la correcta; é correta; é a correta; è corretta; верно; правильно; правильный; верный; fits best
matches best; best matches; best fits; fits perfectly; matches perfectly; fits the best; fits best
matches the best; is best
"""
PRAISE_UNSPACED = (
    "正确; 正確; 是正确; 是正確; 是对的; 符合; 最符合; が正解; 이 정답; 가 정답; 입니다; です"
)
REFUSALS = """
i'm sorry; i am sorry; i'm unable; i am unable; i'm not able; i am not able; i'm afraid; i am afraid
i apologize; i apologise; i can't; i cannot; i can not; i could not; i couldn't; i won't; i will not
unable to determine; unable to identify; unable to assist; unable to help; unable to provide
unable to answer; unable to comply; unable to process; unable to view; as an ai; we cannot provide
we cannot determine; i must decline; je ne peux pas; désolé; lo siento; no puedo; não posso
ich kann nicht; ich kann keine; tut mir leid; non posso; не могу; i do not have the ability
"""
REFUSALS_UNSPACED = "抱歉; 无法; 無法; 申し訳; 죄송"
NO_ANSWERS = """
do not know; don't know; does not know; not sure; unsure; uncertain; unknown; undetermined
unspecified; unavailable; unidentifiable; n/a; not specified; not available; not applicable
not provided; not determined; not determinable; not visible; not given; not known; not possible
not enough; not clear; not certain; not identifiable; cannot be determined; cannot be identified
cannot be answered; cannot be known; cannot be told; can't be determined; can't be identified
cannot tell; can't tell; cannot say; can't say; cannot determine; can't determine; cannot decide
can't decide; cannot answer; can't answer; could not be determined; no answer; no idea
no way to tell; no way to know; no information; no specific; no gps; no data; no clear; none of the
none of these; none of them; insufficient; inconclusive; impossible to tell; impossible to say
impossible to know; impossible to determine; indeterminate; unclear; hard to say; hard to tell
je ne sais pas; weiß nicht; no sé; não sei; non so; не знаю; неизвестно; неизвестна; unbekannt
inconnu; inconnue; desconocido; desconocida; desconhecido; desconhecida
"""
NO_ANSWERS_UNSPACED = "不知道; 不确定; 不確定; 未知; わからない; 不明; 모르"


def entries(*tables: str) -> list[str]:
    """Return the entries of word tables."""
    return [
        entry.strip() for table in tables for entry in re.split(r"[;\n]", table) if entry.strip()
    ]


def either(*tables: str) -> str:
    """Return a pattern that matches any entry of word tables, the longest one first.

    The pattern branches letter by letter, so that its cost does not grow with the tables.
    """
    tree: dict[str, dict[str, dict]] = {}  # type: ignore[type-arg]
    for entry in entries(*tables):
        node = tree
        for char in entry:
            node = node.setdefault(char, {})
        node[""] = {}
    return _branches(tree)


def _branches(tree: dict) -> str:  # type: ignore[type-arg]
    ends = "" in tree
    parts = [re.escape(char) + _branches(rest) for char, rest in tree.items() if char]
    if not parts:
        return ""
    pattern = parts[0] if len(parts) == 1 and not ends else f"(?:{'|'.join(parts)})"
    return pattern + "?" if ends else pattern
