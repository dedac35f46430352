"""E-mails are sent once, tried again where that can help, and skipped when obsolete."""

import asyncio
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from deployments.access import Role
from deployments.appointments.events import AppointmentCancelled, AppointmentReminderDue
from deployments.notifications import rules
from deployments.notifications.codes import Channel, Priority
from deployments.notifications.couriers import EmailCourier
from deployments.notifications.outcomes import Never, NotNow
from deployments.notifications.rules import ATTEMPTS, LONGEST_WAIT
from deployments.notifications.sending import LEASE, Sender
from deployments.users.events import PasswordResetRequested
from storage.notifications import deliveries
from storage.notifications.deliveries import Lane
from storage.notifications.tables import Delivery
from tests.factories.notifications import FakeTransport, contact, later, principal, visit

EVENTUALLY = LONGEST_WAIT * 2


@pytest.fixture
async def transport():
    return FakeTransport()


@pytest.fixture
def sender(house, users, transport):
    courier = EmailCourier(
        users, transport, sender="no-reply@medray.example", home="https://medray.example"
    )
    return Sender(house.database, {Channel.EMAIL: courier}, clock=house.clock)


async def send_all(sender):
    while await sender.send_due():
        pass


async def statuses(house):
    return {row.status for row in await house.rows(Delivery)}


async def test_the_log_does_not_repeat_what_cannot_be_written(
    house, sender, patient, practitioner, caplog
):
    await house.hear(visit(patient, practitioner))
    with house.database.engine.begin() as connection:
        broken = 'UPDATE deliveries SET message = message || \'{"to": ["an@patients.example"]}\''
        connection.execute(text(broken))
    await send_all(sender)
    assert await statuses(house) == {"failed"}
    logged = [
        f"{record.getMessage()} {record.exc_info} {vars(record)}" for record in caplog.records
    ]
    assert any("ValidationError" in line for line in logged)
    assert not any("patients.example" in line for line in logged)


async def test_both_get_an_email_in_their_language(house, sender, transport, patient, practitioner):
    await house.hear(visit(patient, practitioner))
    await send_all(sender)
    by_address = {message["To"]: message for message in transport.sent}
    mine = by_address[patient.email]
    assert mine["Subject"] == "Lịch khám của bạn đã được đặt"
    assert (mine["Content-Language"], mine["Auto-Submitted"]) == ("vi", "auto-generated")
    assert "lúc 09:30" in mine.get_body(("plain",)).get_content()
    assert by_address[practitioner.email]["Subject"] == "New visit in your calendar"
    assert await statuses(house) == {"sent"}
    assert {row.message for row in await house.rows(Delivery)} == {None}
    assert await sender.send_due() == 0


async def test_several_senders_send_each_once(
    house, sender, transport, patient, practitioner, red, monkeypatch
):
    if red("skip-locked"):
        unlocked = deliveries.CLAIM.text.replace("FOR UPDATE SKIP LOCKED", "")
        monkeypatch.setattr(deliveries, "CLAIM", text(unlocked))
    await house.hear(*(visit(patient, practitioner) for _ in range(20)))
    await asyncio.gather(*(send_all(sender) for _ in range(4)))
    identifiers = [message["Message-ID"] for message in transport.sent]
    assert len(identifiers) == len(set(identifiers)) == 40


async def test_a_temporary_refusal_is_tried_again(house, sender, transport, patient, practitioner):
    await house.hear(visit(patient, practitioner))
    transport.refusal = NotNow("smtp_451")
    await send_all(sender)
    assert {(row.status, row.last_error) for row in await house.rows(Delivery)} == {
        ("delayed", "smtp_451")
    }
    transport.refusal = None
    assert await sender.send_due() == 0, "not before its time"
    house.clock.advance(timedelta(seconds=7))
    await send_all(sender)
    assert await statuses(house) == {"sent"}
    steps = await house.steps()
    assert ("email", "delayed", "smtp_451") in steps
    assert ("email", "sent", None) in steps


async def test_a_refusal_for_good_is_not_tried_again(
    house, sender, transport, patient, practitioner
):
    await house.hear(visit(patient, practitioner))
    transport.refusal = Never("smtp_550")
    await send_all(sender)
    house.clock.advance(EVENTUALLY)
    assert await sender.send_due() == 0
    assert {(row.status, row.attempts) for row in await house.rows(Delivery)} == {("failed", 1)}


async def test_dead_after_the_last_attempt_and_sent_after_a_replay(
    house, sender, transport, patient, practitioner
):
    await house.hear(visit(patient, practitioner))
    transport.refusal = NotNow("ConnectionRefusedError")
    for _ in range(ATTEMPTS + 2):
        await send_all(sender)
        house.clock.advance(EVENTUALLY)
    rows = await house.rows(Delivery)
    assert {(row.status, row.attempts) for row in rows} == {("dead", ATTEMPTS)}
    transport.refusal = None
    operator = principal(contact().user_id, Role.ADMINISTRATOR)
    for row in rows:
        await house.service.replay(operator, row.id)
    await send_all(sender)
    assert await statuses(house) == {"sent"}
    assert {message["Message-ID"] for message in transport.sent} == {
        f"<{row.id}@medray.example>" for row in rows
    }


async def test_a_reminder_of_a_visit_cancelled_meanwhile_is_skipped(
    house, sender, transport, patient, practitioner, red, monkeypatch
):
    if red("obsolete-check"):
        monkeypatch.setattr(rules, "why_obsolete", lambda *_, **__: None)
    reminder = visit(patient, practitioner, AppointmentReminderDue, kind="24h")
    await house.hear(reminder)
    await house.hear(
        later(reminder, AppointmentCancelled, cancellation_code="pat", by_patient=True)
    )
    await send_all(sender)
    assert {message["Subject"] for message in transport.sent} == {
        "Lịch khám của bạn đã bị hủy",
        "A visit in your calendar was cancelled",
    }
    assert ("email", "skipped", "cancelled") in await house.steps()


async def test_a_reminder_that_waited_too_long_is_skipped(
    house, sender, transport, patient, practitioner
):
    await house.hear(visit(patient, practitioner, AppointmentReminderDue, kind="2h"))
    house.clock.advance(timedelta(days=2))
    await send_all(sender)
    assert transport.sent == []
    assert ("email", "skipped", "visit_began") in await house.steps()


async def test_the_link_is_asked_for_when_it_is_sent(house, users, sender, transport, patient):
    token_id = uuid4()
    await house.hear(PasswordResetRequested(user_id=patient.user_id, token_id=token_id))
    users.away = True
    await send_all(sender)
    assert {row.last_error for row in await house.rows(Delivery)} == {"unavailable"}
    users.away = False
    link = users.give_link(token_id)
    house.clock.advance(EVENTUALLY)
    await send_all(sender)
    (message,) = transport.sent
    assert link.url in message.get_body(("plain",)).get_content()


async def test_a_used_link_is_not_sent(house, sender, transport, patient):
    await house.hear(PasswordResetRequested(user_id=patient.user_id, token_id=uuid4()))
    await send_all(sender)
    assert transport.sent == []
    assert ("email", "skipped", "link_expired") in await house.steps()


async def test_a_dead_sender_is_replaced_and_cannot_write_any_more(
    house, sender, transport, patient
):
    """The lease passes on; who comes back late is refused by the fence (row 8)."""
    token_id = uuid4()
    house.users.give_link(token_id)
    await house.hear(PasswordResetRequested(user_id=patient.user_id, token_id=token_id))
    (stale,) = await house.database.transact(
        lambda connection: deliveries.claim(
            connection, house.clock(), LEASE, [Lane("email", Priority.URGENT, 1)]
        )
    )
    assert await sender.send_due() == 0
    house.clock.advance(LEASE)
    await send_all(sender)
    assert len(transport.sent) == 1
    late = await house.database.transact(
        lambda connection: deliveries.settle(
            connection, stale.id, stale.attempts, status="failed", at=house.clock()
        )
    )
    assert not late
    assert await statuses(house) == {"sent"}


async def test_a_broken_message_stops_nothing_else(house, sender, transport, patient, practitioner):
    await house.hear(visit(patient, practitioner))
    await house.database.transact(
        lambda connection: (
            connection.exec_driver_sql(
                "UPDATE deliveries SET message = '{}' WHERE recipient_id = %s",
                (str(patient.user_id),),
            )
            and None
        )
    )
    await send_all(sender)
    assert [message["To"] for message in transport.sent] == [practitioner.email]
    assert await statuses(house) == {"sent", "failed"}


async def test_the_loop_sends_when_woken(house, sender, transport, patient, practitioner):
    arrived = asyncio.Event()
    transport.on_sent = arrived.set
    loop = asyncio.create_task(sender.run())
    await house.hear(visit(patient, practitioner))
    sender.wake()
    async with asyncio.timeout(5):
        await arrived.wait()
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop


async def test_an_orderly_stop_finishes_what_is_under_way(house, sender, transport, patient):
    """Else the message would be sent once more when its lease ends."""
    token_id = uuid4()
    house.users.give_link(token_id)
    await house.hear(PasswordResetRequested(user_id=patient.user_id, token_id=token_id))
    under_way, go_on = asyncio.Event(), threading.Event()
    transport.on_sent = under_way.set
    transport.before_return = lambda: go_on.wait(5)
    loop = asyncio.create_task(sender.run())
    await under_way.wait()
    loop.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await loop
    assert await statuses(house) == {"sent"}
