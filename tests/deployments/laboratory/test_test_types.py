"""The catalogue in the hands of people, on real PostgreSQL."""

import pytest
from sqlalchemy import text

from deployments.errors import Forbidden
from deployments.laboratory import catalogue_files, errors
from deployments.laboratory.catalogue import Catalogue
from deployments.laboratory.catalogue_schemas import (
    TestType,
    TestTypeDetails,
    TestTypeQuery,
    TestTypeRequest,
)

DAY_28 = {"from_days": 0, "to_days": 28}
THEN = {"from_days": 28}
NORMAL = {"normal": {"low": 0, "high": 10}, "source": "Rule of the house"}


@pytest.fixture
def database(laboratory_database):
    """Puts the catalogue back afterwards, because it is kept between tests."""
    yield laboratory_database
    with laboratory_database.engine.begin() as connection:
        connection.execute(text("TRUNCATE test_types, catalogue_releases CASCADE"))
        catalogue_files.load(connection)


@pytest.fixture
def desk(database, service):
    return service.test_types


def parameter(**values) -> dict:
    numeric = {"code": "ZINC", "name_en": "Zinc", "name_vi": "Kẽm", "kind": "numeric"}
    return numeric | {"unit": "umol/L", "decimals": 1} | values


def zinc(*limits: dict, **values) -> TestTypeRequest:
    fields = {"code": "ZINC", "name_en": "Zinc", "name_vi": "Kẽm", "department": "chemistry"}
    parameters = [parameter(limits=[NORMAL | one for one in limits])]
    return TestTypeRequest.model_validate(fields | {"parameters": parameters} | values)


def details(test: TestType, **values) -> TestTypeDetails:
    fields = test.model_dump(include=set(TestTypeDetails.model_fields))
    for one in fields["parameters"]:
        one.pop("id", None)
    return TestTypeDetails.model_validate(fields | values)


async def found(service, people, **query) -> list[str]:
    page = await service.test_types.list_page(people.patient, TestTypeQuery(**query))
    return [one.code for one in page.items]


@pytest.mark.parametrize("typed", ["pota", "KALI", "kali"])
async def test_search_as_you_type_in_both_languages(service, people, typed) -> None:
    assert "K" in await found(service, people, q=typed)


async def test_the_code_that_was_typed_comes_first(service, people) -> None:
    assert (await found(service, people, q="k"))[0] == "K"
    codes = await found(service, people, q="hb")
    assert set(codes[:4]) == {"HBA1C", "HBEAG", "HBSAB", "HBSAG"}


async def test_filters(service, people) -> None:
    assert "CBC" in await found(service, people, department="haematology", limit=100)
    assert "K" not in await found(service, people, department="haematology", limit=100)
    assert await found(service, people, specimen="stool") == ["FOBT"]
    assert len(await found(service, people, kind="panel", limit=100)) >= 12


async def test_pages_hold_everything_once(service, people) -> None:
    codes, cursor = [], None
    while True:
        query = TestTypeQuery(limit=30, cursor=cursor)
        page = await service.test_types.list_page(people.nurse, query)
        codes += [one.code for one in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert len(codes) == len(set(codes)) >= 90


async def test_by_id_or_code(service, people) -> None:
    by_code = await service.test_types.get(people.patient, "LYTES")
    assert by_code.members == ["NA", "K", "CL", "CO2", "AGAP"]
    assert await service.test_types.get(people.patient, str(by_code.id)) == by_code
    with pytest.raises(errors.TestTypeNotFound):
        await service.test_types.get(people.patient, "NOTHING")


async def test_every_test_can_be_saved_as_it_is(service, people, desk) -> None:
    for code in ("CBC", "K", "TSH", "UA-DIP", "LYTES", "CREA", "AFP"):
        test = await desk.get(people.manager, code)
        saved = await desk.change(people.manager, test.id, details(test), test.version)
        assert saved == test.model_copy(update={"version": test.version + 1})


async def test_a_new_test_is_known_at_once_and_audited(service, people, desk, database) -> None:
    added = await desk.add(people.manager, zinc(DAY_28, THEN))
    assert (added.version, len(added.parameters[0].limits)) == (1, 4)
    snapshot = await Catalogue(database).current()
    assert snapshot.find_parameter("ZINC").unit == "umol/L"
    assert await found(service, people, q="kem") == ["ZINC"]
    with database.engine.connect() as connection:
        query = text("SELECT action FROM audit_log WHERE object_id = :id")
        assert connection.execute(query, {"id": added.id}).scalars().all() == [
            "laboratory.add_test_type"
        ]


@pytest.mark.parametrize(
    ("limits", "code", "pointer"),
    [
        ([{"to_days": 28}, {"from_days": 30}], "gap", "/parameters/0/limits/1"),
        ([{"to_days": 28}, {"from_days": 20}], "overlap", "/parameters/0/limits/1"),
        ([{"from_days": 1}], "gap", "/parameters/0/limits/0"),
        ([{"to_days": 28}], "gap", "/parameters/0/limits/0"),
        ([{}, {}], "overlap", "/parameters/0/limits/1"),
        ([{"critical": {"low": 2, "high": 20}}], "order", "/parameters/0/limits/0"),
    ],
)
async def test_limits_with_a_gap_or_an_overlap_are_refused(
    people, desk, limits, code, pointer
) -> None:
    with pytest.raises(errors.CatalogueInvalid) as refused:
        await desk.add(people.manager, zinc(*limits))
    assert {(one.code, one.pointer) for one in refused.value.errors} == {(code, pointer)}
    with pytest.raises(errors.TestTypeNotFound):
        await desk.get(people.manager, "ZINC")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"unit": None}, "/parameters/0/unit"),
        ({"kind": "coded", "unit": None}, "/parameters/0/choices"),
        ({"kind": "text"}, "/parameters/0/unit"),
        ({"kind": "calculated"}, "/parameters/0/formula"),
        ({"kind": "calculated", "formula": "guess"}, "/parameters/0/formula"),
    ],
)
async def test_kinds_have_what_they_need(people, desk, wrong, pointer) -> None:
    with pytest.raises(errors.CatalogueInvalid) as refused:
        await desk.add(people.manager, zinc(parameters=[parameter(**wrong)]))
    assert pointer in {one.pointer for one in refused.value.errors}


async def test_panels_hold_known_tests(people, desk) -> None:
    panel = {"kind": "panel", "parameters": []}
    with pytest.raises(errors.CatalogueInvalid) as refused:
        await desk.add(people.manager, zinc(**panel, members=["K", "LYTES", "NOTHING", "K"]))
    assert [one.pointer for one in refused.value.errors] == [
        "/members/1",
        "/members/2",
        "/members/3",
    ]
    added = await desk.add(people.manager, zinc(**panel, members=["K", "NA"]))
    assert added.members == ["K", "NA"]


async def test_codes_are_used_once(people, desk) -> None:
    with pytest.raises(errors.CodeInUse):
        await desk.add(people.manager, zinc(code="K"))
    with pytest.raises(errors.CodeInUse):
        await desk.add(people.manager, zinc(parameters=[parameter(code="HGB")]))


async def test_what_is_measured_stays_with_its_unit(people, desk) -> None:
    added = await desk.add(people.manager, zinc(THEN | {"from_days": 0}))
    for parameters in ([parameter(code="OTHER")], [parameter(unit="mg/L")]):
        changed = details(added, parameters=parameters)
        with pytest.raises(errors.CatalogueInvalid) as refused:
            await desk.change(people.manager, added.id, changed)
        assert {one.code for one in refused.value.errors} <= {"removed", "fixed"}


async def test_parameters_change_places(people, desk) -> None:
    added = await desk.add(people.manager, zinc())
    both = [parameter(code="ZINC2"), parameter()]
    changed = await desk.change(people.manager, added.id, details(added, parameters=both))
    assert [one.code for one in changed.parameters] == ["ZINC2", "ZINC"]
    assert changed.parameters[1].id == added.parameters[0].id


async def test_a_change_needs_the_version_that_was_read(people, desk) -> None:
    added = await desk.add(people.manager, zinc())
    changed = details(added, name_en="Zinc, serum")
    await desk.change(people.manager, added.id, changed, 1)
    with pytest.raises(errors.TestTypeChanged):
        await desk.change(people.manager, added.id, changed, 1)


async def test_retired_and_reinstated(service, people, desk) -> None:
    added = await desk.add(people.manager, zinc())
    retired = await desk.set_active(people.manager, added.id, active=False, expected=1)
    assert (retired.active, retired.version) == (False, 2)
    assert await found(service, people, q="zinc") == []
    assert await found(service, people, q="zinc", include_retired=True) == ["ZINC"]
    assert (await desk.set_active(people.manager, added.id, active=True)).active


async def test_only_the_laboratory_physician_writes(people, desk) -> None:
    for caller in (people.doctor, people.technician, people.patient, people.nurse):
        with pytest.raises(Forbidden):
            await desk.add(caller, zinc())


async def test_newer_files_leave_alone_what_people_changed(
    people, desk, database, monkeypatch
) -> None:
    potassium = await desk.get(people.manager, "K")
    await desk.change(people.manager, potassium.id, details(potassium, name_en="Kalium"))
    own = {"code": "NA2", "parameters": [parameter()]}
    await desk.add(people.manager, zinc(**own))

    with monkeypatch.context() as newer:
        newer.setattr(catalogue_files, "digest", lambda: "newer")
        assert await database.transact(catalogue_files.load, keyed=False)

    assert (await desk.get(people.patient, "K")).name_en == "Kalium"
    assert (await desk.get(people.patient, "NA2")).version == 1
    assert (await desk.get(people.patient, "NA")).version == 2
    lytes = await desk.get(people.patient, "LYTES")
    assert lytes.members == ["NA", "K", "CL", "CO2", "AGAP"]
