"""The built interaction base: 32,000 pairs of ingredients in one compact index."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

import orjson

from deployments.pharmacy.safety.findings import Severity, Text
from deployments.pharmacy.safety.ingredients import DATA

BASE: Final = DATA / "interactions.json.gz"
SEVERITIES: Final = (Severity.MINOR, Severity.SERIOUS, Severity.CONTRAINDICATED)


@dataclass(frozen=True, slots=True)
class Interaction:
    """What the base says of two ingredients."""

    severity: Severity
    mechanism: Text
    advice: Text
    source: str


@dataclass(frozen=True)
class InteractionBase:
    """Pairs by number: `place[a] * width + place[b]`, a before b, to the number of a rule.

    Attributes:
        edition: of the sources.
        place: number of every ingredient code.
        names: French name of every ingredient, by number.
        covered: ingredients of which the thesaurus lists the interactions.
        aliases: other RxNorm codes of the same ingredient.
    """

    edition: str
    place: dict[str, int]
    names: Sequence[str]
    covered: frozenset[str]
    aliases: dict[str, str]
    texts: Sequence[str]
    rules: Sequence[Sequence[int]]
    pairs: dict[int, int]
    _worded: dict[int, Interaction] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Self:
        """Reads the file that ships with the program."""
        content: dict[str, Any] = orjson.loads(gzip.decompress(BASE.read_bytes()))
        codes, flat = content["codes"], content["pairs"]
        width = len(codes)
        keys = (one * width + other for one, other in zip(flat[::3], flat[1::3], strict=True))
        return cls(
            edition=content["edition"][0],
            place={code: number for number, code in enumerate(codes)},
            names=content["names"],
            covered=frozenset(
                code for code, yes in zip(codes, content["covered"], strict=True) if yes
            ),
            aliases=dict(content["aliases"]),
            texts=content["texts"],
            rules=content["rules"],
            pairs=dict(zip(keys, flat[2::3], strict=True)),
        )

    def find(self, one: str, other: str) -> Interaction | None:
        """What is known of two ingredients, in any order."""
        first, second = self.place.get(min(one, other)), self.place.get(max(one, other))
        if first is None or second is None:
            return None
        rule = self.pairs.get(first * len(self.place) + second)
        return None if rule is None else self._interaction(rule)

    def name_of(self, code: str) -> str | None:
        """French name of an ingredient that the ingredient table does not have."""
        number = self.place.get(code)
        return self.names[number] or None if number is not None else None

    def _interaction(self, number: int) -> Interaction:
        known = self._worded.get(number)
        if known is None:
            severity, *words, source = self.rules[number]
            en, vi, fr, advice_en, advice_vi, advice_fr = map(self._text, words)
            known = self._worded[number] = Interaction(
                severity=SEVERITIES[severity],
                mechanism=Text(en or "", vi, fr),
                advice=Text(advice_en or "", advice_vi, advice_fr),
                source=self._text(source) or "",
            )
        return known

    def _text(self, number: int) -> str | None:
        return self.texts[number] if number >= 0 else None
