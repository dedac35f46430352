"""The tables that pharmacists extend, as typed rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, cast

from deployments.pharmacy.safety.findings import Severity, Text
from deployments.pharmacy.safety.ingredients import Ingredients, read_table

DAYS_PER_YEAR: Final = Decimal("365.25")
TABLES: Final = (
    "allergens.csv",
    "cross_reactivity.csv",
    "dose_limits.csv",
    "duplicates.csv",
    "formulary.csv",
    "ingredients.csv",
    "interactions.json.gz",
    "interactions_own.csv",
    "pregnancy.csv",
    "renal.csv",
)
"""Everything that is read at run time; its bytes make the version."""

Basis = Literal["day", "dose", "day/kg", "dose/kg", "week", "times/week", "forbidden"]
Codes = frozenset[str]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a table says where one of its rows applies.

    Attributes:
        code: stable id of the row.
        source: who says so.
    """

    code: str
    severity: Severity
    mechanism: Text
    advice: Text
    source: str


@dataclass(frozen=True, slots=True)
class CrossReaction:
    """Whoever is allergic to one of the first may react to the second."""

    allergens: Codes
    drugs: Codes
    ruling: Ruling


@dataclass(frozen=True, slots=True)
class DoseLimit:
    """The most of an ingredient for patients of an age.

    Attributes:
        routes: where it applies; empty for all.
        from_days: youngest age, completed days.
        to_days: first age beyond; None without end.
        basis: what `maximum` bounds; "forbidden": not at this age.
    """

    ingredients: Codes
    routes: frozenset[str]
    from_days: int
    to_days: int | None
    basis: Basis
    maximum: Decimal
    unit: str
    ruling: Ruling


@dataclass(frozen=True, slots=True)
class KidneyLimit:
    """Applies below an estimated filtration rate, mL/min/1.73 m2."""

    ingredients: Codes
    below: Decimal
    ruling: Ruling


@dataclass(frozen=True, slots=True)
class PregnancyRisk:
    """Applies in pregnancy."""

    ingredients: Codes
    ruling: Ruling


@dataclass(frozen=True, slots=True)
class DuplicateClass:
    """Two ingredients of this class are rarely meant together."""

    ingredients: Codes
    ruling: Ruling


def cross_reactions(ingredients: Ingredients) -> tuple[CrossReaction, ...]:
    """`cross_reactivity.csv`."""
    return tuple(
        CrossReaction(
            ingredients.expand(row["allergens"]),
            ingredients.expand(row["drugs"]),
            _ruling(row, f"allergy:{row['code']}"),
        )
        for row in read_table("cross_reactivity.csv")
    )


def allergens(ingredients: Ingredients) -> dict[str, Codes]:
    """`allergens.csv`: what words of an allergy mean; nothing for what is not a drug."""
    return {
        row["term"]: _targets(row["meaning"], ingredients) for row in read_table("allergens.csv")
    }


def products() -> dict[str, tuple[str, ...]]:
    """Ingredients by RxNorm product code, of `formulary.csv`."""
    rows = read_table("formulary.csv")
    return {row["rxnorm"]: tuple(row["ingredients"].split("|")) for row in rows if row["rxnorm"]}


def dose_limits(ingredients: Ingredients) -> tuple[DoseLimit, ...]:
    """`dose_limits.csv`."""
    return tuple(_dose_limit(row, ingredients) for row in read_table("dose_limits.csv"))


def kidney_limits(ingredients: Ingredients) -> tuple[KidneyLimit, ...]:
    """`renal.csv`, the strictest row of an ingredient first."""
    rows = (
        KidneyLimit(
            ingredients.expand(row["target"]),
            Decimal(row["egfr_below"]),
            _ruling(row, f"renal:{row['target']}:{row['egfr_below']}"),
        )
        for row in read_table("renal.csv")
    )
    return tuple(sorted(rows, key=lambda limit: limit.below))


def pregnancy_risks(ingredients: Ingredients) -> tuple[PregnancyRisk, ...]:
    """`pregnancy.csv`."""
    return tuple(
        PregnancyRisk(ingredients.expand(row["target"]), _ruling(row, f"pregnancy:{row['target']}"))
        for row in read_table("pregnancy.csv")
    )


def duplicate_classes(ingredients: Ingredients) -> tuple[DuplicateClass, ...]:
    """`duplicates.csv`."""
    return tuple(
        DuplicateClass(ingredients.groups[row["group"]], _duplicate(row))
        for row in read_table("duplicates.csv")
    )


def own_interactions(ingredients: Ingredients) -> dict[frozenset[str], Ruling]:
    """`interactions_own.csv`: pairs that hold before what the built base says."""
    found: dict[frozenset[str], Ruling] = {}
    for row in read_table("interactions_own.csv"):
        for one in ingredients.expand(row["first"]):
            for other in ingredients.expand(row["second"]) - {one}:
                found[frozenset({one, other})] = _ruling(row, "")
    return found


def _ruling(row: Mapping[str, str], code: str) -> Ruling:
    return Ruling(
        code=code,
        severity=Severity(row["severity"]),
        mechanism=Text(row["mechanism_en"], row["mechanism_vi"]),
        advice=Text(row["advice_en"], row["advice_vi"]),
        source=row["source"],
    )


def _duplicate(row: Mapping[str, str]) -> Ruling:
    return Ruling(
        code=f"duplicate:{row['group']}",
        severity=Severity(row["severity"]),
        mechanism=Text(
            f"Two {row['name_en']}. {row['reason_en']}",
            f"Hai {row['name_vi']}. {row['reason_vi']}",
        ),
        advice=Text("Keep one of them.", "Chỉ dùng một thuốc."),
        source=row["source"],
    )


def _dose_limit(row: Mapping[str, str], ingredients: Ingredients) -> DoseLimit:
    note = Text(row["note_en"], row["note_vi"])
    code = f"dose:{row['target']}:{row['basis']}:{row['age_from_years']}"
    return DoseLimit(
        ingredients=ingredients.expand(row["target"]),
        routes=frozenset(filter(None, row["routes"].split("|"))),
        from_days=_days(row["age_from_years"]),
        to_days=_days(row["age_to_years"]) if row["age_to_years"] else None,
        basis=cast("Basis", row["basis"]),
        maximum=Decimal(row["maximum"] or 0),
        unit=row["unit"],
        ruling=Ruling(code, Severity(row["severity"]), note, note, row["source"]),
    )


def _days(years: str) -> int:
    return int(Decimal(years) * DAYS_PER_YEAR)


def _targets(cell: str, ingredients: Ingredients) -> Codes:
    targets = filter(None, cell.split("|"))
    return frozenset(code for target in targets for code in ingredients.expand(target))
