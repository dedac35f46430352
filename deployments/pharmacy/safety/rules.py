"""The safety check as a whole, on plain values.

Contraindicated is refused, serious needs a coded reason, minor is told; "not checked" is never
"harmless" (issue of part 2; tiers and their reasons: LICENCE-NOTES.md beside the data).
"""

from collections.abc import Iterator, Sequence
from typing import Final

from deployments.pharmacy.safety.allergy_rules import allergies
from deployments.pharmacy.safety.condition_rules import kidney, pregnancy
from deployments.pharmacy.safety.dose_rules import doses
from deployments.pharmacy.safety.findings import Finding, FindingKind, Severity, Text
from deployments.pharmacy.safety.interaction_rules import (
    duplicates,
    interactions,
    not_covered,
    without_repeats,
)
from deployments.pharmacy.safety.knowledge import Knowledge
from deployments.pharmacy.safety.subjects import Drug, Patient

SOURCE: Final = "medray"
UNKNOWN_DRUG: Final = (
    Text(
        "This drug could not be matched to an ingredient: nothing was checked against it.",
        "Không đối chiếu được thuốc này với hoạt chất: chưa kiểm tra được gì.",
    ),
    Text("Check it by hand.", "Tra cứu bằng nguồn khác."),
)


def assess(
    new: Sequence[Drug], current: Sequence[Drug], patient: Patient, knowledge: Knowledge
) -> list[Finding]:
    """All that is to be known before the new drugs are given, worst first.

    Args:
        new: drugs that are to be prescribed or handed out.
        current: all that the patient takes already, without those that the new ones replace.
        patient: what is known of the patient.
        knowledge: of this process.
    """
    return without_repeats(
        (
            *interactions(new, current, knowledge),
            *allergies(new, patient.allergies, knowledge),
            *duplicates(new, current, knowledge),
            *doses(new, current, patient, knowledge),
            *pregnancy(new, patient, knowledge),
            *kidney(new, patient, knowledge),
            *not_covered(new, current, knowledge),
            *unmapped(new, current, knowledge),
        )
    )


def unmapped(
    new: Sequence[Drug], current: Sequence[Drug], knowledge: Knowledge
) -> Iterator[Finding]:
    """Drugs without ingredients: each is told, none is passed over in silence."""
    for drug in (*new, *current) if new else ():
        if not drug.ingredients:
            mechanism, advice = UNKNOWN_DRUG
            yield Finding(
                kind=FindingKind.UNMAPPED,
                severity=Severity.NOT_CHECKED,
                items=(drug.key,),
                substances=(drug.name,),
                code="unmapped",
                mechanism=mechanism,
                advice=advice,
                source=SOURCE,
                data_version=knowledge.version,
            )
