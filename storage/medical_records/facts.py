"""What must be known of a patient before a drug is given, in one statement."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

TAKEN: Final = "'active', 'intended', 'on-hold', 'unknown'"
"""Medication that is or may be in the body; what is paused may be taken again any day."""
HELD: Final = (
    "coalesce(clinical_status, 'active') IN ('active', 'recurrence', 'relapse')"
    " AND abated_on IS NULL AND abatement_text IS NULL"
)
"""Conditions that are or may be there; a diagnosis of an encounter need not have a status."""
_MEASURED: Final = (
    "id, code_system, code, code_text, NULL, NULL::boolean, NULL::uuid, value, effective_at"
    " FROM observations WHERE patient_id = :patient AND code_system = :loinc"
    " AND code = ANY(:{codes}) AND value IS NOT NULL AND voided_at IS NULL"
    " AND status IN ('final', 'amended', 'corrected') ORDER BY effective_at DESC, id DESC LIMIT 1"
)
FACTS: Final = (
    text(
        "SELECT 'allergy' AS part, id, code_system, code, code_text, criticality, no_known,"  # noqa: S608
        " NULL::uuid AS item_id, NULL::numeric AS value, NULL::timestamptz AS at"
        " FROM allergies WHERE patient_id = :patient AND clinical_status = 'active'"
        " AND verification_status <> 'refuted' AND voided_at IS NULL"
        " UNION ALL SELECT 'medication', id, code_system, code, code_text, NULL, NULL,"
        " prescription_item_id, NULL, NULL FROM medication_statements"
        f" WHERE patient_id = :patient AND status IN ({TAKEN}) AND voided_at IS NULL"
        " AND (ended_on IS NULL OR ended_on >= :today)"
        " UNION ALL SELECT 'condition', id, code_system, code, code_text, NULL, NULL, NULL, NULL,"
        " NULL FROM conditions WHERE patient_id = :patient AND voided_at IS NULL"
        f" AND {HELD}"
        " AND verification_status <> 'refuted'"
        f" UNION ALL (SELECT 'weight', {_MEASURED.format(codes='weight')})"
        f" UNION ALL (SELECT 'egfr', {_MEASURED.format(codes='egfr')})"
    )
    .bindparams(
        bindparam("patient", type_=Uuid),
        bindparam("weight", type_=ARRAY(Text)),
        bindparam("egfr", type_=ARRAY(Text)),
    )
    .columns(id=Uuid, item_id=Uuid, at=TIMESTAMP(timezone=True))
)


def of_patient(
    connection: Connection,
    patient_id: UUID,
    *,
    today: date,
    loinc: str,
    weight: Sequence[str],
    egfr: Sequence[str],
) -> Sequence[Row[Any]]:
    """Allergies, medication, conditions, the last weight and the last kidney function.

    Args:
        connection: in a transaction.
        patient_id: whose.
        today: medication that ended before is left out.
        loinc: FHIR's URI of LOINC.
        weight: LOINC codes of a body weight.
        egfr: LOINC codes of an estimated glomerular filtration rate.

    Returns:
        Rows with `part`: allergy, medication, condition, weight or egfr.
    """
    values = {"patient": patient_id, "today": today, "loinc": loinc}
    lists = {"weight": list(weight), "egfr": list(egfr)}
    return connection.execute(FACTS, values | lists).all()
