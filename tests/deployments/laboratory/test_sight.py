"""Who may not see something cannot tell it from nothing, on every route that names it."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from deployments.access import Role
from deployments.laboratory.order_schemas import LabOrderRequest
from deployments.laboratory.result_schemas import Entries, Entry
from storage.audit import audit_log
from storage.laboratory import reports

pytestmark = pytest.mark.enable_socket
DOCTOR, PATIENT = Role.DOCTOR, Role.PATIENT
READS = {
    "orders/{order}": (DOCTOR, PATIENT),
    "orders/{order}/history": (DOCTOR, PATIENT),
    "orders?patient_id={patient}": (DOCTOR, PATIENT),
    "specimens/{specimen}": (DOCTOR,),
    "specimens?accession={accession}": (DOCTOR,),
    "specimens/{specimen}/label.pdf": (DOCTOR,),
    "specimens/{specimen}/label.png": (DOCTOR,),
    "tests/{test}/results": (DOCTOR, PATIENT),
    "results/{result}": (DOCTOR, PATIENT),
    "patients/{patient}/results?parameter=K": (DOCTOR, PATIENT),
    "patients/{patient}/reports": (DOCTOR, PATIENT),
    "reports/{report}": (DOCTOR, PATIENT),
    "reports/{report}/document": (DOCTOR, PATIENT),
    "alerts/{alert}": (DOCTOR,),
    "alerts?patient_id={patient}": (DOCTOR,),
}
WRITES = {
    "orders/{order}/add-ons": {"tests": ["NA"]},
    "orders/{order}/cancellations": {"test_ids": ["{test}"], "reason": "x"},
    "orders/{order}/hold": {"reason": "x"},
    "orders/{order}/resume": None,
    "orders/{order}/revoke": {"reason": "x"},
    "specimens/{specimen}/collect": {},
    "specimens/{specimen}/transport": None,
    "alerts/{alert}/acknowledge": {"read_back": "7.1"},
    "alerts/{alert}/calls": {"note": "x"},
}


@pytest.fixture
async def there(service, people, accepted, laboratory_database, clock) -> dict[str, str]:
    """Ids of what there is of a patient: a released critical value, with its report."""
    request = LabOrderRequest(patient_id=people.patient.user_id, tests=["K"])
    order = await service.ordering.place(people.doctor, request)
    await accepted(order)
    test = order.tests[0]
    entry = Entries(values=[Entry(parameter="K", value="7.1", unit="mmol/L")])
    result = await service.entering.enter(people.technician, test.id, entry)
    await service.entering.accept(people.technician, result.id)
    await service.entering.release(people.second_technician, result.id)
    report = {
        "id": uuid4(), "order_id": order.id, "patient_id": order.patient_id, "version": 1,
        "status": "final", "content": {}, "digest": b"", "issued_at": clock(),
        "visible_at": clock(),
    }  # fmt: skip
    await laboratory_database.transact(
        lambda c: reports.add(c, report, {"en": b"%PDF"}), keyed=False
    )
    alerts = await laboratory_database.read(
        lambda c: c.exec_driver_sql("SELECT id FROM critical_alerts").scalars().all()
    )
    return {
        "order": order.id, "patient": order.patient_id, "specimen": order.specimens[0].id,
        "accession": order.specimens[0].accession, "test": test.id, "result": result.id,
        "report": report["id"], "alert": alerts[0],
    }  # fmt: skip


@pytest.fixture
def nothing() -> dict[str, UUID | str]:
    names = ("order", "patient", "specimen", "test", "result", "report", "alert")
    return {name: uuid4() for name in names} | {"accession": "991231999999"}


def seen(answer) -> tuple:
    """Everything by which a stranger could tell one refusal from another."""
    body = answer.json()
    return answer.status_code, body["type"], body["title"], body.get("detail"), body.get("errors")


def filled(body, ids):
    if isinstance(body, dict):
        return {key: filled(one, ids) for key, one in body.items()}
    if isinstance(body, list):
        return [filled(one, ids) for one in body]
    return body.format(**ids) if isinstance(body, str) else body


async def test_reads_of_strangers(api, headers, there, nothing, laboratory_database) -> None:
    denied = 0
    for path, roles in READS.items():
        for role in roles:
            answers = [
                await api.get("/" + path.format(**ids), headers=headers(role))
                for ids in (there, nothing)
            ]
            assert seen(answers[0]) == seen(answers[1]), (path, role)
            assert answers[0].status_code == 404, (path, role)
            denied += 2
    assert await audited(laboratory_database) == denied


async def test_writes_of_strangers(api, headers, there, nothing, laboratory_database) -> None:
    for path, body in WRITES.items():
        answers = [
            await api.post(
                "/" + path.format(**ids),
                json=filled(body, ids),
                headers={**headers(DOCTOR), "Idempotency-Key": str(uuid4())},
            )
            for ids in (there, nothing)
        ]
        assert seen(answers[0]) == seen(answers[1]), path
        assert answers[0].status_code == 404, path
    assert await audited(laboratory_database) == 2 * len(WRITES)


async def audited(database) -> int:
    """Denials that were written down."""
    query = select(audit_log.c.sequence).where(audit_log.c.outcome == "denied")
    return len(await database.read(lambda c: c.execute(query).all()))


async def test_a_key_is_no_way_back_to_a_patient(api, keys, people, records) -> None:
    """What was answered to somebody who treated the patient then is not answered now."""
    token = keys.token(DOCTOR, sub=str(people.doctor.user_id))
    doctor = {"Authorization": f"Bearer {token}", "Idempotency-Key": "once"}
    wanted = {"patient_id": str(people.patient.user_id), "tests": ["K"]}
    placed = await api.post("/orders", json=wanted, headers=doctor)
    again = await api.post("/orders", json=wanted, headers=doctor)
    assert (placed.status_code, again.json()) == (201, placed.json())
    assert again.headers["idempotency-replayed"] == "true"
    records.treating.clear()
    late = await api.post("/orders", json=wanted, headers=doctor)
    assert (late.status_code, late.json()["code"]) == (404, "laboratory.order_not_found")
