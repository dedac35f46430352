"""Who is told of charts and medicines: patients, prescribers, and everybody of a role."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from deployments.access import Role
from deployments.medical_records.events import BreakGlassUsed
from deployments.notifications.members import KEPT
from deployments.notifications.workflows import BY_EVENT
from deployments.pharmacy.events import (
    LotRecalled,
    PatientAffectedByRecall,
    PrescriptionEnded,
    PrescriptionIssued,
    PrescriptionQueried,
    PrescriptionRejected,
    StockLow,
)
from deployments.subscriptions import NOTIFICATIONS, SUBSCRIPTIONS
from storage.notifications.tables import Delivery, Notification
from tests.factories.notifications import MONDAY, contact, visit

PHARMACY = 3


@pytest.fixture
def officer(users):
    """The privacy officer."""
    return join(users, roles=[Role.PRIVACY_OFFICER], locale="en", display_name="Lê Văn Bảo")


@pytest.fixture
def pharmacists(users):
    """Everybody in the pharmacy, and one who has left."""
    join(users, roles=[Role.PHARMACIST], active=False)
    return {join(users, roles=[Role.PHARMACIST]).user_id for _ in range(PHARMACY)}


def join(users, **changes):
    person = contact(**changes)
    users.people[person.user_id] = person
    return person


def stock_low():
    quantities = {"quantity": Decimal(3), "minimum": Decimal(10)}
    return StockLow(medication_id=uuid4(), location_id=uuid4(), **quantities)


def prescription(event, patient, practitioner, **more):
    people = {"patient_id": patient.user_id, "practitioner_id": practitioner.user_id}
    return event(prescription_id=uuid4(), version=2, **people, **more)


def glass_broken(patient, practitioner):
    people = {"patient_id": patient.user_id, "practitioner_id": practitioner.user_id}
    return BreakGlassUsed(access_id=uuid4(), occurred_at=MONDAY, **people)


async def test_the_privacy_officer_hears_of_an_emergency(house, officer, patient, practitioner):
    used = glass_broken(patient, practitioner)
    assert await house.hear(used) == [None]
    (told,) = await house.rows(Notification)
    assert told.recipient_id == officer.user_id
    assert "Dr. Marie Tran opened a chart in an emergency" in told.body
    assert told.data == {"access_id": str(used.access_id)}
    (email,) = await house.rows(Delivery)
    assert patient.display_name not in str(email.message)


async def test_everybody_of_a_role_is_told_once(house, users, pharmacists):
    assert await house.hear(stock_low()) == [None]
    rows = await house.rows(Notification)
    assert {row.recipient_id for row in rows} == pharmacists
    assert len(rows) == PHARMACY
    assert await house.rows(Delivery) == []
    assert users.asked == [sorted(pharmacists)]


async def test_a_roster_is_asked_for_once_in_a_while(house, users, pharmacists):
    await house.hear(stock_low(), stock_low())
    await house.hear(stock_low())
    assert users.rosters_asked == [Role.PHARMACIST]
    newcomer = join(users, roles=[Role.PHARMACIST])
    house.clock.advance(KEPT + timedelta(seconds=1))
    await house.hear(stock_low())
    told = {row.recipient_id for row in await house.rows(Notification)}
    assert newcomer.user_id in told


async def test_a_booking_asks_for_no_roster(house, users, patient, practitioner, pharmacists):
    await house.hear(visit(patient, practitioner))
    assert users.rosters_asked == []


async def test_a_role_that_nobody_has_is_tried_again(house, users, patient, practitioner):
    used = glass_broken(patient, practitioner)
    assert await house.hear(used) == ["notifications.nobody_to_tell"]
    join(users, roles=[Role.PRIVACY_OFFICER])
    assert await house.hear(used) == [None]
    assert len(await house.rows(Notification)) == 1


async def test_patients_and_prescribers_hear_of_prescriptions(house, patient, practitioner):
    await house.hear(
        prescription(PrescriptionIssued, patient, practitioner, encounter_id=None, items=[]),
        prescription(PrescriptionQueried, patient, practitioner, reason_code="dose"),
        prescription(PrescriptionRejected, patient, practitioner, reason_code="allergy"),
    )
    told = {row.workflow: row.recipient_id for row in await house.rows(Notification)}
    assert told == {
        "pharmacy.prescription_issued.patient": patient.user_id,
        "pharmacy.prescription_queried.practitioner": practitioner.user_id,
        "pharmacy.prescription_rejected.practitioner": practitioner.user_id,
    }
    assert {row.appointment_version for row in await house.rows(Notification)} == {None}


@pytest.mark.parametrize(
    ("reason", "told"), [("stopped", 1), ("cancelled", 1), ("completed", 0), ("revised", 0)]
)
async def test_the_patient_hears_of_an_early_end_only(house, patient, practitioner, reason, told):
    ended = prescription(PrescriptionEnded, patient, practitioner, reason=reason, item_ids=[])
    assert await house.hear(ended) == [None]
    assert len(await house.rows(Notification)) == told


async def test_a_recall_reaches_the_pharmacy_and_the_patient(house, patient, pharmacists):
    recall, lot = uuid4(), {"medication_id": uuid4(), "lot": "L-1"}
    await house.hear(
        LotRecalled(recall_id=recall, batch_id=uuid4(), patients=1, **lot),
        PatientAffectedByRecall(recall_id=recall, patient_id=patient.user_id, **lot),
    )
    rows = await house.rows(Notification)
    assert {row.recipient_id for row in rows} == {*pharmacists, patient.user_id}
    assert len(await house.rows(Delivery)) == PHARMACY + 1


def test_every_event_that_is_told_is_subscribed_to():
    heard = {event for event, listeners in SUBSCRIPTIONS.items() if NOTIFICATIONS in listeners}
    assert heard == set(BY_EVENT)
