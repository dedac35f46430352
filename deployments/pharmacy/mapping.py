"""Rows into schemas and plain values, and back; rows stay on this side of the border."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from deployments.medical_records.schemas import MedicationFact, SafetyFacts
from deployments.pharmacy import dosage_text, rules
from deployments.pharmacy.codes import DispensingUnit, DoseUnit, Route
from deployments.pharmacy.dosage import Dosage, Ingredient, Product, amounts_of
from deployments.pharmacy.events import IssuedItem, PrescriptionEnded, PrescriptionIssued
from deployments.pharmacy.formulary_schemas import Medication
from deployments.pharmacy.judging import Judged
from deployments.pharmacy.prescription_schemas import (
    FindingView,
    ItemRequest,
    Prescription,
    PrescriptionItem,
    Translated,
)
from deployments.pharmacy.rules import Planned
from deployments.pharmacy.safety.knowledge import Knowledge
from deployments.pharmacy.safety.subjects import Allergy, Drug, Patient
from storage.columns import new_id

Row = Mapping[Any, Any]
ITEM_REQUEST = ("medication_id", "repeats", "course", "substitution_allowed", "substitution_reason")


def medication(row: Row) -> Medication:
    """A medication of the formulary as callers see it."""
    return Medication.model_validate(dict(row))


def product(row: Row, prefix: str = "") -> Product:
    """A medication as rules see it, from a row of its own or of an item."""
    return Product(
        id=row["medication_id"] if prefix else row["id"],
        code=row[f"{prefix}code"],
        name_en=row[f"{prefix}name_en"],
        name_vi=row[f"{prefix}name_vi"],
        ingredients=tuple(_ingredient(one) for one in row[f"{prefix}ingredients"]),
        route=Route(row[f"{prefix}route"]),
        dose_unit=DoseUnit(row[f"{prefix}dose_unit"]),
        unit=DispensingUnit(row[f"{prefix}unit"]),
        units_each=row[f"{prefix}units_each"],
        schedule=row[f"{prefix}schedule"],
        active=True if prefix else row["active"],
        rxnorm=row[f"{prefix}rxnorm"],
    )


def planned_drug(item: Planned) -> Drug:
    """A new item as the safety check reads it."""
    return _drug(item.key, item.product, item.request.dosage)


def taken_drug(row: Row) -> Drug:
    """An item that this pharmacy knows the patient takes."""
    dosage = Dosage.model_validate(row["dosage"])
    return _drug(f"prescription-item/{row['id']}", product(row, "medication_"), dosage)


def stated_drug(fact: MedicationFact, knowledge: Knowledge) -> Drug:
    """What the chart says that the patient takes."""
    found = knowledge.resolve(fact.text, fact.rxnorm)
    return Drug(key=f"medication-statement/{fact.id}", name=fact.text, ingredients=found)


def patient(facts: SafetyFacts, now: datetime) -> Patient:
    """The patient as the safety check reads them."""
    allergies = facts.allergies
    age_days = (now.date() - facts.birth_date).days if facts.birth_date else None
    return Patient(
        age_days=age_days,
        weight_kg=rules.weight_now(facts.weight_kg, facts.weight_at, age_days, now),
        sex=facts.sex,
        pregnant=facts.pregnant,
        egfr_ml_min=rules.egfr_now(facts.egfr_ml_min, facts.egfr_at, now),
        allergies=None
        if allergies is None
        else tuple(Allergy(one.text, one.rxnorm, one.criticality) for one in allergies),
        conditions=tuple(one.icd10 for one in facts.conditions if one.icd10),
    )


def item_values(item: Planned, prescription_id: UUID, position: int) -> dict[str, Any]:
    """The columns of a new item."""
    request = item.request
    return {
        "id": new_id(),
        "prescription_id": prescription_id,
        "position": position,
        "dosage": request.dosage.model_dump(mode="json"),
        "dosage_en": dosage_text.in_english(request.dosage, item.route),
        "dosage_vi": dosage_text.in_vietnamese(request.dosage, item.route),
        "quantity": item.quantity,
        "duration_days": request.dosage.duration_days,
        "parallel_reason": request.parallel_reason,
        **{name: getattr(request, name) for name in ITEM_REQUEST},
    }


def with_product(values: Mapping[str, Any], about: Product) -> dict[str, Any]:
    """New columns beside those of the medication, as a read joins them."""
    names = ("code", "name_en", "name_vi", "rxnorm", "schedule", "unit")
    return {**values, **{f"medication_{name}": getattr(about, name) for name in names}}


def item_request(row: Row) -> ItemRequest:
    """An item as it was ordered, to order it again."""
    same = {name: row[name] for name in (*ITEM_REQUEST, "dosage", "quantity", "parallel_reason")}
    return ItemRequest.model_validate(same)


def prescription(
    row: Row, items: Iterable[Row], findings: Sequence[FindingView] | None = None
) -> Prescription:
    """A prescription as callers see it."""
    shown = None if findings is None else list(findings)
    return Prescription(**dict(row), items=[_item(item) for item in items], findings=shown)


def finding_values(
    judged: Judged, names: Mapping[str, str], stage: str, by: UUID, at: datetime
) -> dict[str, Any]:
    """The columns of a finding that is kept.

    Args:
        judged: the finding, and what overrode it.
        names: of the drugs by their keys, as they were then.
        stage: `signing`, `resuming` or `dispensing`.
        by: who went on.
        at: when.
    """
    finding, override = judged.finding, judged.override
    return {
        "stage": stage,
        "kind": finding.kind,
        "severity": finding.severity,
        "items": list(finding.items),
        "substances": list(finding.substances),
        "code": finding.code,
        "texts": {
            "names": [names.get(key, key) for key in finding.items],
            "mechanism": asdict(finding.mechanism),
            "advice": asdict(finding.advice),
        },
        "source": finding.source,
        "data_version": finding.data_version,
        "override_reason": override.reason_code if override else None,
        "override_note": override.note if override else None,
        "by": by,
        "at": at,
    }


def finding(row: Row) -> FindingView:
    """A kept finding as callers see it."""
    texts = row["texts"]
    same = FindingView.model_fields.keys() - {"mechanism", "advice", "names"}
    return FindingView(
        mechanism=Translated(**texts["mechanism"]),
        advice=Translated(**texts["advice"]),
        names=texts["names"],
        **{name: row[name] for name in same},
    )


def about(row: Row) -> dict[str, Any]:
    """What every event says of a prescription that has just been changed."""
    named = ("patient_id", "practitioner_id", "version")
    return {
        "occurred_at": row["updated_at"],
        "prescription_id": row["id"],
        **{name: row[name] for name in named},
    }


def issued(about: Prescription, at: datetime) -> PrescriptionIssued:
    """The event that a prescription was signed."""
    return PrescriptionIssued(
        occurred_at=at,
        prescription_id=about.id,
        patient_id=about.patient_id,
        practitioner_id=about.practitioner_id,
        encounter_id=about.encounter_id,
        version=about.version,
        items=[
            IssuedItem(
                item_id=item.id,
                medication_id=item.medication_id,
                rxnorm=item.rxnorm,
                display=item.name.en,
                dosage=item.dosage_text.en,
            )
            for item in about.items
        ],
    )


def ended(row: Row, items: Iterable[Row], reason: str, at: datetime) -> PrescriptionEnded:
    """The event that a signed prescription is over."""
    used_up = reason in {"completed", "expired"} and row["fulfilment"] in {
        "in-progress",
        "completed",
    }
    return PrescriptionEnded(
        occurred_at=at,
        prescription_id=row["id"],
        patient_id=row["patient_id"],
        practitioner_id=row["practitioner_id"],
        version=row["version"],
        reason=reason,
        item_ids=[item["id"] for item in items],
        taken_until=row["taken_until"] if used_up else None,
    )


def _ingredient(one: Row) -> Ingredient:
    amount = one["amount"]
    return Ingredient(one["rxnorm"], one["name"], Decimal(amount) if amount else None, one["unit"])


def _drug(key: str, about: Product, dosage: Dosage) -> Drug:
    """By the product's own route: how it is ordered must not soften the check."""
    return Drug(
        key=key,
        name=about.name_en,
        ingredients=tuple(one.rxnorm for one in about.ingredients),
        dose=amounts_of(dosage, about, f"{key}/dosage"),
        route=about.route,
    )


def _item(row: Row) -> PrescriptionItem:
    same = PrescriptionItem.model_fields.keys() - {
        "name",
        "rxnorm",
        "schedule",
        "unit",
        "dosage_text",
    }
    return PrescriptionItem(
        name=Translated(en=row["medication_name_en"], vi=row["medication_name_vi"]),
        rxnorm=row["medication_rxnorm"],
        schedule=row["medication_schedule"],
        unit=row["medication_unit"],
        dosage_text=Translated(en=row["dosage_en"], vi=row["dosage_vi"]),
        **{name: row[name] for name in same},
    )
