"""Search in one chart: both languages, no accents, what may be read and nothing else."""

import unicodedata

import pytest
from sqlalchemy import text

from deployments.medical_records.allergy_schemas import AllergyRequest
from deployments.medical_records.condition_schemas import ConditionRequest
from deployments.medical_records.entry_schemas import Voiding
from deployments.medical_records.errors import RecordNotFound
from deployments.medical_records.immunization_schemas import ImmunizationRequest
from deployments.medical_records.medication_schemas import MedicationRequest
from deployments.medical_records.search_schemas import ChartSearch
from deployments.medical_records.terminology import fold

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
CVX = "http://hl7.org/fhir/sid/cvx"
VIETNAMESE = "aáàảãạăắằẳẵặâấầẩẫậđeéèẻẽẹêếềểễệiíìỉĩịoóòỏõọôốồổỗộơớờởỡợuúùủũụưứừửữựyýỳỷỹỵ"


@pytest.fixture
async def chart(world, clock):
    """A chart with a diagnosis, an allergy, a drug and a vaccine."""
    service, place = world.service, (world.doctor, world.patient_id)
    hypertension = await service.conditions.record(
        *place,
        ConditionRequest.model_validate({"code": {"coding": {"system": ICD, "code": "I10"}}}),
    )
    await service.allergies.record(
        *place,
        AllergyRequest.model_validate(
            {"code": {"text": "Dị ứng penicillin"}, "note": "Nổi mề đay sau khi tiêm"}
        ),
    )
    await service.medications.record(
        *place, MedicationRequest.model_validate({"code": {"text": "Warfarin 5 mg"}})
    )
    await service.immunizations.record(
        *place,
        ImmunizationRequest.model_validate(
            {"code": {"coding": {"system": CVX, "code": "150"}}, "occurred_at": clock()}
        ),
    )
    return hypertension


async def found(world, q, who=None, **values):
    query = ChartSearch(q=q, **values)
    matches = await world.service.search.search(who or world.patient, world.patient_id, query)
    return [(one.kind, one.text) for one in matches.items]


async def test_a_diagnosis_is_found_by_the_words_of_its_category(world):
    """E11.9 has an English name of its own, its category E11 a Vietnamese one."""
    request = {"code": {"coding": {"system": ICD, "code": "E11.9"}}}
    await world.service.conditions.record(
        world.doctor, world.patient_id, ConditionRequest.model_validate(request)
    )
    assert [kind for kind, _ in await found(world, "đái tháo đường")] == ["Condition"]
    assert [kind for kind, _ in await found(world, "dai thao duong type 2")] == ["Condition"]


@pytest.mark.parametrize(
    ("q", "kind"),
    [
        ("di ung", "AllergyIntolerance"),
        ("DỊ ỨNG", "AllergyIntolerance"),
        (unicodedata.normalize("NFD", "dị ứng"), "AllergyIntolerance"),
        ("noi me day", "AllergyIntolerance"),
        ("penicilin", "AllergyIntolerance"),
        ("warf", "MedicationStatement"),
        ("tang huyet ap", "Condition"),
        ("hypertension", "Condition"),
        ("i10", "Condition"),
        ("influenza", "Immunization"),
    ],
)
async def test_words_are_found_in_both_languages(world, chart, q, kind):
    assert [match for match, _ in await found(world, q)] == [kind]


@pytest.mark.parametrize("q", ["huyet warfarin", "%%", "__", "' or 1=1 --", "zz", "...."])
async def test_what_is_not_there_is_not_found(world, chart, q):
    assert await found(world, q) == []


async def test_the_best_comes_first_and_only_kinds_that_are_wanted(world, chart):
    await world.service.medications.record(
        world.doctor,
        world.patient_id,
        MedicationRequest.model_validate(
            {"code": {"text": "Vitamin K"}, "note": "because of warfarin"}
        ),
    )
    both = await found(world, "warfarin")
    assert [words for _, words in both] == ["Warfarin 5 mg", "Vitamin K"]
    assert await found(world, "warfarin", limit=1) == both[:1]
    assert await found(world, "warfarin", kind=["Condition"]) == []


async def test_errors_and_foreign_charts_are_not_found(world, chart, audited):
    await world.service.conditions.chart.void(
        world.doctor, world.patient_id, chart.id, Voiding(reason="another patient")
    )
    assert await found(world, "hypertension") == []
    assert audited()[-1][:3] == ("medical_records.chart-search", "Bundle", "success")
    with pytest.raises(RecordNotFound):
        await found(world, "hypertension", world.stranger)


def test_the_database_folds_as_we_do(medical_records_database):
    words = VIETNAMESE + VIETNAMESE.upper()
    with medical_records_database.engine.connect() as connection:
        for form in ("NFC", "NFD"):
            folded = connection.execute(
                text("SELECT fold(:words)"), {"words": unicodedata.normalize(form, words)}
            ).scalar_one()
            assert [folded] == fold(words)
