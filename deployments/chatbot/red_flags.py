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
BEFORE: Final = 4
"""Words before a finding in which a denial of it stands."""
DENIALS: Final = frozenset(
    "no not don't doesn't didn't isn't wasn't aren't haven't hasn't without never denies dont "
    "không chưa chẳng hết khong chua chang".split()
)
QUESTIONS: Final = re.compile(
    r"\b(?:what (?:is|are|does|causes)|what's|symptoms of|signs of|risk of|prevent\w*|"
    r"how (?:do i|to|can i) (?:prevent|avoid|recognise|recognize|lower|reduce)|vaccin\w*|"
    r"difference between|learn about|read about|information (?:on|about)|leaflet|"
    r"là gì|là bệnh gì|phòng ngừa|phòng tránh|phòng bệnh|triệu chứng của|dấu hiệu của|"
    r"nguyên nhân|tìm hiểu|thông tin về|nguy cơ|tiêm phòng|vắc xin|"
    r"la gi|la benh gi|phong ngua|phong tranh|trieu chung cua|dau hieu cua|nguyen nhan|tim hieu)\b"
)
LONG_AGO: Final = re.compile(
    r"\b(?:years? ago|months? ago|last year|last month|in (?:19|20)\d\d|used to|as a child|history of|"
    r"since (?:19|20)\d\d|năm ngoái|năm trước|tháng trước|hồi nhỏ|tiền sử|trước đây|năm (?:19|20)\d\d|"
    r"nam ngoai|nam truoc|thang truoc|hoi nho|tien su|truoc day)\b"
)
NOW: Final = re.compile(
    r"\b(?:now|right now|today|tonight|again|still|suddenly|this morning|since (?:yesterday|morning)|"
    r"bây giờ|hôm nay|đang|vẫn|lại|đột ngột|sáng nay|tối nay|từ sáng|vừa|mới|"
    r"bay gio|hom nay|dang|van|lai|dot ngot|sang nay|vua|moi)\b"
)
PERSONAL: Final = re.compile(
    r"\b(?:i|i'm|i've|my|me|he|she|his|her|we|our|tôi|em|con|bé|mẹ|bố|ba|má|vợ|chồng|ông|bà|anh|chị|"
    r"cháu|mình|toi|be|me|bo|vo|chong|ong|chau|minh)\b"
)


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


class Patterns(NamedTuple):
    """All patterns, as they are written and without accents."""

    written: Sequence[Pattern]
    plain: Sequence[Pattern]


def find_red_flags(text: str) -> list[str]:
    """The flags that a text raises, each once, in the order of the table; empty when it is calm.

    A text without accents is compared without them: many people type Vietnamese so.
    """
    lowered = unicodedata.normalize("NFC", text).lower().replace("’", "'")
    without = plain_letters(lowered)
    patterns = load_patterns()
    chosen = patterns.plain if lowered == without else patterns.written
    sentences = [one for one in SENTENCES.split(lowered) if one.strip()]
    found = {
        pattern.flag for pattern in chosen for one in _scopes(sentences) if _raised(pattern, one)
    }
    return [flag for flag in load_advice() if flag in found]


def _scopes(sentences: Sequence[str]) -> Iterator[str]:
    """Each sentence, and each with the next: people break off in the middle."""
    yield from sentences
    for one, next_ in pairwise(sentences):
        yield f"{one} , {next_}"


def _raised(pattern: Pattern, sentence: str) -> bool:
    place = _place(pattern, sentence)
    if place is None:
        return False
    if pattern.kind == "danger":
        return True
    if _denied(sentence[:place]):
        return False
    now = NOW.search(sentence)
    if LONG_AGO.search(sentence) and not now:
        return False
    asks = QUESTIONS.search(sentence)
    return not asks or bool(now) or (pattern.kind == "symptom" and bool(PERSONAL.search(sentence)))


def _place(pattern: Pattern, sentence: str) -> int | None:
    """Where the finding begins, when both halves are near enough."""
    for first in pattern.first.finditer(sentence):
        if pattern.second is None:
            return first.start()
        for second in pattern.second.finditer(sentence):
            early, late = sorted((first.span(), second.span()))
            between = sentence[early[1] : late[0]]
            if early[1] <= late[0] and len(WORDS.findall(between)) <= pattern.gap:
                return early[0]
    return None


def _denied(before: str) -> bool:
    """Whether the last words before the finding deny it."""
    words = WORDS.findall(before.rpartition(" , ")[2])[-BEFORE:]
    return any(word in DENIALS for word in words)


@cache
def load_patterns() -> Patterns:
    """The patterns of `red_flags.csv`."""
    rows = list(_rows("red_flags.csv"))
    return Patterns(
        [_pattern(row, plain=False) for row in rows], [_pattern(row, plain=True) for row in rows]
    )


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


def _pattern(row: dict[str, str], *, plain: bool) -> Pattern:
    return Pattern(
        row["flag"],
        cast("Kind", row["kind"]),
        _alternatives(row["first"], plain=plain),
        _alternatives(row["second"], plain=plain) if row["second"] else None,
        int(row["gap"]),
    )


def _alternatives(words: str, *, plain: bool) -> re.Pattern[str]:
    """`swell*|closed` as an expression of whole words; a lone `*` is one or two words.

    `!tự tử` counts only with its accents: without them it is the everyday `từ từ` too.
    """
    wanted = [one for one in words.lower().split("|") if not (plain and one.startswith("!"))]
    spelled = [plain_letters(one) if plain else one.removeprefix("!") for one in wanted]
    forms = [
        re.escape(one).replace(r"\ \*\ ", r"\ \w+(?:\ \w+)?\ ").replace(r"\*", r"\w*")
        for one in spelled
    ]
    return re.compile(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)")


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = (files("deployments.chatbot") / "data" / name).read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())
