"""What people say about being told counts, for what is queued and for what is on its way."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from deployments.access import Role
from deployments.appointments.events import AppointmentBooked
from deployments.laboratory.events import CriticalValueHeld, CriticalValueReported
from deployments.notifications import rules
from deployments.notifications.codes import Channel
from deployments.notifications.outcomes import Never
from deployments.notifications.sending import Sender
from deployments.users.events import PasswordChanged
from storage.notifications.tables import Delivery, Notification
from tests.factories.notifications import contact, sealed, visit

pytestmark = pytest.mark.enable_socket


@pytest.fixture
async def api(deployment):
    transport = httpx.ASGITransport(deployment.__serve_build_asgi_app__())
    async with httpx.AsyncClient(transport=transport, base_url="http://medray.test") as client:
        yield client


@pytest.fixture
def patient(patient):
    return patient.model_copy(update={"phone": "0912 345 678"})


@pytest.fixture
def mine(sign_in, patient):
    return sign_in(patient.user_id)


class Carried:
    """A courier that keeps what it is given."""

    def __init__(self) -> None:
        self.letters = []

    async def deliver(self, letter):
        self.letters.append(letter)


@pytest.fixture
def carried():
    return Carried()


@pytest.fixture
def sender(house, carried):
    couriers = dict.fromkeys((Channel.EMAIL, Channel.SMS, Channel.PUSH), carried)
    return Sender(house.database, couriers, clock=house.clock)


async def deliveries(house, person):
    return {
        row.channel: row.status
        for row in await house.rows(Delivery)
        if row.recipient_id == person.user_id
    }


def critical(patient, practitioner):
    return CriticalValueReported(
        alert_id=uuid4(),
        order_id=uuid4(),
        patient_id=patient.user_id,
        practitioner_id=practitioner.user_id,
        parameter="K",
        flag="HH",
    )


async def test_by_default_the_inbox_and_email_and_why_not_the_others(house, patient, practitioner):
    await house.hear(visit(patient, practitioner))
    assert await deliveries(house, patient) == {"email": "queued"}
    assert {("sms", "skipped", "no_consent"), ("push", "skipped", "no_device")} <= set(
        await house.steps()
    )


async def test_consent_and_a_device_open_two_more_channels(api, mine, house, patient, practitioner):
    consent = await api.put("/preferences/consents/sms", json={"granted": True}, headers=mine)
    assert consent.json()["address"] == "+84912345678"
    device = {"token": "device-token-1", "platform": "android"}
    assert (await api.post("/devices", json=device, headers=mine)).status_code == 201
    await house.hear(visit(patient, practitioner))
    assert await deliveries(house, patient) == {
        "email": "queued",
        "sms": "queued",
        "push": "queued",
    }
    by_channel = {row.channel: row.message for row in await house.rows(Delivery)}
    assert by_channel["sms"]["facts"].keys() == by_channel["push"]["facts"].keys() == {"start"}


async def test_three_levels_of_preferences(api, mine, house, patient, practitioner):
    wishes = [
        {"channel": "email", "enabled": False},
        {"workflow": "appointments.cancelled.patient", "channel": "email", "enabled": True},
    ]
    said = await api.patch("/preferences", json={"wishes": wishes}, headers=mine)
    shown = {it["workflow"]: it["channels"] for it in said.json()["workflows"]}
    assert [it["enabled"] for it in shown["appointments.booked.patient"]][:2] == [True, False]
    assert [it["enabled"] for it in shown["appointments.cancelled.patient"]][:2] == [True, True]
    assert "laboratory.critical_value.practitioner" not in shown
    await house.hear(visit(patient, practitioner))
    assert await deliveries(house, patient) == {}
    assert ("email", "skipped", "muted") in await house.steps()
    back = [{"channel": "email", "enabled": None}]
    await api.patch("/preferences", json={"wishes": back}, headers=mine)
    await house.hear(visit(patient, practitioner))
    assert await deliveries(house, patient) == {"email": "queued"}


async def test_a_muted_inbox_keeps_no_number(api, mine, house, patient, practitioner):
    wishes = [{"channel": "in_app", "enabled": False}]
    await api.patch("/preferences", json={"wishes": wishes}, headers=mine)
    await house.hear(visit(patient, practitioner))
    numbers = {row.recipient_id: row.number for row in await house.rows(Notification)}
    assert numbers == {patient.user_id: None, practitioner.user_id: 1}


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"workflow": "no.such", "channel": "email", "enabled": False}, "workflow_unknown"),
        (
            {"workflow": "users.password_changed", "channel": "email", "enabled": False},
            "cannot_be_muted",
        ),
        ({"workflow": "users.invited", "channel": "sms", "enabled": True}, "channel_not_offered"),
    ],
)
async def test_wishes_that_cannot_be(api, mine, wish, code):
    answer = await api.patch("/preferences", json={"wishes": [wish]}, headers=mine)
    assert answer.json()["code"] == f"notifications.{code}"
    assert (await api.get("/preferences", headers=mine)).json()["wishes"] == []


async def test_what_is_muted_meanwhile_does_not_go_out(
    api, mine, house, sender, carried, patient, practitioner
):
    await house.hear(visit(patient, practitioner))
    wishes = [{"channel": "email", "enabled": False}]
    await api.patch("/preferences", json={"wishes": wishes}, headers=mine)
    await sender.send_due()
    assert {letter.row.recipient_id for letter in carried.letters} == {practitioner.user_id}
    assert await deliveries(house, patient) == {"email": "skipped"}


async def test_quiet_hours_put_off_and_critical_values_pass(
    api, sign_in, mine, house, sender, carried, patient, practitioner, red, monkeypatch
):
    if red("quiet-hours"):
        monkeypatch.setattr(rules, "quiet_until", lambda *_: None)
    night = {"begins": "22:00", "ends": "07:00"}
    doctor = sign_in(practitioner.user_id, Role.DOCTOR)
    for who in (mine, doctor):
        await api.put("/preferences/quiet-hours", json=night, headers=who)
    house.clock.advance(timedelta(hours=14))  # 23:00 in Ho Chi Minh City
    now = house.clock()
    await house.hear(visit(patient, practitioner), critical(patient, practitioner))
    await sender.send_due()
    assert [letter.row.workflow for letter in carried.letters] == [
        "laboratory.critical_value.practitioner"
    ]
    waiting = [row for row in await house.rows(Delivery) if row.status == "delayed"]
    assert {(row.last_error, row.due_at) for row in waiting} == {
        ("quiet_hours", now + timedelta(hours=8))
    }
    house.clock.advance(timedelta(hours=8))
    await sender.send_due()
    assert len(carried.letters) == 3


async def test_a_held_value_that_may_be_critical_wakes_every_technician_once(
    api, sign_in, house, users, sender, carried
):
    technicians = [contact(roles=[Role.LAB_TECHNICIAN]) for _ in range(2)]
    users.people |= {one.user_id: one for one in technicians}
    night = {"begins": "22:00", "ends": "07:00"}
    who = sign_in(technicians[0].user_id, Role.LAB_TECHNICIAN)
    await api.put("/preferences/quiet-hours", json=night, headers=who)
    house.clock.advance(timedelta(hours=14))  # 23:00 in Ho Chi Minh City
    held = CriticalValueHeld(held_id=uuid4(), parameter="K", reason="specimen_not_usable")
    for _ in range(2):
        await house.hear(held)
    await sender.send_due()
    by_email = [one for one in carried.letters if one.row.channel == "email"]
    assert sorted(one.row.recipient_id for one in by_email) == sorted(
        one.user_id for one in technicians
    )


async def test_quiet_hours_that_began_meanwhile_count(
    api, mine, house, sender, carried, patient, practitioner
):
    await house.hear(visit(patient, practitioner, start=house.clock() + timedelta(days=9)))
    await api.put(
        "/preferences/quiet-hours", json={"begins": "08:00", "ends": "10:00"}, headers=mine
    )
    await sender.send_due()  # it is 09:00 there
    assert await deliveries(house, patient) == {"email": "delayed"}
    assert ("email", "delayed", "quiet_hours") in await house.steps()
    house.clock.advance(timedelta(hours=1))
    await sender.send_due()
    assert await deliveries(house, patient) == {"email": "sent"}


async def test_critical_values_pass_opt_outs_and_a_number_that_said_stop_does_not(
    api, sign_in, house, users, patient, practitioner
):
    doctor = sign_in(practitioner.user_id, Role.DOCTOR)
    users.people[practitioner.user_id] = practitioner.model_copy(
        update={"phone": "+84 98 765 43 21"}
    )
    for channel in ("email", "sms"):
        wishes = [{"channel": channel, "enabled": False}]
        await api.patch("/preferences", json={"wishes": wishes}, headers=doctor)
    await api.put("/preferences/consents/sms", json={"granted": True}, headers=doctor)
    await house.hear(critical(patient, practitioner))
    assert await deliveries(house, practitioner) == {"email": "queued", "sms": "queued"}
    await api.put("/preferences/consents/sms", json={"granted": False}, headers=doctor)
    await house.hear(critical(patient, practitioner))
    assert ("sms", "skipped", "consent_withdrawn") in await house.steps()


async def test_security_of_the_account_cannot_be_muted(api, mine, house, patient):
    wishes = [{"channel": "email", "enabled": False}]
    await api.patch("/preferences", json={"wishes": wishes}, headers=mine)
    await house.hear(PasswordChanged(user_id=patient.user_id, by_reset=False))
    assert await deliveries(house, patient) == {"email": "queued"}


async def test_a_device_belongs_to_who_signed_in_last(api, sign_in, mine, patient):
    device = {"token": "shared-tablet", "platform": "ios"}
    await api.post("/devices", json=device, headers=mine)
    other = sign_in(uuid4())
    added = (await api.post("/devices", json=device, headers=other)).json()
    assert (await api.get("/devices", headers=mine)).json()["items"] == []
    gone = await api.delete(f"/devices/{added['id']}", headers=mine)
    assert gone.json()["code"] == "notifications.device_not_found"
    assert (await api.delete(f"/devices/{added['id']}", headers=other)).status_code == 204


async def test_consent_needs_an_address(api, sign_in, practitioner):
    headers = sign_in(practitioner.user_id, Role.DOCTOR)
    answer = await api.put("/preferences/consents/sms", json={"granted": True}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "notifications.no_address")


async def test_the_log_is_read_by_the_person_and_by_operators(
    api, mine, sign_in, deployment, patient, practitioner
):
    await deployment.hear(sealed(visit(patient, practitioner)))
    own = (await api.get("/log", params={"limit": 2}, headers=mine)).json()
    rest = (await api.get("/log", params={"cursor": own["next_cursor"]}, headers=mine)).json()
    steps = {(it["channel"], it["step"], it["reason"]) for it in own["items"] + rest["items"]}
    assert steps == {
        ("in_app", "delivered", None),
        ("email", "queued", None),
        ("sms", "skipped", "no_provider"),
        ("push", "skipped", "no_provider"),
    }
    assert {it["workflow"] for it in own["items"]} == {"appointments.booked.patient"}
    path = f"/people/{patient.user_id}/log"
    assert (await api.get(path, headers=mine)).status_code == 403
    operator = sign_in(uuid4(), Role.ADMINISTRATOR)
    assert len((await api.get(path, headers=operator)).json()["items"]) == 4


async def test_a_courier_that_refuses_ends_it(house, patient, practitioner):
    class Refusing:
        async def deliver(self, _letter):
            raise Never("http_400")

    await house.hear(visit(patient, practitioner, AppointmentBooked))
    sender = Sender(house.database, {Channel.EMAIL: Refusing()}, clock=house.clock)
    await sender.send_due()
    assert {(it.status, it.attempts) for it in await house.rows(Delivery)} == {("failed", 1)}
