"""Automatic verification: ordered rules, each with a verdict. Pure.

After CLSI AUTO10-A (2006) and AUTO15 (2019): a result goes out by itself only when every rule
that applies to it passes; whatever does not pass waits for a person, who sees why.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from deployments.laboratory.flags import Flag
from deployments.laboratory.readings import Reading

Outcome = Literal["pass", "fail", "not-applicable"]


@dataclass(frozen=True)
class Earlier:
    """The last value of the same parameter of the same patient."""

    value: Decimal
    unit: str | None
    observed_at: datetime


@dataclass(frozen=True)
class Value:
    """One value that is judged."""

    reading: Reading
    flag: Flag | None
    critical: bool
    earlier: Earlier | None = None

    @property
    def code(self) -> str:
        """Of the parameter."""
        return self.reading.parameter.code


@dataclass(frozen=True)
class Facts:
    """What the rules look at.

    Attributes:
        values: of the result.
        around: numbers of the whole order, by code of the parameter.
        complete: nothing that is measured is missing.
        correction: something else was released before.
        held: codes of parameters whose quality control is out.
        condition: flags of the specimen.
        stable_until: of the specimen.
        observed_at: when it was measured.
        collected_at: of the specimen.
        entered_at: when it came.
        waiting_parts: codes of parameters that go into a calculated value, and are not out yet.
    """

    values: Sequence[Value]
    around: Mapping[str, Decimal]
    complete: bool
    correction: bool
    held: Collection[str]
    condition: Collection[str]
    stable_until: datetime | None
    observed_at: datetime
    collected_at: datetime
    entered_at: datetime
    waiting_parts: Collection[str] = ()


class Verdict(NamedTuple):
    """What one rule says."""

    rule: str
    outcome: Outcome
    detail: str | None = None


CLOCKS_APART: Final = timedelta(minutes=5)
"""How far the clock of an analyzer may be from ours; ours."""
INTERFERES: Final[Mapping[str, frozenset[str]]] = {
    "haemolysed": frozenset(
        {"K", "AST", "LDH", "MG", "PHOS", "FE", "ALT", "CK", "TBIL", "DBIL", "TROP", "NH3", "FOL"}
    ),
    "lipaemic": frozenset({"NA", "TG", "ALB", "TP", "HGB", "MCH", "MCHC", "TBIL", "CA"}),
    "icteric": frozenset({"CREA", "TC", "TG", "UA"}),
    "clotted": frozenset({"WBC", "RBC", "HGB", "HCT", "PLT", "PT", "INR", "APTT", "FIB", "DDIM"}),
    "underfilled": frozenset({"PT", "INR", "APTT", "FIB", "DDIM"}),
    "warm": frozenset({"NH3", "LAC", "PH", "PCO2", "PO2", "HCO3"}),
    "late": frozenset({"K", "GLU", "LAC", "NH3", "PT", "APTT", "PH", "PCO2", "PO2"}),
}
"""Which parameters a condition of the specimen spoils: Lippi G et al., Clin Chem Lab Med
2008;46:764 (haemolysis); CLSI EP07 and C56-A (haemolysis, icterus, lipaemia); CLSI H21-A5 (clots,
filling and age of coagulation specimens)."""


def complete(facts: Facts) -> Verdict:
    """Everything that the test measures is there."""
    return _verdict("complete", [] if facts.complete else ["a value is missing"])


def parts(facts: Facts) -> Verdict:
    """What a calculated value is made from has been released: it is as true as they are."""
    return _verdict("parts", [f"{code}: not released yet" for code in sorted(facts.waiting_parts)])


def first_version(facts: Facts) -> Verdict:
    """A correction of something released is always a person's."""
    return _verdict("first-version", ["it corrects what was released"] if facts.correction else [])


def quality_control(facts: Facts) -> Verdict:
    """No control of the analyzer is out."""
    return _verdict("quality-control", [f"{code}: control is out" for code in sorted(facts.held)])


def specimen(facts: Facts) -> Verdict:
    """The specimen is fresh, and its condition does not spoil what was measured."""
    found = [
        f"{one.code}: {condition}"
        for condition in facts.condition
        for one in facts.values
        if one.code in INTERFERES.get(condition, ())
    ]
    if facts.stable_until is not None and facts.observed_at > facts.stable_until:
        found.append("the specimen was too old")
    return _verdict("specimen", found)


def time(facts: Facts) -> Verdict:
    """It was measured after its specimen was taken, and before it came."""
    found = []
    if facts.observed_at < facts.collected_at - CLOCKS_APART:
        found.append("measured before its specimen was taken")
    if facts.observed_at > facts.entered_at + CLOCKS_APART:
        found.append("measured in the future")
    return _verdict("time", found)


def plausible(facts: Facts) -> Verdict:
    """Every number can be true of a living person."""
    numbers = [one for one in facts.values if one.reading.value is not None]
    found = [
        f"{one.code}: {one.reading.value} cannot be"
        for one in numbers
        if one.reading.value is not None
        and not one.reading.parameter.plausible.holds(one.reading.value)
    ]
    return _verdict("plausible", found, applies=bool(numbers))


def measurable(facts: Facts) -> Verdict:
    """No number is beyond what the analyzer can measure: it may want a dilution."""
    found = [f"{one.code}: {one.reading.comparator}{one.reading.value}"
             for one in facts.values if one.reading.comparator]  # fmt: skip
    return _verdict("measurable", found)


def critical(facts: Facts) -> Verdict:
    """A critical value is a person's."""
    return _verdict("critical", [f"{one.code}: {one.flag}" for one in facts.values if one.critical])


def coded(facts: Facts) -> Verdict:
    """An abnormal choice, and any free text, is a person's."""
    words = [one for one in facts.values if one.reading.choice or one.reading.text]
    found = [f"{one.code}: {one.reading.choice or 'text'}"
             for one in words if one.flag != "N"]  # fmt: skip
    return _verdict("coded", found, applies=bool(words))


def delta(facts: Facts) -> Verdict:
    """No number differs from the one before by more than its delta limits, within their time.

    Values in different units are not compared, which fails: Ladenson JH, Clin Chem 1975;21:1648;
    CLSI EP33 (delta checks).
    """
    found, compared = [], False
    for one in facts.values:
        limit, earlier, value = one.reading.parameter.delta, one.earlier, one.reading.value
        if limit is None or earlier is None or value is None:
            continue
        if facts.collected_at - earlier.observed_at > limit.within:
            continue
        compared = True
        if earlier.unit != one.reading.parameter.unit:
            found.append(f"{one.code}: {earlier.unit} before, {one.reading.parameter.unit} now")
        elif differs(value, earlier.value, limit.absolute, limit.percent):
            found.append(f"{one.code}: {earlier.value} before, {value} now")
    return _verdict("delta", found, applies=compared)


def differs(
    value: Decimal, before: Decimal, absolute: Decimal | None, percent: Decimal | None
) -> bool:
    """Whether a change is beyond the limits; where both are given, it must be beyond both.

    A small number changes much in per cent and little in fact; a large one the other way round.
    """
    change = abs(value - before)
    beyond = []
    if absolute is not None:
        beyond.append(change > absolute)
    if percent is not None:
        beyond.append(before != 0 and change * 100 > percent * abs(before))
    return bool(beyond) and all(beyond)


class Agreement(NamedTuple):
    """What must hold between values of one order.

    Attributes:
        needs: codes of the parameters.
        holds: whether it does.
        words: what is wrong when it does not.
    """

    needs: Sequence[str]
    holds: Callable[[Mapping[str, Decimal]], bool]
    words: str


AGREEMENTS: Final = (
    Agreement(
        ("HGB", "HCT"),
        lambda one: abs(one["HGB"] / 10 * 3 - one["HCT"] * 100) <= Decimal("4.5"),
        "haemoglobin (g/dL) x 3 is not near the haematocrit (%)",
    ),
    Agreement(("TBIL", "DBIL"), lambda one: one["DBIL"] <= one["TBIL"], "direct above total"),
    Agreement(("TP", "ALB"), lambda one: one["ALB"] <= one["TP"], "albumin above total protein"),
    Agreement(("TC", "HDL"), lambda one: one["HDL"] <= one["TC"], "HDL above cholesterol"),
    Agreement(("PSA", "FPSA"), lambda one: one["FPSA"] <= one["PSA"], "free PSA above total"),
    Agreement(
        ("NA", "CL", "CO2"),
        lambda one: 0 <= one["NA"] - one["CL"] - one["CO2"] <= 30,
        "the anion gap is outside 0 to 30 mmol/L",
    ),
    Agreement(
        ("K", "CA"),
        lambda one: not (one["K"] > 6 and one["CA"] < Decimal("1.9")),
        "high potassium with low calcium: EDTA in the tube?",
    ),
)
"""Haemoglobin x 3 = haematocrit within 3, here widened for microcytes: Bain BJ, Dacie and Lewis
Practical Haematology, 12th ed.; EDTA contamination: Cornes MP et al., Ann Clin Biochem 2008;45:601;
the others by definition, and AUTO10-A."""


def consistent(facts: Facts) -> Verdict:
    """Values of the order do not contradict each other."""
    own = {one.code for one in facts.values}
    known = dict(facts.around)
    looked_at = [
        one for one in AGREEMENTS
        if own.intersection(one.needs) and all(code in known for code in one.needs)
    ]  # fmt: skip
    found = [one.words for one in looked_at if not one.holds(known)]
    return _verdict("consistent", found, applies=bool(looked_at))


RULES: Final = (
    complete,
    parts,
    first_version,
    quality_control,
    specimen,
    time,
    plausible,
    measurable,
    critical,
    coded,
    delta,
    consistent,
)
"""In the order in which their verdicts are shown."""


def assess(facts: Facts) -> list[Verdict]:
    """The verdict of every rule."""
    return [rule(facts) for rule in RULES]


def passes(verdicts: Sequence[Verdict]) -> bool:
    """Whether nothing failed."""
    return all(one.outcome != "fail" for one in verdicts)


def _verdict(rule: str, found: Sequence[str], *, applies: bool = True) -> Verdict:
    if found:
        return Verdict(rule, "fail", "; ".join(found))
    return Verdict(rule, "pass" if applies else "not-applicable")
