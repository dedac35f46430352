"""What pharmacy learns before a drug is given."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from deployments.access import Role
from deployments.errors import Unavailable
from deployments.medical_records.access_schemas import ConsentRequest
from deployments.medical_records.codes import ICD_10_CM, LOINC, RXNORM
from deployments.medical_records.encounter_rules import EncounterClass
from deployments.medical_records.encounter_schemas import EncounterRequest, Finishing
from deployments.medical_records.errors import (
    EncounterRefused,
    EncounterStatusRefused,
    RecordNotFound,
)
from deployments.medical_records.pregnancy import is_pregnant
from storage.medical_records import entries
from storage.medical_records.chart_tables import Allergy, Diagnosis, Medication
from storage.medical_records.entries import Line
from storage.medical_records.observation_tables import VitalSign


@pytest.fixture
def write(world, clock):
    """Writes an entry straight into its table."""

    def run(model, code_system, code, **values):
        line = Line("record", world.doctor.user_id, "doctor", clock())
        coded = {"code_system": code_system, "code": code, "code_text": f"{code}"}
        row = {"patient_id": world.patient_id, **coded, **values}
        with world.service.desk.database.engine.begin() as connection:
            return entries.add(connection, model, row, line)

    return run


ACTIVE = {"clinical_status": "active", "verification_status": "confirmed"}
ALLERGY = ACTIVE | {"no_known": False, "categories": ["medication"], "reactions": []}
PROBLEM = ACTIVE | {"category": "problem-list-item"}
TAKES = {"status": "active", "information_source": "patient"}
MEASURED = {"status": "final", "category": "vital-signs", "components": [], "derived": False}


def measured(value, unit, at):
    numbers = {"value": value, "value_given": value, "unit": unit, "unit_given": unit}
    return MEASURED | numbers | {"effective_at": at}


async def facts(world, who=None, **values):
    return await world.service.safety.get_facts(who or world.doctor, world.patient_id, **values)


async def test_an_empty_chart_says_that_nothing_is_known(world, audited):
    found = await facts(world)
    assert (found.allergies, found.pregnant, found.weight_kg, found.sex) == (
        None,
        None,
        None,
        "female",
    )
    assert [row[:3] for row in audited()] == [
        ("medical_records.safety-facts-read", "Bundle", "success")
    ]


async def test_no_known_allergies_is_a_fact(world, write):
    write(Allergy, None, None, **ALLERGY | {"no_known": True})
    assert (await facts(world)).allergies == []


async def test_what_holds_now_is_told(world, write, clock):
    write(Allergy, RXNORM, "7980", **ALLERGY, criticality="high")
    write(Allergy, RXNORM, "1", **ALLERGY | {"clinical_status": "inactive"})
    write(Medication, RXNORM, "11289", **TAKES)
    write(Medication, RXNORM, "2", **TAKES | {"status": "stopped"})
    write(Medication, RXNORM, "3", **TAKES, ended_on=(clock() - timedelta(days=2)).date())
    write(Diagnosis, ICD_10_CM, "O26.90", **PROBLEM)
    write(Diagnosis, ICD_10_CM, "I10", **PROBLEM | {"clinical_status": "resolved"})
    write(VitalSign, LOINC, "29463-7", **measured(61, "kg", clock() - timedelta(days=9)))
    write(VitalSign, LOINC, "29463-7", **measured(62.5, "kg", clock()))
    write(VitalSign, LOINC, "62238-1", **measured(48, "mL/min/{1.73_m2}", clock()))
    found = await facts(world)
    assert [(one.rxnorm, one.criticality) for one in found.allergies] == [("7980", "high")]
    assert [one.rxnorm for one in found.medications] == ["11289"]
    assert [one.icd10 for one in found.conditions] == ["O26.90"]
    assert (found.weight_kg, found.weight_at) == (Decimal("62.5"), clock())
    assert (found.egfr_ml_min, found.pregnant) == (48, True)


@pytest.mark.parametrize(("ended", "told"), [({}, 1), ({"abatement_text": "born"}, 0)])
async def test_a_diagnosis_without_a_status_counts_until_it_has_ended(world, write, ended, told):
    seen = {"category": "encounter-diagnosis", "verification_status": "confirmed", **ended}
    write(Diagnosis, ICD_10_CM, "Z33.1", **seen)
    found = await facts(world)
    assert (len(found.conditions), found.pregnant) == (told, True if told else None)


async def test_the_order_is_the_relation_of_the_pharmacist(world, audited):
    pharmacist, order = world.users.add_staff(Role.PHARMACIST), uuid4()
    with pytest.raises(RecordNotFound):
        await facts(world, pharmacist)
    await facts(world, pharmacist, order_id=order)
    assert audited()[-1][3] == f"order:{order}"
    with pytest.raises(RecordNotFound):
        await facts(world, world.officer, order_id=order)


async def test_half_of_the_facts_are_not_answered(world):
    denial = {"type": "deny", "role": "doctor", "kinds": ["Condition"]}
    request = ConsentRequest.model_validate({"provision": denial})
    await world.service.consents.give(world.patient, world.patient_id, request)
    with pytest.raises(RecordNotFound):
        await facts(world)


@pytest.mark.parametrize(
    ("code", "pregnant"),
    [
        ("O09.90", True), ("O26.90", True), ("O99.810", True), ("O9A.211", True), ("O07.4", True),
        ("Z33.1", True), ("Z34.00", True), ("Z3A.20", True), ("Z32.01", True), ("O03.9", None),
        ("O08.0", None), ("O80", None), ("O86.4", None), ("O92.5", None), ("O94", None),
        ("Z33.2", None), ("Z32.02", None), ("I10", None), (None, None),
    ],
)  # fmt: skip
def test_pregnancy_by_code(code, pregnant):
    assert is_pregnant([code], "female") is pregnant


def test_men_are_not():
    assert is_pregnant([], "male") is False
    assert is_pregnant([], None) is None


@pytest.fixture
async def encounter(world):
    request = EncounterRequest(encounter_class=EncounterClass.AMBULATORY)
    return await world.service.encounters.open(world.doctor, world.patient_id, request)


async def test_an_order_names_an_open_encounter_of_the_patient(world, encounter):
    found = await facts(world, encounter_id=encounter.id)
    assert found.patient_id == world.patient_id
    with pytest.raises(EncounterRefused):
        await facts(world, encounter_id=uuid4())
    where = (world.patient_id, encounter.id)
    await world.service.encounters.finish(world.doctor, *where, Finishing(), None)
    with pytest.raises(EncounterStatusRefused):
        await facts(world, encounter_id=encounter.id)


async def test_who_is_kept_out_is_written_down_also_when_users_is_away(world, audited):
    """Both are asked at once; the answer of the chart comes first."""

    async def away(_patient_id):
        raise Unavailable

    world.users.get_patient_brief = away
    with pytest.raises(RecordNotFound):
        await facts(world, world.stranger)
    assert [row[2] for row in audited()] == ["denied"]
    with pytest.raises(Unavailable):
        await facts(world)
