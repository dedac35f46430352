"""Results: converted, flagged, calculated, versioned; two people; nothing lost, nothing twice."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from deployments.access import Role
from deployments.errors import Forbidden
from deployments.laboratory.errors import MoveNotAllowed, NotPlaced, OwnResult, ResultNotFound
from deployments.laboratory.order_schemas import LabOrderRequest
from deployments.laboratory.result_schemas import (
    Correction,
    Discarding,
    Entries,
    Entry,
    HeldQuery,
    Placing,
    Repeat,
    SeriesQuery,
)
from tests.factories.appointments import principal


@pytest.fixture
def bench(service, people, accepted):
    """Orders tests and brings their specimens to the bench; tests by code."""

    async def lay(*codes, **values):
        request = LabOrderRequest(patient_id=people.patient.user_id, tests=list(codes), **values)
        order = await service.ordering.place(people.doctor, request)
        await accepted(order)
        order = await service.order_reading.get(people.doctor, order.id)
        return order, {test.code: test for test in order.tests}

    return lay


@pytest.fixture
def enter(service, people):
    async def type_in(test, *values, by=None):
        entries = [Entry(parameter=code, value=value, unit=unit) for code, value, unit in values]
        return await service.entering.enter(
            by or people.technician, test.id, Entries(values=entries)
        )

    return type_in


@pytest.fixture
def released(service, people, enter):
    async def run(test, *values):
        result = await enter(test, *values)
        await service.entering.accept(people.technician, result.id)
        return await service.entering.release(people.second_technician, result.id)

    return run


async def test_units_are_converted_and_flags_follow_the_limits(bench, enter) -> None:
    _, tests = await bench("GLU")
    result = await enter(tests["GLU"], ("GLU", "126", "mg/dL"))
    value = result.values[0]
    assert (value.value, value.unit, value.flag) == (Decimal("7.0"), "mmol/L", "H")
    assert (value.sent_value, value.sent_unit) == ("126", "mg/dL")
    assert value.normal_high is not None


async def test_egfr_is_calculated_beside_creatinine(bench, enter) -> None:
    """CKD-EPI 2021: a woman of 46 years with 88.4 umol/L has 70 mL/min/1.73 m2."""
    _, tests = await bench("CREA")
    result = await enter(tests["CREA"], ("CREA", "1.0", "mg/dL"))
    values = {one.parameter: one for one in result.values}
    assert values["CREA"].value == 88
    assert 69 <= values["EGFR"].value <= 71
    assert values["EGFR"].sent_value is None


async def test_what_cannot_be_taken_is_refused_whole(bench, enter, service, people) -> None:
    _, tests = await bench("NA", "K")
    for value, unit, reason in (
        ("4,1", "mg/dL", "wrong_unit"),
        ("4.1", None, "wrong_unit"),
        ("high", "mmol/L", "not_a_number"),
    ):
        with pytest.raises(NotPlaced) as refused:
            await enter(tests["K"], ("K", value, unit))
        assert [(one.pointer, one.code) for one in refused.value.errors] == [("/values/0", reason)]
    with pytest.raises(NotPlaced):
        await enter(tests["K"], ("K", "4.1", "mmol/L"), ("NA", "140", "mmol/L"))
    assert not (await service.result_reading.list_versions(people.technician, tests["K"].id)).items
    page = await service.holding.list_held(people.technician, HeldQuery())
    assert page.items == []


async def test_two_people(bench, enter, service, people) -> None:
    order, tests = await bench("K")
    result = await enter(tests["K"], ("K", "4.1", "mmol/L"))
    with pytest.raises(MoveNotAllowed, match="accepted"):
        await service.entering.release(people.second_technician, result.id)
    await service.entering.accept(people.technician, result.id)
    with pytest.raises(OwnResult):
        await service.entering.release(people.technician, result.id)
    with pytest.raises(Forbidden):
        await service.entering.release(people.doctor, result.id)
    out = await service.entering.release(people.second_technician, result.id)
    assert (out.status, out.released_by) == ("final", people.second_technician.user_id)
    after = await service.order_reading.get(people.doctor, order.id)
    assert (after.status, after.tests[0].status) == ("completed", "released")
    with pytest.raises(MoveNotAllowed):
        await service.entering.release(people.second_technician, result.id)


async def test_who_entered_a_part_does_not_release_the_whole(bench, enter, service, people) -> None:
    _, tests = await bench("PT")
    await enter(tests["PT"], ("PT", "12.0", "s"))
    whole = await enter(tests["PT"], ("INR", "1.0", "{INR}"), by=people.second_technician)
    await service.entering.accept(people.technician, whole.id)
    for one in (people.technician, people.second_technician):
        with pytest.raises(OwnResult):
            await service.entering.release(one, whole.id)
    third = principal(Role.LAB_TECHNICIAN)
    assert (await service.entering.release(third, whole.id)).status == "final"


async def test_who_was_not_believed_may_release_what_another_measured(
    bench, enter, service, people
) -> None:
    _, tests = await bench("K")
    first = await enter(tests["K"], ("K", "5.9", "mmol/L"))
    await service.entering.repeat(people.second_technician, first.id, Repeat(reason="clot"))
    again = await enter(tests["K"], ("K", "4.1", "mmol/L"), by=people.second_technician)
    await service.entering.accept(people.technician, again.id)
    assert (await service.entering.release(people.technician, again.id)).status == "final"


async def test_readers_see_it_from_release_on(bench, enter, service, people) -> None:
    _, tests = await bench("K")
    result = await enter(tests["K"], ("K", "4.1", "mmol/L"))
    for reader in (people.doctor, people.nurse, people.patient):
        with pytest.raises(ResultNotFound):
            await service.result_reading.get(reader, result.id)
    await service.entering.accept(people.technician, result.id)
    await service.entering.release(people.second_technician, result.id)
    for reader in (people.doctor, people.nurse, people.patient):
        assert (await service.result_reading.get(reader, result.id)).values[0].value == Decimal(
            "4.1"
        )
    with pytest.raises(ResultNotFound):
        await service.result_reading.get(people.stranger, result.id)


async def test_a_sensitive_result_waits_before_the_patient_sees_it(
    bench, released, service, people, clock
) -> None:
    snapshot = await service.desk.catalogue.current()
    kind = next(
        one
        for one in snapshot.tests.values()
        if one.sensitive and one.kind == "test" and one.parameters[0].kind == "coded"
    )
    _, tests = await bench(kind.code)
    parameter = kind.parameters[0]
    normal = next(one.code for one in parameter.choices if not one.abnormal)
    result = await released(tests[kind.code], (parameter.code, normal, None))
    assert (await service.result_reading.get(people.doctor, result.id)).id == result.id
    with pytest.raises(ResultNotFound):
        await service.result_reading.get(people.patient, result.id)
    clock.advance(kind.release_delay)
    assert (await service.result_reading.get(people.patient, result.id)).id == result.id


async def test_a_correction_replaces_only_when_it_is_released(
    bench, released, service, people
) -> None:
    _, tests = await bench("K")
    test = tests["K"]
    first = await released(test, ("K", "4.1", "mmol/L"))
    request = Correction(
        values=[Entry(parameter="K", value="5.9", unit="mmol/L")], reason="tubes were swapped"
    )
    second = await service.entering.correct(people.technician, test.id, request)
    assert (second.version, second.status, second.current) == (2, "preliminary", False)
    seen = await service.result_reading.list_versions(people.doctor, test.id)
    assert [one.id for one in seen.items] == [first.id]
    out = await service.entering.release(people.second_technician, second.id)
    assert (out.status, out.current, out.reason) == ("corrected", True, "tubes were swapped")
    seen = await service.result_reading.list_versions(people.doctor, test.id)
    assert [(one.version, one.status, one.current) for one in seen.items] == [
        (2, "corrected", True),
        (1, "final", False),
    ]
    series = await service.result_reading.series(
        people.patient, people.patient.user_id, SeriesQuery(parameter=["K"])
    )
    assert [one.value for one in series.items] == [Decimal("5.9")]


async def test_a_result_that_is_not_believed_is_measured_again(
    bench, enter, service, people
) -> None:
    _, tests = await bench("K")
    first = await enter(tests["K"], ("K", "9.9", "mmol/L"))
    await service.entering.accept(people.technician, first.id)
    gone = await service.entering.repeat(people.second_technician, first.id, Repeat(reason="clot"))
    assert (gone.status, gone.current) == ("cancelled", False)
    again = await enter(tests["K"], ("K", "4.2", "mmol/L"))
    assert (again.version, again.status) == (2, "preliminary")


async def test_ldl_needs_no_hand_and_never_keeps_an_order_open(bench, enter, service, people):
    """Friedewald, mmol/L: 5.0 - 1.2 - 1.1 / 2.2 = 3.3; with triglycerides above 4.5 it has none."""
    for tg, expected in (("1.1", Decimal("3.30")), ("6.0", None)):
        _, tests = await bench("TC", "HDL", "TG", "LDL")
        for code, value in (("TC", "5.0"), ("HDL", "1.2"), ("TG", tg)):
            result = await enter(tests[code], (code, value, "mmol/L"))
            await service.entering.accept(people.technician, result.id)
        ldl = (await service.result_reading.list_versions(people.technician, tests["LDL"].id)).items
        assert {one.parameter: one.value for one in ldl[0].values}.get("LDL") == expected
        assert ldl[0].accepted_at is not None


async def test_reflex_tests_follow_release_once(bench, released, service, people) -> None:
    order, tests = await bench("TSH")
    await released(tests["TSH"], ("TSH", "12", "m[IU]/L"))
    after = await service.order_reading.get(people.doctor, order.id)
    added = [test for test in after.tests if test.origin == "reflex"]
    assert [(one.code, one.caused_by_id) for one in added] == [("FT4", tests["TSH"].id)]
    assert after.status == "active"


HEAD = "accession,parameter,value,unit,observed_at\n"


async def test_a_file_is_answered_line_by_line_and_twice_is_once(
    bench, service, people, clock
) -> None:
    order, tests = await bench("K", "NA")
    number = order.specimens[0].accession
    at = (clock.time + timedelta(minutes=1)).isoformat()
    lines = [
        f"{number},K,4.4,mmol/L,{at}",
        f"{number},NA,141,mmol/L,",
        "991231999999,K,4.4,mmol/L,",
        f"{number},K,4.4,banana,",
        f"{number},XYZ,1,mmol/L,",
        f"{number},CA,2.3,mmol/L,",
    ]
    content = (HEAD + "\n".join(lines)).encode()
    receipt = await service.holding.read_file(people.technician, content)
    assert [(one.status, one.reason) for one in receipt.lines] == [
        ("stored", None),
        ("stored", None),
        ("held", "unknown_accession"),
        ("held", "wrong_unit"),
        ("held", "unknown_code"),
        ("held", "not_ordered"),
    ]
    again = await service.holding.read_file(people.technician, content)
    assert (again.stored, again.same) == (0, 2)
    versions = await service.result_reading.list_versions(people.technician, tests["K"].id)
    assert len(versions.items) == 1


async def test_held_values_are_placed_or_discarded_once(bench, service, people) -> None:
    order, tests = await bench("K")
    content = (HEAD + "991231999999,K,4.4,mmol/L,\n991231999999,K,1,mmol/L,").encode()
    await service.holding.read_file(people.technician, content)
    page = await service.holding.list_held(people.technician, HeldQuery())
    wrong, right = sorted(page.items, key=lambda one: one.payload["value"])
    with pytest.raises(NotPlaced, match="stays held"):
        await service.holding.place(people.technician, right.id, Placing(note="?"))
    placed = Placing(accession=order.specimens[0].accession, note="number was misread")
    done = await service.holding.place(people.technician, right.id, placed)
    assert (done.status, done.settled_by) == ("placed", people.technician.user_id)
    versions = await service.result_reading.list_versions(people.technician, tests["K"].id)
    assert versions.items[0].values[0].value == Decimal("4.4")
    with pytest.raises(MoveNotAllowed):
        await service.holding.place(people.technician, right.id, placed)
    await service.holding.discard(people.technician, wrong.id, Discarding(note="a test run"))
    assert (await service.holding.list_held(people.technician, HeldQuery())).items == []


async def test_nothing_is_taken_for_a_specimen_that_is_not_on_the_bench(service, people) -> None:
    request = LabOrderRequest(patient_id=people.patient.user_id, tests=["K"])
    order = await service.ordering.place(people.doctor, request)
    content = (HEAD + f"{order.specimens[0].accession},K,4.4,mmol/L,").encode()
    receipt = await service.holding.read_file(people.technician, content)
    assert receipt.lines[0].reason == "specimen_not_usable"


@pytest.mark.parametrize(
    ("collected", "flag"),
    [
        # 28 days after birth in the hospital, where it is day before it is day in Greenwich.
        (datetime(2026, 11, 22, 16, 59, tzinfo=UTC), "N"),
        (datetime(2026, 11, 22, 17, 1, tzinfo=UTC), "L"),
    ],
)
async def test_days_of_a_newborns_life_are_those_of_the_hospital(
    bench, enter, people, records, clock, collected, flag
) -> None:
    """Potassium of 4.0 mmol/L is normal until the 28th day (3.7 to 5.9), then low (4.1 to 5.3)."""
    records.record(people.patient, sex="female", birth_date=date(2026, 10, 26))
    clock.time = collected
    _, tests = await bench("K")
    result = await enter(tests["K"], ("K", "4.0", "mmol/L"))
    assert result.values[0].flag == flag


async def test_a_comma_that_may_mean_thousands_is_asked_about(bench, enter) -> None:
    _, tests = await bench("FERR")
    with pytest.raises(NotPlaced) as refused:
        await enter(tests["FERR"], ("FERR", "1,234", "ug/L"))
    assert [one.code for one in refused.value.errors] == ["not_a_number"]
    result = await enter(tests["FERR"], ("FERR", "1234,0", "ug/L"))
    assert result.values[0].value == 1234


async def test_a_held_value_that_somebody_changed_is_theirs(bench, service, people) -> None:
    """It goes the way of what is typed: nobody releases what they wrote."""
    order, tests = await bench("K")
    content = (HEAD + f"{order.specimens[0].accession},K,4.4,banana,").encode()
    await service.holding.read_file(people.technician, content)
    held = (await service.holding.list_held(people.technician, HeldQuery())).items[0]
    placing = Placing(unit="mmol/L", note="the unit of this analyzer")
    await service.holding.place(people.technician, held.id, placing)
    versions = await service.result_reading.list_versions(people.technician, tests["K"].id)
    newest = versions.items[0]
    assert (newest.source, newest.accepted_at) == ("hand", None)
