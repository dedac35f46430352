"""Codes that exist, their words, and what is found while somebody types."""

import pytest
from ucumvert import get_ucum_parser

from deployments.access import Role
from deployments.errors import Forbidden
from deployments.medical_records import terminology, terminology_loading
from deployments.medical_records.errors import CodeNotFound, UnknownCode
from deployments.medical_records.terminology import Coded
from deployments.medical_records.terminology_schemas import CodeSystem
from tests.factories import medical_records as factory

ICD, LOINC, CVX = CodeSystem.ICD_10_CM, CodeSystem.LOINC, CodeSystem.CVX
RXNORM, UCUM = CodeSystem.RXNORM, CodeSystem.UCUM


@pytest.fixture
def connection(medical_records_database):
    with medical_records_database.engine.begin() as opened:
        terminology_loading.load(opened)
        yield opened


def found(connection, system, text, limit=10, locale="en"):
    return [one.code for one in terminology.search(connection, system, text, limit, locale)]


@pytest.mark.parametrize(
    ("system", "code", "display"),
    [
        (ICD, "E11.9", "Type 2 diabetes mellitus without complications"),
        (ICD, "S72.001A", "Fracture of unspecified part of neck of right femur, initial"),
        (LOINC, "8867-4", "Heart rate"),
        (LOINC, "85354-9", "Blood pressure panel"),
        (CVX, "208", "COVID-19, mRNA"),
        (CVX, "19", "BCG"),
        (RXNORM, "11289", "warfarin"),
        (UCUM, "mm[Hg]", "millimetre of mercury"),
    ],
)
def test_codes_have_words(connection, system, code, display):
    concept = terminology.check(connection, system, code)
    assert concept.display.startswith(display)
    assert concept.uri == system.uri


@pytest.mark.parametrize(
    ("system", "code"),
    [(ICD, "E11.99"), (ICD, "e11.9"), (LOINC, "8867-5"), (UCUM, "mmhg"), (CVX, "9999")],
)
def test_codes_that_do_not_exist_are_refused_where_they_stand(connection, system, code):
    with pytest.raises(UnknownCode) as refused:
        terminology.check(connection, system, code, pointer="/coding/code")
    assert [one.pointer for one in refused.value.errors] == ["/coding/code"]


def test_many_codes_are_checked_at_once_in_order(connection):
    wanted = [Coded(ICD, "I10"), Coded(LOINC, "8867-4"), Coded(ICD, "I10")]
    assert [one.code for one in terminology.check_all(connection, wanted)] == [
        "I10",
        "8867-4",
        "I10",
    ]
    with pytest.raises(UnknownCode) as refused:
        terminology.check_all(connection, [*wanted, Coded(ICD, "X", "/a"), Coded(CVX, "X", "/b")])
    assert [one.pointer for one in refused.value.errors] == ["/a", "/b"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("e11.9", "E11.9"),
        ("E119", "E11.9"),
        ("hypertension", "I10"),
        ("high blood press", "I10"),
        ("cao huyết áp", "I10"),
        ("CAO HUYET AP", "I10"),
        ("đái tháo đường type 2", "E11"),
        ("dai thao duong typ 2", "E11"),
        ("asth", "J45"),
        ("sot xuat huyet dengue", "A91"),
        ("fracture femur", "S72"),
    ],
)
def test_what_is_typed_finds_it_first(connection, typed, first):
    assert found(connection, ICD, typed)[0] == first


def test_nothing_is_found_for_nothing(connection):
    assert found(connection, ICD, " - ") == []
    assert found(connection, ICD, "zzzz") == []
    assert found(connection, ICD, "' | !") == []


def test_one_letter_is_looked_up_as_a_code(connection):
    assert all(code.startswith("B") for code in found(connection, ICD, "b"))


def test_the_callers_language_is_shown_where_we_have_it(connection):
    (first, *_) = terminology.search(connection, ICD, "I10", 1, "vi")
    assert first.display == first.display_vi
    assert "huyết áp" in first.display
    rare = terminology.find(connection, ICD, "S72.001A", "vi")
    assert rare.display == rare.display_en


def test_a_block_of_one_category_is_that_category(connection):
    for code in ("B20", "C50", "C50.911"):
        assert terminology.find(connection, ICD, code), code


def test_hierarchy_and_leaves(connection):
    category, leaf = (terminology.find(connection, ICD, code) for code in ("E11", "E11.9"))
    assert (category.leaf, category.parent) == (False, None)
    assert (leaf.leaf, leaf.parent) == (True, "E11")


def test_no_code_is_of_snomed(connection):
    assert {one.value for one in CodeSystem} == {"icd-10-cm", "loinc", "cvx", "rxnorm", "ucum"}


def test_a_release_is_loaded_once(connection):
    assert terminology_loading.load(connection) is False


def test_every_translation_is_of_a_code_that_exists(connection):
    translated = terminology_loading.translations()
    wanted = [Coded(CodeSystem(system), code) for system, code in translated]
    assert len(terminology.check_all(connection, wanted)) == len(wanted)


async def test_operations_ask_for_the_permission(connection, world):
    service = world.service.terminology
    matches = await service.search(world.doctor, LOINC, "heart rate", limit=3)
    assert matches.items[0].code == "8867-4"
    assert (await service.get(world.nurse, UCUM, "mg/dL")).code == "mg/dL"
    with pytest.raises(CodeNotFound):
        await service.get(world.nurse, UCUM, "mgdl")
    for who in (world.patient, factory.principal(Role.BILLING_OFFICER)):
        with pytest.raises(Forbidden):
            await service.search(who, LOINC, "heart")


def test_units_are_written_as_ucum_writes_them():
    parser = get_ucum_parser()
    lines = terminology_loading.FILES[UCUM].read_text().splitlines()
    units = [line.split("\t")[0] for line in lines if not line.startswith("#")]
    assert len(units) == len(set(units))
    for unit in units:
        parser.parse(unit)
