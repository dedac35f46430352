"""Joins both sources to one statement per pair of ingredients.

Levels (LICENCE-NOTES.md has the table with reasons):

- ANSM "contre-indication": CONTRAINDICATED; but SERIOUS where the row's level depends on dose,
  route or illness and names neither drug, since a program cannot refuse on half a condition;
- ANSM "association déconseillée": SERIOUS;
- ANSM "précaution d'emploi" and "à prendre en compte": MINOR;
- overlay DANGER: SERIOUS; WARNING and CAUTION: MINOR.

The worse of the two holds. The English words are the overlay's where it knows the pair, else
those of `phrases.csv` for the French mechanism.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Final

from deployments.pharmacy.safety.build import ansm, overlay
from deployments.pharmacy.safety.build.ansm import Level, Statement, Thesaurus, normal
from deployments.pharmacy.safety.findings import Severity

ANSM_SOURCE: Final = f"ANSM, Thésaurus des interactions médicamenteuses, {ansm.EDITION}"
OVERLAY_SEVERITY: Final = {
    "DANGER": Severity.SERIOUS,
    "WARNING": Severity.MINOR,
    "CAUTION": Severity.MINOR,
}
RANK: Final = (Severity.MINOR, Severity.SERIOUS, Severity.CONTRAINDICATED)
UNWORDED: Final = (
    "Interaction of the French national thesaurus; the mechanism is given in French.",
    "Tương tác theo từ điển tương tác thuốc quốc gia Pháp; cơ chế ghi bằng tiếng Pháp.",
)
ADVICE: Final[Mapping[Level, tuple[str, str]]] = {
    Level.CONTRAINDICATED: (
        "Contraindicated: do not combine.",
        "Chống chỉ định: không phối hợp.",
    ),
    Level.NOT_RECOMMENDED: (
        "Not recommended: avoid unless benefit outweighs risk; monitor closely.",
        "Không nên phối hợp: tránh dùng trừ khi lợi ích vượt nguy cơ; theo dõi sát.",
    ),
    Level.PRECAUTION: (
        "Precaution: possible if the dose is adapted or the patient is monitored as stated.",
        "Thận trọng: dùng được nếu chỉnh liều hoặc theo dõi người bệnh như đã nêu.",
    ),
    Level.TAKE_INTO_ACCOUNT: (
        "Take into account: effects add up; weigh for this patient.",
        "Cần lưu ý: tác dụng cộng hưởng; cân nhắc trên từng người bệnh.",
    ),
}
CONDITIONAL: Final = (
    (
        "From contraindicated or not recommended to acceptable, by dose, route or illness: "
        "decide by the conditions (in French)."
    ),
    (
        "Từ chống chỉ định hoặc không nên dùng đến chấp nhận được, tùy liều, đường dùng hoặc bệnh: "
        "quyết định theo các điều kiện (bằng tiếng Pháp)."
    ),
)


@dataclass
class Pair:
    """What both sources say of two ingredients."""

    statement: Statement | None = None
    entry: overlay.Entry | None = None


@dataclass
class Base:
    """The base as it is written: texts and rules once, pairs by number."""

    texts: dict[str, int] = field(default_factory=dict)
    rules: dict[tuple[int, ...], int] = field(default_factory=dict)

    def text(self, words: str | None) -> int:
        """Number of a text; -1 for none."""
        return -1 if not words else self.texts.setdefault(words, len(self.texts))

    def rule(self, pair: Pair, phrases: "Phrases") -> int:
        """Number of what is said of a pair."""
        severity, texts = _worded(pair, phrases)
        key = (RANK.index(severity), *map(self.text, texts))
        return self.rules.setdefault(key, len(self.rules))


class Phrases:
    """English and Vietnamese words for French mechanisms: the first phrase found wins."""

    def __init__(self, path: Path) -> None:
        with path.open(encoding="utf-8", newline="") as lines:
            self._rows = [(row["french"], row["en"], row["vi"]) for row in csv.DictReader(lines)]

    def of(self, mechanism: str) -> tuple[str, str]:
        """English and Vietnamese; a hint at the French words where no phrase fits."""
        plain = normal(mechanism)
        for french, english, vietnamese in self._rows:
            if french in plain:
                return english, vietnamese
        return UNWORDED


def severity_of(pair: Pair) -> Severity:
    """The worse of both sources; see the module's docstring."""
    found = []
    if pair.statement:
        found.append(_ansm_severity(pair.statement))
    if pair.entry:
        found.append(OVERLAY_SEVERITY[pair.entry.severity])
    return max(found, key=RANK.index)


def collect(
    thesaurus: Thesaurus,
    codes: Mapping[str, Sequence[str]],
    entries: Iterable[tuple[overlay.Entry, Iterable[tuple[str, str]]]],
) -> dict[tuple[str, str], Pair]:
    """The worst statement and the worst entry of every pair of ingredient codes."""
    pairs: dict[tuple[str, str], Pair] = defaultdict(Pair)
    for one, other, statement in thesaurus.statements():
        for key in _keys(codes.get(one, ()), codes.get(other, ())):
            if _worse(statement, pairs[key].statement):
                pairs[key].statement = statement
    for entry, spoken in entries:
        for one, other in spoken:
            pair = pairs[min(one, other), max(one, other)]
            if pair.entry is None or _rank(entry) > _rank(pair.entry):
                pair.entry = entry
    return {key: pairs[key] for key in sorted(pairs)}


def _keys(first: Iterable[str], second: Iterable[str]) -> Iterator[tuple[str, str]]:
    for one, other in product(first, second):
        if one != other:
            yield min(one, other), max(one, other)


def _worse(statement: Statement, known: Statement | None) -> bool:
    if known is None:
        return True
    return (statement.level, not statement.conditional) > (known.level, not known.conditional)


def _rank(entry: overlay.Entry) -> int:
    return ("CAUTION", "WARNING", "DANGER").index(entry.severity)


def _ansm_severity(statement: Statement) -> Severity:
    if statement.level is Level.CONTRAINDICATED:
        return Severity.SERIOUS if statement.conditional else Severity.CONTRAINDICATED
    if statement.level is Level.NOT_RECOMMENDED:
        return Severity.SERIOUS
    return Severity.MINOR


def _worded(pair: Pair, phrases: Phrases) -> tuple[Severity, list[Any]]:
    """Severity; then mechanism and advice, each English, Vietnamese, French; then the source."""
    mechanism: list[str | None] = [None, None, None]
    advice: list[str | None] = [None, None, None]
    sources = []
    if statement := pair.statement:
        mechanism = [*phrases.of(statement.mechanism), statement.mechanism or None]
        said = CONDITIONAL if statement.conditional else ADVICE[statement.level]
        advice = [*said, statement.advice or None]
        sources.append(ANSM_SOURCE)
    if entry := pair.entry:
        mechanism[0] = entry.mechanism
        advice[0] = f"{entry.advice} {advice[0] or ''}".strip()
        sources.append(f"{entry.source} (drug-interaction-mcp {overlay.EDITION})")
    return severity_of(pair), [*mechanism, *advice, "; ".join(sources)]
