"""The laboratory on a real cluster: ordered, measured, verified, alerted, read."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest

from tests.cluster.people import LABORATORY, RECORDS, Person, person, told
from tests.cluster.stack import Hospital
from tests.factories.analyzers import cbc, code_of, oru, send

pytestmark = pytest.mark.cluster
WITHIN_S = 15.0


@dataclass
class Bench:
    """Who takes part."""

    patient: Person
    doctor: Person
    nurse: Person
    technician: Person
    manager: Person


@pytest.fixture
async def bench(hospital: Hospital) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        people = [await stack.enter_async_context(person(hospital.url)) for _ in range(5)]
        await people[0].register(birth_date="1968-05-01", gender="female", locale="vi")
        names = ("doctor", "nurse", "laboratory", "admin")
        for one, name in zip(people[1:], names, strict=True):
            await one.sign_in(f"{name}@medray.example")
        yield Bench(*people)


async def ordered(bench: Bench, *tests: str) -> dict[str, Any]:
    """Tests ordered during an encounter, their specimens on the bench."""
    chart = f"{RECORDS}/patients/{bench.patient.user_id}"
    await bench.doctor.did(f"{chart}/encounters", {"encounter_class": "AMB", "walk_in": True})
    order = await bench.doctor.did(
        f"{LABORATORY}/orders",
        {"patient_id": bench.patient.user_id, "tests": list(tests), "priority": "urgent"},
    )
    for specimen in order["specimens"]:
        path = f"{LABORATORY}/specimens/{specimen['id']}"
        await bench.technician.did(f"{path}/collect", {})
        await bench.technician.did(f"{path}/receive", {})
        await bench.technician.did(f"{path}/accept")
    return order


def number_of(order: dict[str, Any], code: str) -> str:
    test = next(one for one in order["tests"] if one["code"] == code)
    return str(
        next(one["accession"] for one in order["specimens"] if one["id"] == test["specimen_id"])
    )


async def until(bench: Bench, order: dict[str, Any], **wanted: str) -> dict[str, Any]:
    """The order, once its tests stand so."""
    statuses: dict[str, str] = {}
    async with asyncio.timeout(WITHIN_S):
        while True:
            seen = await bench.technician.asked(f"{LABORATORY}/orders/{order['id']}")
            statuses = {one["code"]: one["status"] for one in seen["tests"]}
            if statuses.items() >= wanted.items():
                return seen
            await asyncio.sleep(0.1)


async def test_from_order_to_the_patients_report(hospital: Hospital, bench: Bench) -> None:
    for code in ("CBC", "K"):
        path = f"{LABORATORY}/verification-modes/{code}"
        answer = await bench.manager.http.put(path, json={"mode": "live"})
        assert answer.status_code == 200, answer.text
    order = await ordered(bench, "CBC", "K")
    messages = [
        oru(number_of(order, "CBC"), *cbc(), control_id=uuid4().hex),
        oru(number_of(order, "K"), ("K", "7.1", "mmol/L"), control_id=uuid4().hex),
    ]
    async with bench.doctor.live() as inbox:
        began = time.monotonic()
        answers = await send(hospital.mllp_port, *messages, messages[1])
        assert [code_of(answer) for answer in answers] == ["AA", "AA", "AA"]
        alerted = await told(inbox, "laboratory.critical_value.practitioner", within_s=WITHIN_S)
        print(f"the doctor knew {time.monotonic() - began:.2f} s after the messages were sent")
    assert alerted
    seen = await until(bench, order, CBC="released", K="technically-accepted")
    alerts = await bench.doctor.asked(
        f"{LABORATORY}/alerts", patient_id=bench.patient.user_id, status="open"
    )
    alert = alerts["items"][0]
    assert (alert["parameter"], alert["value"]) == ("K", "7.1")
    answer = await bench.doctor.http.post(
        f"{LABORATORY}/alerts/{alert['id']}/acknowledge", json={"read_back": "1.7"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "laboratory.wrong_read_back")
    done = await bench.doctor.did(
        f"{LABORATORY}/alerts/{alert['id']}/acknowledge",
        {"read_back": "7.1", "unit": "mmol/L", "action": "calcium gluconate, ECG"},
    )
    assert done["status"] == "acknowledged"

    potassium = next(one for one in seen["tests"] if one["code"] == "K")
    versions = await bench.technician.asked(f"{LABORATORY}/tests/{potassium['id']}/results")
    assert len(versions["items"]) == 1, "the message came twice"
    await bench.technician.did(f"{LABORATORY}/results/{versions['items'][0]['id']}/release")
    await until(bench, order, K="released")
    report = await final_report(bench, order)
    answer = await bench.patient.http.get(
        f"{LABORATORY}/reports/{report['id']}/document", params={"locale": "vi"}
    )
    assert answer.headers["Content-Type"] == "application/pdf"
    document = pypdfium2.PdfDocument(answer.content)
    words = "\n".join(page.get_textpage().get_text_range() for page in document)
    assert "KẾT QUẢ CHÍNH THỨC" in words
    assert "7.1" in words


async def final_report(bench: Bench, order: dict[str, Any]) -> dict[str, Any]:
    """The patient's report, once it is there."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            path = f"{LABORATORY}/patients/{bench.patient.user_id}/reports"
            page = await bench.patient.asked(path, order_id=order["id"])
            for one in page["items"]:
                if one["status"] == "final":
                    return dict(one)
            await asyncio.sleep(0.1)


async def test_two_technicians_and_one_specimen(bench: Bench) -> None:
    chart = f"{RECORDS}/patients/{bench.patient.user_id}"
    await bench.doctor.did(f"{chart}/encounters", {"encounter_class": "AMB", "walk_in": True})
    wanted = {"patient_id": bench.patient.user_id, "tests": ["K"]}
    order = await bench.doctor.did(f"{LABORATORY}/orders", wanted)
    path = f"{LABORATORY}/specimens/{order['specimens'][0]['id']}"
    await bench.technician.did(f"{path}/collect", {})
    tries = [bench.technician.http.post(f"{path}/receive", json={}) for _ in range(6)]
    answers = await asyncio.gather(*tries)
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 5]


async def test_a_label_is_printed(bench: Bench) -> None:
    order = await ordered(bench, "K")
    path = f"{LABORATORY}/specimens/{order['specimens'][0]['id']}/label"
    printed = await bench.technician.http.get(f"{path}.pdf")
    shown = await bench.technician.http.get(f"{path}.png")
    assert printed.content.startswith(b"%PDF")
    assert shown.content.startswith(b"\x89PNG")
