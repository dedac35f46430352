"""Reads the English entries of `drug-interaction-mcp` without running its code."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

EDITION: Final = "0.1.0"
SOURCE: Final = Path("drug_interaction_mcp/interactions.py")

NARROWED: Final[Mapping[frozenset[str], tuple[str, str]]] = {
    frozenset({"statin", "erythromycin"}): ("statin", "@statin_cyp3a4"),
}
"""Entries whose class word is wider than their own mechanism.

Pravastatin and rosuvastatin are not metabolised by CYP3A4 (their FDA labels name no limit with
erythromycin or clarithromycin). "Calcium channel blocker" beside "verapamil, diltiazem" is
narrowed in `overlay_terms.csv`: dihydropyridines do not slow conduction.
"""


@dataclass(frozen=True)
class Entry:
    """One entry: two lists of names, and what is said of every pair of them."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    severity: str
    mechanism: str
    advice: str
    source: str


def entries(root: Path) -> Iterator[Entry]:
    """The entries in the order of the source."""
    tree = ast.parse((root / SOURCE).read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "Interaction":
            yield _entry({keyword.arg or "": keyword.value for keyword in node.keywords})


def _entry(fields: Mapping[str, ast.expr]) -> Entry:
    def value(name: str) -> Any:
        return ast.literal_eval(fields[name])

    severity = fields["severity"]
    if not isinstance(severity, ast.Attribute):
        raise TypeError("severity is not written as Severity.X")
    return Entry(
        first=value("drug_a"),
        second=value("drug_b"),
        severity=severity.attr,
        mechanism=f"{value('description')} {value('mechanism')}",
        advice=value("recommendation"),
        source=value("source"),
    )


def pairs(
    entry: Entry,
    meaning: Mapping[str, frozenset[str]],
    groups: Mapping[str, frozenset[str]],
) -> Iterator[tuple[str, str]]:
    """Every pair of ingredient codes that the entry speaks of.

    Args:
        entry: names of brands, ingredients and classes mixed.
        meaning: ingredient codes of every known name.
        groups: ingredient codes of every group, for the narrowed classes.
    """
    words = {*entry.first, *entry.second}
    narrowed = {
        term: groups[group.removeprefix("@")]
        for key, (term, group) in NARROWED.items()
        if key <= words
    }

    def codes(names: tuple[str, ...]) -> set[str]:
        found = (narrowed.get(name, meaning.get(name, frozenset())) for name in names)
        return set().union(*found)

    for one, other in product(sorted(codes(entry.first)), sorted(codes(entry.second))):
        if one != other:
            yield one, other
