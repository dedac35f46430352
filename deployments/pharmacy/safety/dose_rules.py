"""Doses by age and weight, where the table has a limit."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from deployments.pharmacy.safety.findings import Finding, FindingKind, Severity, Text
from deployments.pharmacy.safety.knowledge import Knowledge
from deployments.pharmacy.safety.subjects import Amount, DailyDose, Drug, Patient
from deployments.pharmacy.safety.tables import DoseLimit

GROSS_OVERDOSE: Final = 2
"""More than this many times the limit is refused: a slip of the decimal point, not a decision.

Source: house rule. Tenfold errors in children: Doherty and McDonnell, Pediatrics 2012;129:916.
"""
SOURCE: Final = "medray"
UNKNOWN: Final = {
    "age": Text("The age is not known.", "Không biết tuổi."),
    "weight": Text("The weight is not known.", "Không biết cân nặng."),
    "strength": Text("The strength is not known.", "Không biết hàm lượng."),
}
ASK: Final = {
    "age": Text("Record the date of birth.", "Ghi ngày sinh."),
    "weight": Text("Weigh the patient.", "Cân người bệnh."),
    "strength": Text("Check the dose by hand.", "Tự kiểm tra liều."),
}

OFTEN: Final = {
    "dose": Text("at a time", "mỗi lần"),
    "day": Text("a day", "mỗi ngày"),
    "week": Text("a week", "mỗi tuần"),
}


def doses(
    new: Sequence[Drug], current: Sequence[Drug], patient: Patient, knowledge: Knowledge
) -> Iterator[Finding]:
    """Limits that the new drugs, together with current ones of the same ingredient, exceed."""
    for drug in new:
        for code in drug.ingredients:
            limits = [
                limit
                for limit in knowledge.dose_limits.get(code, ())
                if not limit.routes or drug.route is None or drug.route in limit.routes
            ]
            if limits and patient.age_days is None:
                yield _not_checked(drug, code, "age", knowledge)
            if limits and drug.dose is not None and code not in _measured(drug.dose):
                yield _not_checked(drug, code, "strength", knowledge)
            for limit in limits:
                if _of_age(limit, patient.age_days):
                    yield from _against(limit, code, drug, (*new, *current), patient, knowledge)


def _measured(dose: DailyDose) -> set[str]:
    """Ingredients of which the strength is known."""
    return {amount.ingredient for amount in dose.amounts}


def _of_age(limit: DoseLimit, age_days: int | None) -> bool:
    if age_days is None:
        return limit.from_days == 0 and limit.to_days is None
    if age_days < limit.from_days:
        return False
    return limit.to_days is None or age_days < limit.to_days


def _against(
    limit: DoseLimit,
    code: str,
    drug: Drug,
    drugs: Sequence[Drug],
    patient: Patient,
    knowledge: Knowledge,
) -> Iterator[Finding]:
    if limit.basis == "forbidden":
        yield _finding(drug, code, limit, limit.ruling.severity, limit.ruling.mechanism, knowledge)
        return
    given = _given(limit, code, drug, drugs)
    if given is None:
        return
    maximum = limit.maximum
    if limit.basis.endswith("/kg"):
        if patient.weight_kg is None:
            yield _not_checked(drug, code, "weight", knowledge)
            return
        maximum *= patient.weight_kg
    if given > maximum:
        gross = given > maximum * GROSS_OVERDOSE and limit.ruling.severity is Severity.SERIOUS
        severity = Severity.CONTRAINDICATED if gross else limit.ruling.severity
        words = _exceeds(limit, given, maximum)
        yield _finding(drug, code, limit, severity, words, knowledge)


def _given(limit: DoseLimit, code: str, drug: Drug, drugs: Sequence[Drug]) -> Decimal | None:
    """What is given at one time of this drug, or in a day or week of all with the ingredient.

    With `times/week`: how often this drug is given in 7 days.
    """
    if limit.basis == "times/week":
        return max(
            (a.weekly / a.single for a in _amounts(drug, code, limit) if a.single and a.weekly),
            default=None,
        )
    if limit.basis.startswith("dose"):
        return max((a.single for a in _amounts(drug, code, limit) if a.single), default=None)
    period = "weekly" if limit.basis == "week" else "daily"
    if all(getattr(amount, period) is None for amount in _amounts(drug, code, limit)):
        return None
    found = (getattr(a, period) for each in drugs for a in _amounts(each, code, limit))
    return sum(filter(None, found), Decimal(0))


def _amounts(drug: Drug, code: str, limit: DoseLimit) -> list[Amount]:
    if drug.dose is None or (limit.routes and drug.route and drug.route not in limit.routes):
        return []
    return [a for a in drug.dose.amounts if a.ingredient == code and a.unit == limit.unit]


def _exceeds(limit: DoseLimit, given: Decimal, maximum: Decimal) -> Text:
    note = limit.ruling.mechanism
    if limit.basis == "times/week":
        often, most = (f"{round(number, 1).normalize():f}" for number in (given, maximum))
        return Text(
            f"{often} times a week, the limit is {most}. {note.en}",
            f"{often} lần mỗi tuần, giới hạn là {most}. {note.vi}",
        )
    amount, most = f"{given.normalize():f} {limit.unit}", f"{maximum.normalize():f} {limit.unit}"
    when = OFTEN[limit.basis.partition("/")[0]]
    return Text(
        f"{amount} {when.en}, the limit is {most}. {note.en}",
        f"{amount} {when.vi}, giới hạn là {most}. {note.vi}",
    )


def _finding(
    drug: Drug,
    code: str,
    limit: DoseLimit,
    severity: Severity,
    mechanism: Text,
    knowledge: Knowledge,
) -> Finding:
    return Finding(
        kind=FindingKind.DOSE,
        severity=severity,
        items=(drug.key,),
        substances=(code,),
        code=limit.ruling.code,
        mechanism=mechanism,
        advice=limit.ruling.advice,
        source=limit.ruling.source,
        data_version=knowledge.version,
    )


def _not_checked(drug: Drug, code: str, what: str, knowledge: Knowledge) -> Finding:
    return Finding(
        kind=FindingKind.DOSE,
        severity=Severity.NOT_CHECKED,
        items=(drug.key,),
        substances=(code,),
        code=f"dose:unknown-{what}:{code}",
        mechanism=UNKNOWN[what],
        advice=ASK[what],
        source=SOURCE,
        data_version=knowledge.version,
    )
