"""Dispensing: from several batches, in parts, again when it is time, and back again."""

from datetime import timedelta
from decimal import Decimal

import pytest

from deployments.errors import Forbidden
from deployments.pharmacy import dispensing_completion, dispensing_returns, moving
from deployments.pharmacy.checking import Recheck
from deployments.pharmacy.dispensing_schemas import (
    Decline,
    DispensingQuery,
    DispensingRequest,
    ReturnLine,
    ReturnRequest,
)
from deployments.pharmacy.errors import (
    CannotCheck,
    ChangedMeanwhile,
    Contraindicated,
    Expired,
    MoveNotAllowed,
    PrescriptionNotFound,
)
from deployments.pharmacy.events import (
    DispensingReturned,
    PrescriptionDispensed,
    PrescriptionEnded,
    PrescriptionReopened,
)
from deployments.pharmacy.safety.findings import Finding, FindingKind, Severity, Text
from deployments.pharmacy.stock_errors import (
    BatchNotUsable,
    DispensingNotFound,
    LocationNotFound,
    NotDispensable,
    OutOfStock,
    QuantityNotPossible,
    SubstitutionNotAllowed,
    TooEarlyToRefill,
    TooMuchDispensed,
    TooMuchReturned,
)
from deployments.pharmacy.stock_schemas import BatchReason
from tests.factories import appointments as people
from tests.factories.stock import LATER, SOON, TODAY, StockWorld


@pytest.fixture
def world(pharmacy_database, clock):
    return StockWorld(pharmacy_database, clock)


@pytest.fixture
def published(monkeypatch):
    found = []
    for module in (dispensing_completion, dispensing_returns, moving):
        monkeypatch.setattr(module, "publish", lambda _connection, *events: found.extend(events))
    return found


def status_of(world, prescription):
    return world.rows(
        "SELECT status, fulfilment FROM prescriptions WHERE id = :id", id=prescription.id
    )[0]


def back(item, quantity, code="not-needed", **more):
    lines = [ReturnLine(dispensing_item_id=item.id, quantity=Decimal(quantity))]
    return ReturnRequest(lines=lines, code=code, **more)


async def test_two_batches_fill_a_prescription_those_that_expire_first_in_front(world, published):
    drug = world.medication()
    late = await world.receive(drug, lot="late", quantity=50, expires_on=LATER)
    soon = await world.receive(drug, lot="soon", quantity=20, expires_on=SOON)
    ordered = world.prescribe(drug)
    made = await world.prepare(ordered)
    assert [(one.batch_id, one.quantity) for one in made.items] == [(soon, 20), (late, 10)]
    assert (made.status, made.controlled) == ("preparation", False)
    assert world.balance(world.dispensary, soon) == 20
    with pytest.raises(MoveNotAllowed):
        await world.service.completion.complete(world.maker, made.id)
    await world.service.preparing.pick(world.maker, made.id, 1)
    with pytest.raises(ChangedMeanwhile):
        await world.service.completion.complete(world.maker, made.id, 1)
    done = await world.service.completion.complete(world.maker, made.id, 2)
    assert (done.status, done.completed_by) == ("completed", world.maker.user_id)
    assert world.checks.asked[-1] == ordered.id
    assert (world.balance(world.dispensary, soon), world.balance(world.dispensary, late)) == (0, 40)
    assert status_of(world, ordered) == ("completed", "completed")
    dispensed, ended = published
    assert isinstance(dispensed, PrescriptionDispensed)
    assert [one.quantity for one in dispensed.items] == [20, 10]
    assert (type(ended), ended.reason) == (PrescriptionEnded, "completed")
    audited = world.rows(
        "SELECT action, outcome, patient_id FROM audit_log WHERE object_id = :id ORDER BY sequence",
        id=made.id,
    )
    done_or_not = [
        ("prepare", "success"),
        ("complete", "failure"),
        ("pick", "success"),
        ("complete", "failure"),
        ("complete", "success"),
    ]
    assert audited == [
        (f"pharmacy.{word}_dispensing", outcome, world.patient.user_id)
        for word, outcome in done_or_not
    ]


async def test_parts_are_handed_over_until_nothing_remains(world):
    drug = world.medication()
    await world.receive(drug)
    ordered = world.prescribe(drug, item={"duration_days": 30})
    await world.dispense(ordered, 10)
    assert status_of(world, ordered) == ("active", "in-progress")
    (left,) = (await world.service.reading.get_remaining(world.maker, ordered.id)).items
    assert (left.remaining, left.dispensable, left.due_on) == (20, 20, None)
    with pytest.raises(TooMuchDispensed):
        await world.dispense(ordered, 21)
    await world.dispense(ordered)
    assert status_of(world, ordered)[0] == "completed"
    with pytest.raises(NotDispensable):
        await world.prepare(ordered, 1)


async def test_a_repeat_is_due_when_four_fifths_of_the_days_have_passed(world, clock):
    drug = world.medication()
    await world.receive(drug, expires_on=LATER)
    ordered = world.prescribe(drug, item={"duration_days": 30, "repeats": 1})
    await world.dispense(ordered)
    clock.advance(timedelta(days=23))
    with pytest.raises(TooEarlyToRefill):
        await world.dispense(ordered)
    clock.advance(timedelta(days=1))
    assert (await world.dispense(ordered)).items[0].quantity == 30
    assert status_of(world, ordered)[0] == "completed"


async def test_two_that_were_prepared_do_not_both_leave(world):
    drug = world.medication()
    await world.receive(drug)
    ordered = world.prescribe(drug)
    first, second = await world.prepare(ordered), await world.prepare(ordered)
    for one in (first, second):
        await world.service.preparing.pick(world.maker, one.id)
    await world.service.completion.complete(world.maker, first.id)
    with pytest.raises(NotDispensable):
        await world.service.completion.complete(world.maker, second.id)


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({"fulfilment": "received"}, NotDispensable),
        ({"fulfilment": "rejected"}, NotDispensable),
        ({"status": "on-hold"}, NotDispensable),
        ({"status": "stopped"}, NotDispensable),
        ({"valid_until": people.NOW - timedelta(seconds=1)}, Expired),
    ],
)
async def test_only_active_verified_valid_prescriptions_are_filled(world, values, refused):
    drug = world.medication()
    await world.receive(drug)
    with pytest.raises(refused):
        await world.prepare(world.prescribe(drug, **values))


async def test_nothing_leaves_unchecked(world):
    drug = world.medication()
    batch = await world.receive(drug)
    made = await world.prepare(world.prescribe(drug))
    await world.service.preparing.pick(world.maker, made.id)
    world.checks.answer = CannotCheck("medical records does not answer")
    with pytest.raises(CannotCheck):
        await world.service.completion.complete(world.maker, made.id)
    forbidden = Finding(
        kind=FindingKind.ALLERGY,
        severity=Severity.CONTRAINDICATED,
        items=("/items/0",),
        substances=("723",),
        code="allergy:723",
        mechanism=Text(en="allergic"),
        advice=Text(en="do not give"),
        source="test",
        data_version="1",
    )
    world.checks.answer = Recheck([forbidden], [forbidden], {})
    with pytest.raises(Contraindicated):
        await world.service.completion.complete(world.maker, made.id)
    assert world.balance(world.dispensary, batch) == 100


async def test_expired_quarantined_and_recalled_lots_stay(world, clock):
    drug = world.medication()
    last_day = await world.receive(drug, lot="today", quantity=30, expires_on=TODAY)
    kept = await world.receive(drug, lot="kept", quantity=30)
    await world.service.stock.quarantine(world.maker, kept, BatchReason(reason="check"))
    ordered = world.prescribe(drug)
    made = await world.prepare(ordered)
    assert [one.batch_id for one in made.items] == [last_day]
    await world.service.preparing.pick(world.maker, made.id)
    clock.advance(timedelta(hours=14, minutes=59))  # 23:59 in Ho Chi Minh City
    assert (await world.prepare(ordered)).items[0].batch_id == last_day
    clock.advance(timedelta(minutes=1))
    with pytest.raises(OutOfStock):
        await world.prepare(ordered)
    with pytest.raises(BatchNotUsable):
        await world.service.completion.complete(world.maker, made.id)


async def test_another_product_with_the_same_ingredients_if_the_prescriber_allows(world):
    drug, equal = world.medication(), world.medication()
    other = world.medication(ingredients=[{"rxnorm": "2", "amount": "5", "unit": "mg"}])
    for one in (equal, other):
        await world.receive(one)
    allowed = world.prescribe(drug)
    assert (await world.prepare(allowed, medication_id=equal.id)).items[0].substituted
    with pytest.raises(SubstitutionNotAllowed):
        await world.prepare(allowed, medication_id=other.id)
    as_written = world.prescribe(drug, item={"substitution_allowed": False})
    with pytest.raises(SubstitutionNotAllowed):
        await world.prepare(as_written, medication_id=equal.id)


async def test_what_comes_back_goes_to_its_own_batch_or_is_kept_apart(world, published):
    drug = world.medication()
    soon = await world.receive(drug, lot="soon", quantity=20)
    late = await world.receive(drug, lot="late", quantity=50, expires_on=LATER)
    ordered = world.prescribe(drug)
    done = await world.dispense(ordered)
    from_soon, from_late = done.items
    returns = world.service.returns
    await returns.give_back(world.maker, done.id, back(from_soon, 5))
    assert (world.balance(world.dispensary, soon), world.balance(world.dispensary, late)) == (5, 40)
    await returns.give_back(world.maker, done.id, back(from_late, 4, "damaged", spoiled=True))
    assert world.balance(world.quarantine, late) == 4
    assert world.balance(world.dispensary, late) == 40
    with pytest.raises(TooMuchReturned):
        await returns.give_back(world.maker, done.id, back(from_late, 7))
    told = [one for one in published if isinstance(one, DispensingReturned)]
    assert [(one.reason, one.items[0].quantity) for one in told] == [
        ("not-needed", 5),
        ("damaged", 4),
    ]
    assert status_of(world, ordered)[0] == "active"
    (left,) = (await world.service.reading.get_remaining(world.maker, ordered.id)).items
    assert left.remaining == 9


async def test_cancelling_puts_back_what_has_not_come_back_yet(world, published):
    drug = world.medication()
    batch = await world.receive(drug, quantity=40)
    ordered = world.prescribe(drug)
    done = await world.dispense(ordered)
    await world.service.returns.give_back(world.maker, done.id, back(done.items[0], 5))
    gone = await world.service.returns.cancel(world.maker, done.id, "wrong patient")
    assert (gone.status, gone.items[0].returned) == ("cancelled", 30)
    assert world.balance(world.dispensary, batch) == 40
    assert status_of(world, ordered) == ("active", "in-progress")
    (version,) = world.rows("SELECT version FROM prescriptions WHERE id = :id", id=ordered.id)[0]
    assert [(type(one), one.version) for one in published if hasattr(one, "version")][-2:] == [
        (PrescriptionEnded, version - 1),
        (PrescriptionReopened, version),
    ]
    with pytest.raises(MoveNotAllowed):
        await world.service.returns.cancel(world.maker, done.id, "again")
    assert (await world.dispense(ordered)).status == "completed"


async def test_holding_stopping_declining_and_cancelling_take_nothing(world):
    drug = world.medication()
    batch = await world.receive(drug)
    ordered, preparing = world.prescribe(drug), world.service.preparing
    first = await world.prepare(ordered)
    assert (await preparing.hold(world.maker, first.id, "asking")).status == "on-hold"
    assert (await preparing.resume(world.maker, first.id)).status == "in-progress"
    assert (await preparing.stop(world.maker, first.id, "stopped")).status == "stopped"
    second = await world.prepare(ordered)
    declined = await preparing.decline(world.maker, second.id, Decline(code="saig", note="rash"))
    assert (declined.status, declined.status_reason) == ("declined", "saig")
    third = await world.prepare(ordered)
    assert (await world.service.returns.cancel(world.maker, third.id, "x")).status == "cancelled"
    assert world.balance(world.dispensary, batch) == 100


async def test_what_cannot_be_prepared(world):
    drug = world.medication()
    await world.receive(drug, quantity=5)
    ordered, other = world.prescribe(drug), world.prescribe(drug)
    with pytest.raises(OutOfStock):
        await world.prepare(ordered)
    with pytest.raises(QuantityNotPossible):
        await world.prepare(ordered, Decimal("1.5"))
    with pytest.raises(PrescriptionNotFound):
        await world.prepare(ordered, 1, prescription_item_id=other.items[0])
    with pytest.raises(Forbidden):
        await world.prepare(ordered, 1, by=world.nurse)
    request = DispensingRequest(prescription_id=ordered.id, location_id=world.quarantine)
    with pytest.raises(LocationNotFound):
        await world.service.preparing.prepare(world.maker, request)


async def test_patients_and_those_who_treat_them_read_and_every_look_is_audited(world):
    drug = world.medication()
    await world.receive(drug)
    stranger, reading = people.patient(), world.service.reading
    mine = await world.prepare(world.prescribe(drug))
    await world.prepare(world.prescribe(drug, patient=stranger))
    world.treated.add((world.doctor.user_id, world.patient.user_id))
    for someone in (world.patient, world.doctor, world.maker):
        assert (await reading.get(someone, mine.id)).id == mine.id
        query = DispensingQuery(patient_id=world.patient.user_id)
        assert [one.id for one in (await reading.list_page(someone, query)).items] == [mine.id]
    for someone in (stranger, world.nurse):
        with pytest.raises(DispensingNotFound):
            await reading.get(someone, mine.id)
        query = DispensingQuery(patient_id=world.patient.user_id)
        assert (await reading.list_page(someone, query)).items == []
        everybody = (await reading.list_page(someone, DispensingQuery())).items
        assert mine.id not in [one.id for one in everybody]
    first = await reading.list_page(world.maker, DispensingQuery(limit=1))
    rest = DispensingQuery(limit=1, cursor=first.next_cursor)
    assert [one.id for one in (await reading.list_page(world.maker, rest)).items] == [mine.id]
    looks = world.rows(
        "SELECT outcome, count(*) FROM audit_log WHERE action LIKE '%read%'"
        " OR action LIKE '%list%' GROUP BY outcome ORDER BY outcome"
    )
    assert looks == [("denied", 4), ("success", 10)]


async def test_what_is_taken_as_needed_does_not_leave_all_at_once(world, clock):
    """Thirty tablets, at most one a day: the next thirty are due after four fifths of 30 days."""
    drug = world.medication()
    await world.receive(drug, quantity=200)
    ordered = world.prescribe(drug, item={"repeats": 2, "duration_days": None})
    await world.dispense(ordered)
    with pytest.raises(TooEarlyToRefill):
        await world.dispense(ordered)
    clock.advance(timedelta(days=24))
    assert (await world.dispense(ordered)).status == "completed"
