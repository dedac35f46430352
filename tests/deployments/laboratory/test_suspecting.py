"""A held value that may be critical is told to the laboratory at once, and only once."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from deployments.laboratory.alert_schemas import AlertQuery
from deployments.laboratory.catalogue import Catalogue
from deployments.laboratory.catalogue_shapes import Limit, Span
from deployments.laboratory.intake import Intake
from deployments.laboratory.limits import narrowest
from deployments.laboratory.measured import Measured
from deployments.laboratory.order_schemas import LabOrderRequest
from deployments.laboratory.result_schemas import Discarding, HeldQuery, Placing
from deployments.laboratory.suspecting import suspect
from deployments.laboratory.worker import Worker
from deployments.laboratory.worker_handlers import HANDLERS
from storage.outbox import outbox
from tests.factories.analyzers import oru

HEAD = "accession,parameter,value,unit,observed_at\n"
NOBODYS = "991231999999"
HELD = "laboratory.critical_value_held.v1"


@pytest.fixture
async def order(service, people):
    """Potassium, whose specimen is not on the bench yet."""
    request = LabOrderRequest(patient_id=people.patient.user_id, tests=["K"])
    return await service.ordering.place(people.doctor, request)


@pytest.fixture
def send_file(service, people):
    async def send(*lines: str):
        return await service.holding.read_file(
            people.technician, (HEAD + "\n".join(lines)).encode()
        )

    return send


@pytest.fixture
def send_message(laboratory_database, service, clock):
    """Takes a message in, and works until nothing is left."""
    intake = Intake(laboratory_database, clock, ZoneInfo("Asia/Ho_Chi_Minh"))

    async def send(raw: bytes) -> None:
        await intake.receive(raw)
        catalogue, settings = Catalogue(laboratory_database), service.desk.settings
        worker = Worker(
            laboratory_database, catalogue.current, HANDLERS,
            name="one", settings=settings, clock=clock,
        )  # fmt: skip
        while await worker.work_once():
            pass

    return send


@pytest.fixture
def held(service, people):
    async def run(**query):
        return await service.holding.list_held(people.technician, HeldQuery(**query))

    return run


@pytest.fixture
def told(laboratory_database):
    """What was told of held values, as the outbox has it."""

    async def read() -> list[dict]:
        query = select(outbox.c.payload).where(outbox.c.name == HELD).order_by(outbox.c.event_id)
        return list(await laboratory_database.read(lambda c: c.execute(query).scalars().all()))

    return read


async def test_a_message_before_its_specimen_is_told_and_placed_it_alerts(
    service, people, order, accepted, send_message, held, told
) -> None:
    tube = order.specimens[0].accession
    await send_message(oru(tube, ("K", "7.1", "mmol/L"), control_id="a"))
    one = (await held()).items[0]
    assert (one.reason, one.critical) == ("specimen_not_usable", True)
    assert [(said["held_id"], said["parameter"], said["reason"]) for said in await told()] == [
        (str(one.id), "K", "specimen_not_usable")
    ]
    assert str(people.patient.user_id) not in str(await told())
    assert (await service.alerts.list_page(people.doctor, AlertQuery())).items == []
    await accepted(order)
    await service.holding.place(people.technician, one.id, Placing(note="it is here now"))
    alert = (await service.alerts.list_page(people.doctor, AlertQuery())).items[0]
    assert (alert.parameter, alert.flag, alert.status) == ("K", "HH", "open")
    assert len(await told()) == 1


async def test_what_is_sent_again_is_not_told_again(order, send_message, send_file, told) -> None:
    tube = order.specimens[0].accession
    message = oru(tube, ("K", "7.1", "mmol/L"), control_id="a")
    for raw in (message, message, oru(tube, ("K", "7.1", "mmol/L"), control_id="b")):
        await send_message(raw)
    line = f"{tube},K,7.1,mmol/L,"
    await send_file(line, line)
    assert len(await told()) == 1
    await send_file(f"{tube},K,7.4,mmol/L,")
    assert len(await told()) == 2, "another value is"


async def test_what_comes_after_it_was_discarded_is_told(
    service, people, order, send_file, held, told
) -> None:
    line = f"{order.specimens[0].accession},K,7.1,mmol/L,"
    await send_file(line)
    one = (await held()).items[0]
    await service.holding.discard(people.technician, one.id, Discarding(note="haemolysed"))
    await send_file(line)
    assert len(await told()) == 2


async def test_a_rerun_that_is_no_correction_is_told(
    service, people, order, accepted, send_message, held, told
) -> None:
    await accepted(order)
    tube = order.specimens[0].accession
    await send_message(oru(tube, ("K", "4.1", "mmol/L"), control_id="a"))
    test_id = order.tests[0].id
    first = (await service.result_reading.list_versions(people.technician, test_id)).items[0]
    await service.entering.release(people.technician, first.id)
    await send_message(oru(tube, ("K", "4.4", "mmol/L"), control_id="b"))
    assert await told() == []
    await send_message(oru(tube, ("K", "7.1", "mmol/L"), control_id="c"))
    assert [one["reason"] for one in await told()] == ["already_released"]
    assert [one.critical for one in (await held()).items] == [True, False]


async def test_a_value_of_another_patient_is_held_against_the_narrowest_limits(
    people, order, accepted, send_message, told
) -> None:
    await accepted(order)
    raw = oru(order.specimens[0].accession, ("K", "7.1", "mmol/L"))
    await send_message(raw.replace(b"PID|1||ANON", f"PID|1||{people.doctor.user_id}".encode()))
    assert [one["reason"] for one in await told()] == ["wrong_patient"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"{NOBODYS},K,7.1,mmol/L,", "unknown_accession"),
        (f"{NOBODYS},2823-3,7.1,mmol/L,", "unknown_accession"),
        (f"{NOBODYS},K,<2,mmol/L,", "unknown_accession"),
        ("{tube},K,7.1,mmol/l?,", "wrong_unit"),
        ("{tube},K,7.1,,", "wrong_unit"),
        ("{tube},NA,99,mmol/L,", "not_ordered"),
        ("{tube},K,7.1,mmol/L,2030-01-01T00:00:00Z", "specimen_too_old"),
    ],
)
async def test_told_for_each_reason(order, accepted, send_file, told, line, reason) -> None:
    await accepted(order)
    receipt = await send_file(line.replace("{tube}", order.specimens[0].accession))
    assert receipt.lines[0].reason == reason
    assert [one["reason"] for one in await told()] == [reason]


async def test_what_is_not_critical_or_not_known_tells_nobody(
    order, accepted, send_file, told
) -> None:
    await accepted(order)
    tube = order.specimens[0].accession
    receipt = await send_file(
        f"{NOBODYS},K,4.1,mmol/L,", f"{NOBODYS},WHAT,7.1,mmol/L,", f"{tube},K,4.1,banana,",
        f"{tube},K,high,mmol/L,", f"{tube},NA,140,mmol/L,",
    )  # fmt: skip
    assert receipt.held == 5
    assert await told() == []


async def test_what_may_be_critical_comes_first_on_every_page(send_file, held) -> None:
    await send_file(*(f"{NOBODYS},K,{value},mmol/L," for value in ("4.1", "7.1", "4.2", "7.2")))
    values, cursor = [], None
    while True:
        page = await held(limit=1, cursor=cursor)
        values += [(one.payload["value"], one.critical) for one in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert values == [("7.2", True), ("7.1", True), ("4.2", False), ("4.1", False)]


@pytest.mark.parametrize(
    ("code", "value", "unit", "critical"),
    [
        ("PLT", "9,000", "/uL", True),  # nine, or nine thousand in a microlitre: low either way
        ("PLT", "250,000", "/uL", True),  # 250 in a microlitre would be
        ("ferr", "1,234", "ug/L", False),
        ("K", "4.1", "mmol/L", False),
        ("K", "4.1", "mg/dL", False),
    ],
)
async def test_an_unclear_number_is_critical_when_it_may_be(
    laboratory_database, code, value, unit, critical
) -> None:
    snapshot = await Catalogue(laboratory_database).current()
    found = suspect(snapshot, Measured(NOBODYS, code, value, unit), None)
    assert (found is not None) == critical


async def test_the_middle_of_an_adults_normal_is_no_alarm_while_nobody_knows_whose_it_is(
    laboratory_database,
) -> None:
    """The narrowest limits of all ages leave room, or each value would be an alarm."""
    snapshot = await Catalogue(laboratory_database).current()
    held = {
        (one.code, limit.sex): suspect(
            snapshot, Measured(NOBODYS, one.code, middle, one.unit), None
        )
        for test in snapshot.tests.values()
        for one in test.parameters
        for limit in one.limits
        if limit.to_days is None and (middle := _middle(limit.normal)) is not None
    }
    assert len(held) > 100
    assert [key for key, parameter in held.items() if parameter] == []


def _middle(span: Span) -> str | None:
    if span.low is None or span.high is None:
        return None
    return str((span.low + span.high) / 2)


def limit(sex: str, start: int, end: int | None, low: int, high: int) -> Limit:
    critical = Span(Decimal(low), Decimal(high))
    return Limit(sex, start, end, Span(), critical, "made up")


@pytest.mark.parametrize(
    ("sex", "age_days", "expected"),
    [
        ("male", 10, (2, 30)), ("male", 9000, (3, 20)), ("female", 9000, (4, 25)),
        ("unknown", 9000, (4, 20)), ("male", None, (3, 20)), (None, None, (4, 20)),
        (None, 10, (2, 30)),
    ],
)  # fmt: skip
def test_the_narrowest_of_what_may_apply(sex, age_days, expected) -> None:
    every = [
        limit("male", 0, 28, 2, 30), limit("male", 28, None, 3, 20),
        limit("female", 0, 28, 1, 40), limit("female", 28, None, 4, 25),
    ]  # fmt: skip
    found = narrowest(every, sex, age_days)
    assert found is not None
    assert (found.critical.low, found.critical.high) == expected
    assert narrowest([], sex, age_days) is None
