"""What is done becomes charges, once; what is undone reverses them, whatever is told first."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from uuid import uuid4

import pytest

from deployments.appointments.events import (
    AppointmentCancelled,
    AppointmentEnteredInError,
    AppointmentFulfilled,
    AppointmentNoShow,
)
from deployments.billing.credit_schemas import CreditNoteQuery
from deployments.events import Envelope
from deployments.laboratory.events import SpecimenReceived, SpecimenRejected, TestsCancelled


async def on_draft(hospital) -> dict[str, Decimal]:
    return {line.code: line.quantity for one in await hospital.drafts() for line in one.draft_lines}


async def pending(hospital):
    page = await hospital.service.invoice_reading.list_credit_notes(
        hospital.officer, CreditNoteQuery(status="draft")
    )
    return [
        await hospital.service.invoice_reading.get_credit_note(hospital.officer, one.id)
        for one in page.items
    ]


async def test_visit_drugs_and_tests_of_a_day_land_on_one_draft(hospital) -> None:
    order = hospital.tests("GLU", "CREA")
    await hospital.tell(hospital.visit(), hospital.drugs(20), order)
    await hospital.tell(hospital.follow(order, SpecimenReceived, version=2))
    draft = await hospital.draft()
    assert {line.code for line in draft.draft_lines} == {
        "consultation", "PARA-500-TAB", "GLU", "CREA",
    }  # fmt: skip
    assert all(line.priced and line.total > 0 for line in draft.draft_lines)


async def test_an_event_told_twice_charges_once(hospital) -> None:
    events = [hospital.visit(), hospital.drugs(20)]
    await hospital.tell(*events, *events)
    assert await on_draft(hospital) == {"consultation": 1, "PARA-500-TAB": 20}


async def test_eight_replicas_hear_the_same_and_charge_once(hospital) -> None:
    events = [Envelope.of(hospital.drugs(1)) for _ in range(5)]
    await asyncio.gather(*(hospital.service.listener.hear(events) for _ in range(8)))
    draft = await hospital.draft()
    assert [line.quantity for line in draft.draft_lines] == [1] * 5


async def test_other_days_and_other_encounters_have_drafts_of_their_own(hospital) -> None:
    first, second = uuid4(), uuid4()
    tomorrow = hospital.now + timedelta(days=1)
    await hospital.tell(
        hospital.visit(),
        hospital.drugs(encounter_id=first),  # joins the day, which is now of this encounter
        hospital.drugs(encounter_id=first, occurred_at=tomorrow),
        hospital.drugs(encounter_id=second),
        hospital.visit(
            start=tomorrow + timedelta(days=9), occurred_at=tomorrow + timedelta(days=9)
        ),
    )
    drafts = await hospital.drafts()
    assert [len(draft.draft_lines) for draft in drafts] == [3, 1, 1]
    assert [draft.encounter_id for draft in drafts] == [first, second, None]


async def test_who_was_seen_before_their_time_is_charged_for_today(hospital) -> None:
    early = hospital.visit(start=hospital.now + timedelta(days=2), occurred_at=hospital.now)
    await hospital.tell(hospital.drugs(), early)
    assert len((await hospital.draft()).draft_lines) == 2


@pytest.mark.parametrize("hours", [1, 23.9, 24.1])
async def test_late_cancellations_are_charged_by_rule(hospital, hours) -> None:
    start = hospital.now + timedelta(hours=hours)
    await hospital.tell(hospital.visit(AppointmentCancelled, start=start))
    assert await on_draft(hospital) == ({"late-cancellation": 1} if hours < 24 else {})


async def test_what_the_hospital_cancels_is_free(hospital) -> None:
    await hospital.tell(hospital.visit(AppointmentCancelled, by_patient=False))
    assert await on_draft(hospital) == {}


async def test_missed_visits_are_charged_where_the_hospital_wants_it(
    hospital, make_service
) -> None:
    await hospital.tell(hospital.visit(AppointmentNoShow))
    assert await on_draft(hospital) == {"no-show": 1}
    hospital.service = make_service(charge_no_show=False)
    other = hospital.visit(AppointmentNoShow, start=hospital.now + timedelta(days=2))
    await hospital.tell(other)
    assert await on_draft(hospital) == {"no-show": 1}


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_a_return_that_is_heard_first_counts_all_the_same(hospital, order) -> None:
    dispensed = hospital.drugs(20)
    news = [dispensed, hospital.returned(dispensed, 5), hospital.returned(dispensed, 3)]
    for place in order:
        await hospital.tell(news[place])
    assert await on_draft(hospital) == {"PARA-500-TAB": 12}


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_a_visit_in_error_is_not_charged_whatever_is_heard_first(hospital, order) -> None:
    one = uuid4()
    news = [
        hospital.visit(AppointmentFulfilled, appointment_id=one, version=3),
        hospital.visit(AppointmentEnteredInError, appointment_id=one, version=4),
        hospital.visit(AppointmentFulfilled, version=3),
    ]
    for place in order:
        await hospital.tell(news[place])
    assert await on_draft(hospital) == {"consultation": 1}


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_a_rejected_specimen_is_not_charged_and_its_recollection_once(
    hospital, order
) -> None:
    placed = hospital.tests("GLU")
    again = placed.model_copy(
        update={"items": hospital.tests("GLU").items, "version": 3, "event_id": uuid4()}
    )
    news = [
        hospital.follow(placed, SpecimenReceived, version=2),
        hospital.follow(placed, SpecimenRejected, version=4),
        hospital.follow(placed, SpecimenReceived, version=6, items=again.items),
    ]
    await hospital.tell(placed, again)
    for place in order:
        await hospital.tell(news[place])
    assert await on_draft(hospital) == {"GLU": 1}


async def test_cancelled_tests_are_not_charged(hospital) -> None:
    placed = hospital.tests("GLU", "CREA")
    cancelled = hospital.follow(placed, TestsCancelled, version=2, items=placed.items[:1])
    await hospital.tell(cancelled, placed)
    assert await on_draft(hospital) == {}
    await hospital.tell(
        hospital.follow(placed, SpecimenReceived, version=3, items=placed.items[1:])
    )
    assert await on_draft(hospital) == {"CREA": 1}


async def test_what_is_billed_and_undone_is_a_credit_note_that_waits(hospital) -> None:
    dispensed = hospital.drugs(20)
    invoice = await hospital.billed(dispensed, hospital.visit())
    await hospital.tell(hospital.returned(dispensed, 5))
    (note,) = await pending(hospital)
    assert (note.kind, note.invoice_id) == ("reversal", invoice.id)
    assert [(line.code, line.quantity) for line in note.lines] == [("PARA-500-TAB", 5)]
    await hospital.tell(hospital.returned(dispensed, 2))
    (note,) = await pending(hospital)
    assert [line.quantity for line in note.lines] == [7]
    assert await hospital.drafts() == []


async def test_after_the_credit_note_more_that_is_done_is_charged_anew(hospital) -> None:
    placed = hospital.tests("GLU")
    await hospital.billed(placed, hospital.follow(placed, SpecimenReceived, version=2))
    await hospital.tell(hospital.follow(placed, SpecimenRejected, version=3))
    (note,) = await pending(hospital)
    await hospital.tell(hospital.follow(placed, SpecimenReceived, version=4))
    assert await pending(hospital) == []
    await hospital.tell(hospital.follow(placed, SpecimenRejected, version=5))
    (note,) = await pending(hospital)
    await hospital.service.crediting.issue(hospital.officer, note.id)
    await hospital.tell(hospital.follow(placed, SpecimenReceived, version=6))
    assert await on_draft(hospital) == {"GLU": 1}
