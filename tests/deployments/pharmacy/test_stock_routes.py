"""Stock and dispensing over ASGI, through the whole edge, below their prefix."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from deployments.access import Role
from deployments.calls import Refusal
from deployments.metrics import Metrics
from deployments.pharmacy.deployment import PharmacyDeployment
from deployments.pharmacy.stock_schemas import ImportedStockReceipt
from deployments.runtime import Runtime
from tests.deployments.gateway.conftest import Keys
from tests.factories.appointments import principal
from tests.factories.pharmacy import FakeRecords
from tests.factories.stock import IMPORTER, StockWorld

PREFIX = "/api/v1/pharmacy"
LAST_DAY = str((datetime.now(UTC) + timedelta(days=300)).date())
pytestmark = pytest.mark.enable_socket


@pytest.fixture
def keys():
    return Keys()


@pytest.fixture
def charts():
    return FakeRecords()


@pytest.fixture
def deployment(pharmacy_database, redis_client, settings, keys, charts):
    runtime = Runtime(
        "pharmacy",
        database=pharmacy_database,
        listeners={},
        settings=settings,
        redis_client=redis_client,
        keys=keys,
        metrics=Metrics(),
    )
    return PharmacyDeployment(runtime, charts)


@pytest.fixture
async def api(deployment):
    transport = httpx.ASGITransport(deployment.__serve_build_asgi_app__(), root_path=PREFIX)
    base = f"http://medray.test{PREFIX}"
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        yield client


@pytest.fixture
def world(pharmacy_database, charts):
    made = StockWorld(pharmacy_database, lambda: datetime.now(UTC))
    made.patient = charts.admit(made.doctor)
    return made


@pytest.fixture
def sign_in(keys):
    """Makes the headers of a signed-in person."""

    def headers(someone, **more):
        token = keys.token(*someone.roles, sub=str(someone.user_id))
        return {"Authorization": f"Bearer {token}", **more}

    return headers


async def post(api, path, headers, json=None, expect=200):
    answer = await api.post(path, json=json, headers=headers)
    assert answer.status_code == expect, answer.text
    return answer.json()


async def test_from_the_supplier_to_the_patient_and_back(api, world, sign_in):
    maker, checker = sign_in(world.maker), sign_in(world.checker)
    drug = world.medication()
    receipt = {
        "kind": "receipt",
        "destination_id": str(world.dispensary),
        "lines": [{"medication_id": str(drug.id), "lot": "L1", "expires_on": LAST_DAY, "packs": 4}],
    }
    made = await api.post("/stock-documents", json=receipt, headers=maker)
    assert (made.status_code, made.headers["etag"]) == (201, 'W/"1"')
    path = f"/stock-documents/{made.json()['id']}"
    await post(api, f"{path}/submit", maker)
    own = await api.post(f"{path}/approve", headers=maker)
    assert (own.status_code, own.json()["code"]) == (403, "pharmacy.same_person")
    assert (await post(api, f"{path}/approve", checker))["status"] == "completed"
    assert (await api.get(path, headers=maker)).json()["lines"][0]["quantity"] == 40

    ordered = world.prescribe(drug)
    wanted = {"prescription_id": str(ordered.id), "location_id": str(world.dispensary)}
    prepared = await post(api, "/dispensings", maker, wanted, 201)
    path = f"/dispensings/{prepared['id']}"
    await post(api, f"{path}/pick", maker)
    done = await post(api, f"{path}/complete", maker)
    assert (done["status"], done["items"][0]["quantity"]) == ("completed", 30)
    back = {
        "lines": [{"dispensing_item_id": done["items"][0]["id"], "quantity": 4}],
        "code": "not-needed",
    }
    assert (await post(api, f"{path}/returns", maker, back))["items"][0]["returned"] == 4
    undone = await post(api, f"{path}/cancel", maker, {"reason": "wrong patient"})
    assert undone["status"] == "cancelled"
    levels = (await api.get("/stock", headers=maker)).json()["items"]
    assert [one["quantity"] for one in levels] == [40]


async def test_what_is_new_since_prescribing_needs_an_answer_that_is_kept(api, world, sign_in):
    maker, drug = sign_in(world.maker), world.medication(ingredients=[])
    await world.receive(drug)
    made = await world.prepare(world.prescribe(drug))
    await world.service.preparing.pick(world.maker, made.id)
    path = f"/dispensings/{made.id}/complete"
    refused = await api.post(path, headers=maker)
    assert (refused.status_code, refused.json()["code"]) == (409, "pharmacy.override_needed")
    answers = [
        {"finding": one["code"], "reason_code": "checked-by-hand", "note": "asked the doctor"}
        for one in refused.json()["findings"]
    ]
    await post(api, path, maker, {"overrides": answers})
    kept = world.rows("SELECT stage, override_reason, by FROM prescription_findings")
    assert set(kept) == {("dispensing", "checked-by-hand", world.maker.user_id)}


async def test_lists_are_pages(api, world, sign_in):
    headers = sign_in(world.maker)
    drug = world.medication()
    for lot in ("A", "B", "C"):
        await world.receive(drug, lot=lot)
    for path in ("/stock", "/stock/batches", "/stock-documents"):
        first = (await api.get(path, params={"limit": 2}, headers=headers)).json()
        rest = await api.get(path, params={"cursor": first["next_cursor"]}, headers=headers)
        assert (len(first["items"]), len(rest.json()["items"])) == (2, 1), path
        wrong = await api.get(path, params={"cursor": "WzEsMl0"}, headers=headers)
        assert wrong.status_code == 422
    batch = (await api.get("/stock/batches", headers=headers)).json()["items"][0]
    assert (await api.get(f"/stock/batches/{batch['id']}", headers=headers)).json() == batch
    named = {"location_id": str(world.dispensary), "batch_id": batch["id"]}
    ledger = (await api.get("/stock/ledger", params=named, headers=headers)).json()["items"]
    assert [one["balance_after"] for one in ledger] == [100]
    point = {"location_id": str(world.dispensary), "medication_id": str(drug.id), "minimum": 500}
    answer = await api.put("/stock/reorder-points", json=point, headers=headers)
    assert answer.json()["low_since"] is not None
    listed = (await api.get("/stock/reorder-points", headers=headers)).json()["items"]
    assert listed == [answer.json()]


async def test_recalls_and_places_over_http(api, world, sign_in):
    headers, nurse = sign_in(world.maker), sign_in(world.nurse)
    drug = world.medication()
    await world.receive(drug)
    await world.dispense(world.prescribe(drug))
    body = {"medication_id": str(drug.id), "lot": "A", "reason": "contaminated"}
    assert (await api.post("/recalls", json=body, headers=nurse)).status_code == 403
    made = await post(api, "/recalls", headers, body, 201)
    patients = await api.get(f"/recalls/{made['id']}/patients", headers=headers)
    assert [one["patient_id"] for one in patients.json()["items"]] == [str(world.patient.user_id)]
    assert (await api.get("/recalls", headers=nurse)).json()["items"] == [made]
    place = {"code": "ward-1", "name": "Khoa Nội", "kind": "ward"}
    await post(api, "/locations", headers, place, 201)
    taken = await api.post("/locations", json=place, headers=headers)
    assert (taken.status_code, taken.json()["code"]) == (409, "pharmacy.location_code_in_use")
    places = (await api.get("/locations", headers=nurse)).json()["items"]
    assert [one["code"] for one in places] == ["dispensary", "quarantine", "store", "ward-1"]


async def test_when_charts_do_not_answer_nothing_is_handed_over(api, world, charts, sign_in):
    drug = world.medication()
    batch = await world.receive(drug)
    made = await world.prepare(world.prescribe(drug))
    await world.service.preparing.pick(world.maker, made.id)
    charts.down = True
    refused = await api.post(f"/dispensings/{made.id}/complete", headers=sign_in(world.maker))
    assert (refused.status_code, refused.json()["code"]) == (503, "pharmacy.cannot_check")
    assert world.balance(world.dispensary, batch) == 100


async def test_the_same_key_hands_over_once(api, world, sign_in):
    drug = world.medication()
    await world.receive(drug)
    ordered = world.prescribe(drug)
    wanted = {"prescription_id": str(ordered.id), "location_id": str(world.dispensary)}
    keyed = sign_in(world.maker, **{"Idempotency-Key": "k-1"})
    first = await post(api, "/dispensings", keyed, wanted, 201)
    assert (await post(api, "/dispensings", keyed, wanted, 201))["id"] == first["id"]
    assert world.rows("SELECT count(*) FROM dispensings") == [(1,)]


async def test_strangers_find_nothing_and_others_may_not(api, world, sign_in):
    drug = world.medication()
    await world.receive(drug)
    made = await world.prepare(world.prescribe(drug))
    stranger = sign_in(principal(Role.PATIENT))
    answers = [await api.get(f"/dispensings/{one}", headers=stranger) for one in (made.id, uuid4())]
    assert [one.status_code for one in answers] == [404, 404]
    mine = await api.get("/dispensings", headers=sign_in(world.patient))
    assert [one["id"] for one in mine.json()["items"]] == [str(made.id)]
    for path in ("/stock", "/stock-documents", "/recalls", "/locations"):
        assert (await api.get(path, headers=stranger)).status_code == 403
    assert (await api.get("/controlled-register", headers=stranger)).status_code == 403


async def test_the_handle_imports_stock_once(deployment, world):
    drug = world.medication()
    receipt = ImportedStockReceipt(
        identifier={"system": "demo", "value": "1"},
        location={"code": "dispensary", "name": "Dispensary", "kind": "dispensary"},
        lines=[{"medication_code": drug.code, "lot": "A", "expires_on": LAST_DAY, "quantity": 9}],
    )
    taken = [await deployment.import_stock_receipt(IMPORTER, receipt) for _ in range(2)]
    assert [one.outcome for one in taken] == ["created", "unchanged"]
    refused = await deployment.import_stock_receipt(world.nurse, receipt)
    assert isinstance(refused, Refusal)
