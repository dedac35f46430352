"""The ingredient table: codes, names in three languages, groups; and finding one by its words."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from deployments.letters import plain_letters

DATA: Final = Path(__file__).parents[1] / "data"

_BESIDE_THE_NAME: Final = re.compile(
    r"\([^)]*\)"  # Alendronate (Fosamax)
    r"|\b\d+([.,]\d+)?\s*(mg|mcg|µg|g|ml|iu|ui|%|mg/ml)?(?=\s|$|/)"  # 500 mg
    r"|\b(tablets?|capsules?|injection|oral|solution|syrup|cream|viên|ống|siro)\b",
    re.IGNORECASE,
)
_BETWEEN_NAMES: Final = re.compile(r"\s*[/+,;&]\s*|\s+and\s+|\s+và\s+")


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One row of `ingredients.csv`.

    Attributes:
        code: RxNorm ingredient code; "local:..." where none could be confirmed.
        groups: own classes, for duplicates, allergies, pregnancy and kidney.
        ansm: names in the French thesaurus, without accents.
    """

    code: str
    name_en: str
    name_fr: str
    name_vi: str
    synonyms: tuple[str, ...]
    groups: frozenset[str]
    ansm: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that it is found by."""
        return (self.name_en, self.name_fr, self.name_vi, *self.synonyms)


@dataclass(frozen=True)
class Ingredients:
    """The table with its ways in.

    Attributes:
        by_code: every row.
        names: code by folded name.
        groups: codes by group.
    """

    by_code: Mapping[str, Ingredient]
    names: Mapping[str, str]
    groups: Mapping[str, frozenset[str]]

    @classmethod
    def load(cls) -> Self:
        """Reads the table that ships with the program."""
        by_code = {row["rxnorm"]: _ingredient(row) for row in read_table("ingredients.csv")}
        names: dict[str, str] = {}
        groups: dict[str, set[str]] = defaultdict(set)
        for item in by_code.values():
            names.update((fold(name), item.code) for name in item.names)
            for group in item.groups:
                groups[group].add(item.code)
        return cls(by_code, names, {name: frozenset(codes) for name, codes in groups.items()})

    @property
    def items(self) -> tuple[Ingredient, ...]:
        """All rows in the order of the table."""
        return tuple(self.by_code.values())

    def groups_of(self, code: str) -> frozenset[str]:
        """The groups of an ingredient; none for an unknown code."""
        item = self.by_code.get(code)
        return item.groups if item else frozenset()

    def expand(self, target: str) -> frozenset[str]:
        """Codes that a table cell means: one code, or the members of "@group".

        Raises:
            KeyError: no such ingredient or group: the tables do not fit together.
        """
        if target.startswith("@"):
            return self.groups[target[1:]]
        return frozenset({self.by_code[target].code})

    def find(self, words: str) -> tuple[str, ...]:
        """Codes of the ingredients that some words name; empty unless every part is known.

        Understands names of the table in any of its languages, brand names, combinations
        ("Amoxicillin/Clavulanate"), and strength or form beside the name.
        """
        if code := self.names.get(fold(words)):
            return (code,)
        bare = _BESIDE_THE_NAME.sub(" ", words)
        parts = filter(None, map(fold, _BETWEEN_NAMES.split(bare)))
        found = [self.names.get(part) for part in parts]
        return tuple(code for code in found if code) if all(found) else ()


def read_table(name: str) -> Iterator[dict[str, str]]:
    """The rows of one of the tables beside the program."""
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def fold(words: str) -> str:
    """Words without capitals, accents and outer or double spaces, for comparing names."""
    return " ".join(plain_letters(words.replace("’", "'")).split())


def _ingredient(row: Mapping[str, str]) -> Ingredient:
    return Ingredient(
        code=row["rxnorm"],
        name_en=row["name_en"],
        name_fr=row["name_fr"],
        name_vi=row["name_vi"],
        synonyms=_listed(row["synonyms"]),
        groups=frozenset(_listed(row["groups"])),
        ansm=_listed(row["ansm"]),
    )


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, cell.split("|")))
