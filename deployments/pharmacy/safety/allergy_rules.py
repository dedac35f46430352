"""Allergies by ingredient and by cross-reactive class."""

from collections.abc import Iterator, Sequence
from typing import Final

from deployments.pharmacy.safety.findings import Finding, FindingKind, Severity, Text
from deployments.pharmacy.safety.knowledge import Knowledge
from deployments.pharmacy.safety.subjects import Allergy, Drug
from deployments.pharmacy.safety.tables import Codes, Ruling

SOURCE: Final = "medray"
ORDER: Final = list(Severity)

SAME_SUBSTANCE: Final = Ruling(
    code="allergy:same",
    severity=Severity.CONTRAINDICATED,
    mechanism=Text(
        "The patient is allergic to this substance or its class.",
        "Người bệnh dị ứng với hoạt chất này hoặc nhóm của nó.",
    ),
    advice=Text("Do not give.", "Không dùng."),
    source=SOURCE,
)
UNKNOWN_WORDS: Final = Ruling(
    code="allergy:unknown-substance",
    severity=Severity.NOT_CHECKED,
    mechanism=Text(
        "The recorded allergy could not be matched to a substance.",
        "Không đối chiếu được dị ứng đã ghi với hoạt chất nào.",
    ),
    advice=Text("Compare it with the new drugs by hand.", "Đối chiếu với các thuốc mới bằng tay."),
    source=SOURCE,
)
NEVER_ASKED: Final = Ruling(
    code="allergy:never-recorded",
    severity=Severity.NOT_CHECKED,
    mechanism=Text("Nobody has recorded allergies.", "Chưa ghi nhận tiền sử dị ứng."),
    advice=Text(
        'Ask, and record the answer; "no known allergies" is an answer.',
        "Hỏi và ghi lại; “không dị ứng” cũng là một câu trả lời.",
    ),
    source=SOURCE,
)


def allergies(
    new: Sequence[Drug], recorded: tuple[Allergy, ...] | None, knowledge: Knowledge
) -> Iterator[Finding]:
    """What the new drugs mean for a patient with these allergies.

    Args:
        new: the drugs that are to be given.
        recorded: None when nobody ever recorded them.
        knowledge: of this process.
    """
    keys = tuple(sorted(drug.key for drug in new))
    if not keys:
        return
    if recorded is None:
        yield _finding(keys, (), NEVER_ASKED, knowledge)
        return
    for allergy in recorded:
        allergens = knowledge.allergen(allergy)
        if allergens is None:
            yield _finding(keys, (allergy.text,), UNKNOWN_WORDS, knowledge)
        else:
            for drug in new:
                yield from _of_drug(drug, allergy, allergens, knowledge)


def _of_drug(
    drug: Drug, allergy: Allergy, allergens: Codes, knowledge: Knowledge
) -> Iterator[Finding]:
    """The worst ruling for every ingredient."""
    for code in drug.ingredients:
        rulings = _rulings(code, allergens, knowledge)
        if rulings:
            worst = min(rulings, key=lambda ruling: ORDER.index(ruling.severity))
            yield _finding((drug.key,), (code, allergy.text), worst, knowledge)


def _rulings(code: str, allergens: Codes, knowledge: Knowledge) -> list[Ruling]:
    if code in allergens:
        return [SAME_SUBSTANCE]
    return [
        cross.ruling
        for cross in knowledge.cross_reactions
        if code in cross.drugs and cross.allergens & allergens
    ]


def _finding(
    items: tuple[str, ...], substances: tuple[str, ...], ruling: Ruling, knowledge: Knowledge
) -> Finding:
    return Finding(
        kind=FindingKind.ALLERGY,
        severity=ruling.severity,
        items=items,
        substances=substances,
        code=ruling.code,
        mechanism=ruling.mechanism,
        advice=ruling.advice,
        source=ruling.source,
        data_version=knowledge.version,
    )
