"""Pregnancy and kidney function."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from deployments.pharmacy.safety.findings import Finding, FindingKind, Severity, Text
from deployments.pharmacy.safety.knowledge import Knowledge
from deployments.pharmacy.safety.subjects import Drug, Patient
from deployments.pharmacy.safety.tables import DAYS_PER_YEAR, Ruling

SOURCE: Final = "medray"
CHILDBEARING_DAYS: Final = (int(12 * DAYS_PER_YEAR), int(50 * DAYS_PER_YEAR))
"""Women between 12 and 50 years are asked; source: WHO, 15 to 49, widened to be safe."""
PREGNANT: Final = re.compile(r"^(Z3[34]|Z3A|O0[0-9]|O[1-4][0-9])")
"""ICD-10 chapters of a pregnancy that lasts: Z33, Z34, Z3A and O00 to O48."""
STAGE_EGFR: Final = {"N18.6": 14, "N18.5": 14, "N18.4": 29, "N18.3": 59, "N18.2": 89}
"""Highest eGFR of the stages of chronic kidney disease. Source: KDIGO 2024."""

MUST_KNOW: Final = (Severity.CONTRAINDICATED,)
"""Rules for which it is worth asking what nobody recorded."""
ASK_PREGNANCY: Final = (
    Text("Pregnancy is not known.", "Chưa biết có thai hay không."),
    Text("Ask, or test, before this drug.", "Hỏi hoặc thử thai trước khi dùng thuốc này."),
)
ASK_KIDNEY: Final = (
    Text("Kidney function is not known.", "Chưa biết chức năng thận."),
    Text(
        "Measure creatinine before this drug if kidney disease is possible.",
        "Đo creatinin trước khi dùng thuốc này nếu nghi bệnh thận.",
    ),
)


def pregnancy(new: Sequence[Drug], patient: Patient, knowledge: Knowledge) -> Iterator[Finding]:
    """Risks to an unborn child; "not checked" where it matters and nobody knows."""
    state = _pregnant(patient)
    if state is False:
        return
    for drug in new:
        for code in drug.ingredients:
            ruling = _pregnancy_ruling(code, knowledge)
            if ruling and state:
                yield _finding(FindingKind.PREGNANCY, drug, code, ruling, knowledge)
            elif ruling and ruling.severity in MUST_KNOW:
                kind = FindingKind.PREGNANCY
                yield _not_checked(kind, drug, code, ASK_PREGNANCY, knowledge)


def kidney(new: Sequence[Drug], patient: Patient, knowledge: Knowledge) -> Iterator[Finding]:
    """Limits by filtration rate: the strictest that applies to every ingredient."""
    egfr = _egfr(patient)
    for drug in new:
        for code in drug.ingredients:
            limits = [each for each in knowledge.kidney_limits if code in each.ingredients]
            applying = [each for each in limits if egfr is not None and egfr < each.below]
            if applying:
                ruling = applying[0].ruling
                yield _finding(FindingKind.RENAL, drug, code, ruling, knowledge)
            elif egfr is None and any(each.ruling.severity in MUST_KNOW for each in limits):
                yield _not_checked(FindingKind.RENAL, drug, code, ASK_KIDNEY, knowledge)


def _pregnant(patient: Patient) -> bool | None:
    """As recorded; else by the conditions; else False for those who cannot be."""
    if patient.pregnant is not None:
        return patient.pregnant
    if any(map(PREGNANT.match, patient.conditions)):
        return True
    youngest, oldest = CHILDBEARING_DAYS
    age = patient.age_days
    if patient.sex == "male" or (age is not None and not youngest <= age <= oldest):
        return False
    return None


def _egfr(patient: Patient) -> Decimal | None:
    """As measured; else the best that a recorded stage of kidney disease allows."""
    if patient.egfr_ml_min is not None:
        return patient.egfr_ml_min
    stages = (
        Decimal(rate)
        for condition in patient.conditions
        for stage, rate in STAGE_EGFR.items()
        if condition.startswith(stage)
    )
    return min(stages, default=None)


def _pregnancy_ruling(code: str, knowledge: Knowledge) -> Ruling | None:
    """A row for the ingredient itself goes before one for its class."""
    rows = [risk for risk in knowledge.pregnancy_risks if code in risk.ingredients]
    return min(rows, key=lambda risk: len(risk.ingredients)).ruling if rows else None


def _finding(
    kind: FindingKind, drug: Drug, code: str, ruling: Ruling, knowledge: Knowledge
) -> Finding:
    return Finding(
        kind=kind,
        severity=ruling.severity,
        items=(drug.key,),
        substances=(code,),
        code=ruling.code,
        mechanism=ruling.mechanism,
        advice=ruling.advice,
        source=ruling.source,
        data_version=knowledge.version,
    )


def _not_checked(
    kind: FindingKind, drug: Drug, code: str, words: tuple[Text, Text], knowledge: Knowledge
) -> Finding:
    return Finding(
        kind=kind,
        severity=Severity.NOT_CHECKED,
        items=(drug.key,),
        substances=(code,),
        code=f"{kind}:unknown:{code}",
        mechanism=words[0],
        advice=words[1],
        source=SOURCE,
        data_version=knowledge.version,
    )
