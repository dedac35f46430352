"""Quality control in the hands of people, on real PostgreSQL."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text

from deployments.errors import Forbidden
from deployments.laboratory import errors
from deployments.laboratory.control_schemas import (
    Closing,
    ControlLotRequest,
    ControlRunQuery,
    ControlRunRequest,
    ViolationQuery,
)
from deployments.pagination import InvalidCursor
from storage.columns import new_id
from storage.laboratory import controls as rows

WAITING = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


@pytest.fixture
def desk(service):
    return service.controls


def request_of(**values) -> ControlLotRequest:
    fields = {
        "parameter": "K", "instrument": "AU-1", "name": "Serum control", "lot": "L1", "level": 1,
        "target": "4.0", "sd": "0.1", "expires_on": "2027-12-31",
    }  # fmt: skip
    return ControlLotRequest.model_validate(fields | values)


@pytest.fixture
def measure(desk, people, clock):
    """Measures a lot at so many standard deviations from its target, one minute after another."""

    async def run(lot, z: float, **values):
        clock.advance(timedelta(minutes=1))
        value = lot.target + Decimal(str(z)) * lot.sd
        request = ControlRunRequest(control_lot_id=lot.id, value=value, **values)
        return await desk.add_run(people.technician, request)

    return run


@pytest.fixture
def held(laboratory_database, clock):
    """Whether results of a lot's parameter are held on an analyzer."""

    async def ask(service, instrument: str | None) -> bool:
        parameter = (await service.desk.catalogue.current()).find_parameter("K")
        return parameter.id in await laboratory_database.read(
            lambda connection: rows.holds(connection, [parameter.id], instrument, clock())
        )

    return ask


async def test_a_run_is_kept_with_its_distance_and_audited(
    desk, people, measure, laboratory_database
) -> None:
    lot = await desk.add_lot(people.manager, request_of())
    run = await measure(lot, 1.5, comment="after the change of the reagent")
    assert (lot.unit, run.value, run.z, run.broken) == ("mmol/L", Decimal("4.15"), 1.5, [])
    query = text("SELECT action FROM audit_log WHERE object_id IN (:lot, :run) ORDER BY at")
    with laboratory_database.engine.connect() as connection:
        actions = connection.execute(query, {"lot": lot.id, "run": run.id}).scalars().all()
    assert actions == ["laboratory.control_lot.add", "laboratory.control_run.add"]


async def test_a_lot_is_there_once(desk, people) -> None:
    await desk.add_lot(people.manager, request_of())
    with pytest.raises(errors.ControlLotInUse):
        await desk.add_lot(people.manager, request_of(name="The same"))
    for other in ({"level": 2}, {"lot": "L2"}, {"instrument": "AU-2"}, {"parameter": "NA"}):
        await desk.add_lot(people.manager, request_of(**other))
    assert len((await desk.list_lots(people.technician, active=True)).items) == 5


@pytest.mark.parametrize("parameter", ["NOTHING", "UA-NIT", "AGAP"])
async def test_only_what_is_measured_in_numbers_has_a_control(desk, people, parameter) -> None:
    with pytest.raises(errors.TestTypeNotFound):
        await desk.add_lot(people.manager, request_of(parameter=parameter))


async def test_a_retired_lot_takes_no_runs_and_counts_no_more(desk, people, measure) -> None:
    old = await desk.add_lot(people.manager, request_of())
    await measure(old, 2.1)
    assert not (await desk.retire_lot(people.manager, old.id)).active
    with pytest.raises(errors.ControlNotFound):
        await measure(old, 0)
    new = await desk.add_lot(people.manager, request_of(lot="L2"))
    assert (await measure(new, 2.1)).broken == ["1-2s"]
    assert [one.id for one in (await desk.list_lots(people.manager, active=False)).items] == [
        old.id
    ]


async def test_nothing_in_the_future_nothing_out_of_order(desk, people, measure, clock) -> None:
    lot = await desk.add_lot(people.manager, request_of())
    for wrong in (timedelta(minutes=5), timedelta(hours=-1)):
        await measure(lot, 0)
        with pytest.raises(errors.WrongTime):
            await measure(lot, 0, measured_at=clock() + wrong)


async def test_an_expired_lot_proves_nothing(desk, people, measure, clock) -> None:
    """Its last day is a day of the hospital, UTC+7."""
    lot = await desk.add_lot(people.manager, request_of(expires_on="2026-11-23"))
    clock.advance(timedelta(hours=14))
    await measure(lot, 0)
    clock.advance(timedelta(hours=1))
    with pytest.raises(errors.WrongTime, match="expired"):
        await measure(lot, 0)


async def test_levels_of_a_run_are_judged_together(desk, people, measure) -> None:
    low = await desk.add_lot(people.manager, request_of(level=1))
    high = await desk.add_lot(people.manager, request_of(level=3, target="6.5", sd="0.2"))
    assert (await measure(low, 2.3)).broken == ["1-2s"]
    assert (await measure(high, -2.4)).broken == ["R-4s"]


async def test_analyzers_are_judged_apart(desk, people, measure) -> None:
    one = await desk.add_lot(people.manager, request_of())
    other = await desk.add_lot(people.manager, request_of(instrument="AU-2"))
    await measure(one, 2.1)
    assert (await measure(other, 2.1)).broken == ["1-2s"]


async def test_a_rejection_holds_until_somebody_says_what_was_done(
    service, desk, people, measure, held, clock
) -> None:
    lot = await desk.add_lot(people.manager, request_of())
    await desk.add_lot(people.manager, request_of(instrument="AU-2"))
    await measure(lot, 2.5)
    assert not await held(service, "AU-1"), "a warning holds nothing"
    await measure(lot, 3.5)
    assert await held(service, "AU-1")
    assert not await held(service, "AU-2"), "it has controls of its own"
    assert await held(service, "AU-3"), "nothing proves that it is another one"
    assert await held(service, None), "it may have been this one"
    found = (await desk.list_violations(people.technician, ViolationQuery())).items
    assert {(one.rule, one.severity) for one in found} == {
        ("1-2s", "warning"), ("1-3s", "rejection"), ("2-2s", "rejection"),
    }  # fmt: skip
    for one in found:
        assert one.severity == "warning" or await held(service, "AU-1")
        closed = await desk.close(people.technician, one.id, Closing(action="calibrated"))
        assert (closed.action, closed.closed_by) == ("calibrated", people.technician.user_id)
    clock.advance(timedelta(seconds=1))
    assert not await held(service, "AU-1")
    with pytest.raises(errors.MoveNotAllowed):
        await desk.close(people.technician, found[0].id, Closing(action="again"))
    with pytest.raises(errors.ControlNotFound):
        await desk.close(people.technician, uuid4(), Closing(action="nothing there"))


async def test_a_racing_run_is_seen(
    desk, people, laboratory_database, clock, monkeypatch, red
) -> None:
    """Another transaction has written level 1; level 2 waits for it, and sees it."""
    if red("control-lock"):
        monkeypatch.setattr(rows, "lock_pair", lambda *_: None)
    one = await desk.add_lot(people.manager, request_of(level=1))
    two = await desk.add_lot(people.manager, request_of(level=2))
    parameter_id = (await desk._desk.catalogue.current()).find_parameter("K").id
    first = {
        "id": new_id(), "control_lot_id": one.id, "value": Decimal("4.21"), "z": Decimal("2.1"),
        "measured_at": clock(), "entered_by": people.technician.user_id, "comment": None,
    }  # fmt: skip
    with laboratory_database.engine.begin() as other:
        rows.lock_pair(other, parameter_id, "AU-1")
        rows.add_run(other, first)
        request = ControlRunRequest(control_lot_id=two.id, value="4.22")
        second = asyncio.create_task(desk.add_run(people.technician, request))
        while not second.done():
            if await laboratory_database.read(lambda c: c.execute(WAITING).scalar()):
                break
    assert (await second).broken == ["2-2s"]


async def test_pages_of_runs_hold_each_once_newest_first(desk, people, measure) -> None:
    lot = await desk.add_lot(people.manager, request_of())
    made = [(await measure(lot, z)).id for z in (0.1, -0.2, 2.4, -0.1, 0.3)]
    seen, cursor = [], None
    while True:
        query = ControlRunQuery(lot=lot.id, limit=2, cursor=cursor)
        page = await desk.list_runs(people.manager, query)
        seen += page.items
        if (cursor := page.next_cursor) is None:
            break
    assert [one.id for one in seen] == made[::-1]
    assert [one.broken for one in seen] == [[], [], ["1-2s"], [], []]
    chart = await desk.chart(people.technician, lot.id)
    assert (chart.lot, chart.points) == (lot, seen[::-1])


async def test_lists_refuse_what_is_not_theirs(desk, people) -> None:
    lot = await desk.add_lot(people.manager, request_of())
    with pytest.raises(errors.ControlNotFound):
        await desk.list_runs(people.manager, ControlRunQuery(lot=uuid4()))
    with pytest.raises(errors.ControlNotFound):
        await desk.chart(people.manager, uuid4())
    with pytest.raises(InvalidCursor):
        await desk.list_runs(people.manager, ControlRunQuery(lot=lot.id, cursor="eA"))
    with pytest.raises(InvalidCursor):
        await desk.list_violations(people.manager, ViolationQuery(cursor="eA"))


async def test_who_may_what(desk, people) -> None:
    lot = await desk.add_lot(people.manager, request_of())
    run = ControlRunRequest(control_lot_id=lot.id, value="4.0")
    for call in (
        desk.add_lot(people.technician, request_of(lot="L2")),
        desk.retire_lot(people.technician, lot.id),
        desk.add_run(people.manager, run),
        desk.close(people.manager, uuid4(), Closing(action="x")),
        desk.list_runs(people.doctor, ControlRunQuery(lot=lot.id)),
        desk.chart(people.patient, lot.id),
        desk.list_violations(people.nurse, ViolationQuery()),
        desk.list_lots(people.doctor, active=True),
    ):
        with pytest.raises(Forbidden):
            await call
