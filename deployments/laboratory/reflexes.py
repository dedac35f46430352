"""Tests that a result asks for by itself (reflex tests), and why that never goes round in circles.

A reflex never asks for a test that is on the order already, whoever asked for it: every reflex
makes the order longer by a test that it did not have, and the catalogue ends.
"""

import csv
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final, Literal

from deployments.laboratory.flags import Flag

RULES: Final = Path(__file__).parent / "data" / "catalogue" / "reflexes.tsv"
When = Literal["out", "low", "high", "is", "above"]
LOW: Final = frozenset({"L", "LL"})
HIGH: Final = frozenset({"H", "HH"})
RELEASED: Final = frozenset({"final", "corrected"})


@dataclass(frozen=True)
class Reflex:
    """If a parameter comes out so, another test is wanted.

    Attributes:
        parameter: code of what was measured.
        when: `out` of its limits, `low`, `high`, `is` one of the choices, `above` the number.
        operand: choices joined by commas, or a number in the unit of the catalogue; else empty.
        test: code of the test that is wanted.
        source: where the rule comes from.
    """

    parameter: str
    when: When
    operand: str
    test: str
    source: str


@dataclass(frozen=True)
class Finding:
    """A value of a result.

    Attributes:
        status: of the result; nothing follows from one that is not released.
    """

    parameter: str
    status: str
    flag: Flag | None = None
    value: Decimal | None = None
    choice: str | None = None


def reflexes_for(
    findings: Iterable[Finding], present: Collection[str], rules: Sequence[Reflex] | None = None
) -> list[Reflex]:
    """The rules that ask for a test which the order has not, one for each test.

    Args:
        findings: values of one order.
        present: codes of the tests of the order, in whatever state.
        rules: those of the house when left out.
    """
    chosen: dict[str, Reflex] = {}
    for finding in findings:
        for rule in shipped() if rules is None else rules:
            if rule.test not in present and asks(rule, finding):
                chosen.setdefault(rule.test, rule)
    return list(chosen.values())


def asks(rule: Reflex, finding: Finding) -> bool:
    """Whether the released value asks for the test of the rule."""
    if finding.parameter != rule.parameter or finding.status not in RELEASED:
        return False
    match rule.when:
        case "out":
            return finding.flag in LOW | HIGH
        case "low":
            return finding.flag in LOW
        case "high":
            return finding.flag in HIGH
        case "is":
            return finding.choice in rule.operand.split(",")
        case "above":
            return finding.value is not None and finding.value > Decimal(rule.operand)


@cache
def shipped() -> tuple[Reflex, ...]:
    """The rules of the house."""
    with RULES.open(encoding="utf-8", newline="") as file:
        return tuple(_rule(row) for row in csv.DictReader(file, delimiter="\t"))


def _rule(row: dict[str, str]) -> Reflex:
    when: When
    match row["when"]:
        case "out" | "low" | "high" | "is" | "above" as when:
            return Reflex(row["parameter"], when, row["operand"], row["test"], row["source"])
        case other:
            raise ValueError(f"a reflex cannot ask {other!r}")
