"""The gate ahead of every model: what a patient writes that cannot wait, found by rule.

Works when no model does. What it looks for is in `data/red_flags.csv`, which a clinician can read
and extend; what it says, and the source of each flag, in `data/red_flag_advice.csv`. It would
rather call a clinician once too often. Sentences that only ask about a thing, deny it, or tell of
long ago are let pass, except where `kind` is `danger`: words of self-harm always count.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final, Literal, NamedTuple, cast

from deployments.chatbot.ownership import Urgency
from deployments.letters import plain_letters

Kind = Literal["symptom", "name", "danger"]
WORDS: Final = re.compile(r"[\w'’°.,-]*\w|\w", re.UNICODE)
SENTENCES: Final = re.compile(
    r"[.!?;\n]+(?=\s|$)|,|\b(?:but|however|although|nhưng|nhung|tuy nhiên|tuy nhien)\b"
)
DECIMAL_COMMA: Final = re.compile(r"(?<=\d),(?=\d)")
BEFORE: Final = 4
"""Words before a finding in which a denial of it stands."""


class Pattern(NamedTuple):
    """One line of `red_flags.csv`: `first` and `second` within `gap` words, in either order."""

    flag: str
    kind: Kind
    first: re.Pattern[str]
    second: re.Pattern[str] | None
    gap: int


class Advice(NamedTuple):
    """What is said at once, in both languages, and where it comes from."""

    flag: str
    urgency: Urgency
    source: str
    en: str
    vi: str


def find_red_flags(text: str) -> list[str]:
    """The flags that a text raises, each once, in the order of the table; empty when it is calm.

    Each word counts with and without its accents: many people type Vietnamese so.
    """
    lowered = unicodedata.normalize("NFC", text).lower().replace("’", "").replace("'", "")
    lowered = DECIMAL_COMMA.sub(".", lowered)
    scopes = list(_scopes([one for one in SENTENCES.split(lowered) if one.strip()]))
    patterns = load_patterns()
    found = {one.flag for one in patterns for scope in scopes if _raised(one, scope)}
    return [flag for flag in load_advice() if flag in found]


def _scopes(sentences: Sequence[str]) -> Iterator[str]:
    """Each sentence, and each with the next: people break off in the middle."""
    yield from sentences
    for one, next_ in pairwise(sentences):
        yield f"{one} , {next_}"


def _raised(pattern: Pattern, sentence: str) -> bool:
    places = _places(pattern, sentence)
    if pattern.kind == "danger":
        return any(True for _ in places)
    return any(not _denied(sentence[:place]) for place in places) and _present(pattern, sentence)


def _present(pattern: Pattern, sentence: str) -> bool:
    """Whether it speaks of somebody now, neither of long ago nor of the thing in general."""
    cues = load_cues()
    if cues["now"].search(sentence):
        return True
    if cues["long_ago"].search(sentence):
        return False
    personal = pattern.kind == "symptom" and cues["personal"].search(sentence)
    return bool(personal) or not cues["question"].search(sentence)


def _places(pattern: Pattern, sentence: str) -> Iterator[int]:
    """Where the finding begins, each time that both halves are near enough."""
    for first in pattern.first.finditer(sentence):
        if pattern.second is None:
            yield first.start()
            continue
        for second in pattern.second.finditer(sentence):
            early, late = sorted((first.span(), second.span()))
            between = sentence[early[1] : late[0]]
            if early[1] <= late[0] and len(WORDS.findall(between)) <= pattern.gap:
                yield early[0]


def _denied(before: str) -> bool:
    """Whether the last words before the finding deny it."""
    cues = load_cues()
    clause = cues["despite"].sub("", before.rpartition(" , ")[2])
    return bool(cues["denial"].search(" ".join(WORDS.findall(clause)[-BEFORE:])))


@cache
def load_patterns() -> Sequence[Pattern]:
    """The patterns of `red_flags.csv`."""
    return [
        Pattern(
            row["flag"],
            cast("Kind", row["kind"]),
            _alternatives(row["first"]),
            _alternatives(row["second"]) if row["second"] else None,
            int(row["gap"]),
        )
        for row in _rows("red_flags.csv")
    ]


@cache
def load_cues() -> Mapping[str, re.Pattern[str]]:
    """By cue, the words of `red_flag_cues.csv` that deny, ask, tell of long ago, of now or of whom.

    `despite` holds denials that deny nothing: `I do not know why`, `it is not better`.
    """
    return {row["cue"]: _alternatives(row["words"]) for row in _rows("red_flag_cues.csv")}


@cache
def load_advice() -> Mapping[str, Advice]:
    """By flag, what is said; in the order in which flags are named when several are raised."""
    return {
        row["flag"]: Advice(
            row["flag"],
            cast("Urgency", row["urgency"]),
            row["source"],
            row["advice_en"],
            row["advice_vi"],
        )
        for row in _rows("red_flag_advice.csv")
    }


def _alternatives(words: str) -> re.Pattern[str]:
    """`swell*|closed` as an expression of whole words.

    A lone `*` is one word or two, `#` a number of two digits or more;
    `!tự tử` counts only with its accents: without them it is the everyday `từ từ` too.
    """
    forms = [_phrase(one) for one in words.lower().replace("'", "").split("|")]
    return re.compile(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)")


def _phrase(words: str) -> str:
    return r"\s+".join(
        _word(one, accents=words.startswith("!")) for one in words.removeprefix("!").split()
    )


def _word(word: str, *, accents: bool) -> str:
    if word == "*":
        return r"\w+(?:\s+\w+)?"
    if word == "#":
        return r"\d{2,}"
    spellings = [word] if accents else sorted({word, plain_letters(word)})
    forms = [re.escape(one).replace(r"\*", r"\w*") for one in spellings]
    return forms[0] if len(forms) == 1 else f"(?:{'|'.join(forms)})"


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = (files("deployments.chatbot") / "data" / name).read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())
