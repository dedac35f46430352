"""Quality control over ASGI, through the whole edge, below its prefix."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest

from deployments.access import Role

LOT = {
    "parameter": "K", "instrument": "AU <1>", "name": "Serum & more", "lot": "L1", "level": 2,
    "target": "4.0", "sd": "0.1", "expires_on": "2099-12-31",
}  # fmt: skip
pytestmark = pytest.mark.enable_socket


@pytest.fixture
def manager(keys):
    return {"Authorization": f"Bearer {keys.token(Role.ADMINISTRATOR)}"}


@pytest.fixture
def technician(keys):
    return {"Authorization": f"Bearer {keys.token(Role.LAB_TECHNICIAN)}"}


@pytest.fixture
async def lot(api, manager) -> str:
    answer = await api.post("/control-lots", json=LOT, headers=manager)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def measure(api, technician, lot: str, *values: str) -> None:
    for value in values:
        run = {"control_lot_id": lot, "value": value}
        answer = await api.post("/control-runs", json=run, headers=technician)
        assert answer.status_code == 201, answer.text


async def test_runs_of_a_lot_and_its_chart(api, manager, technician, lot) -> None:
    await measure(api, technician, lot, "4.05", "3.9", "4.4")
    query = {"lot": lot, "limit": 2}
    first = (await api.get("/control-runs", params=query, headers=manager)).json()
    query["cursor"] = first["next_cursor"]
    rest = (await api.get("/control-runs", params=query, headers=manager)).json()
    runs = [*first["items"], *rest["items"]]
    assert [(one["value"], one["broken"]) for one in runs] == [
        ("4.4", ["1-3s"]), ("3.9", []), ("4.05", []),
    ]  # fmt: skip
    assert rest["next_cursor"] is None
    chart = (await api.get(f"/control-charts/{lot}", headers=technician)).json()
    assert chart["points"] == runs[::-1]
    assert (chart["lot"]["target"], chart["lot"]["unit"]) == ("4.0", "mmol/L")


async def test_the_picture_is_whole_and_says_what_is_wrong(api, technician, lot) -> None:
    await measure(api, technician, lot, "4.05", "4.25", "3.4")
    answer = await api.get(f"/control-charts/{lot}/picture", headers=technician)
    assert answer.headers["Content-Type"] == "image/svg+xml"
    words = ["".join(one.itertext()) for one in ET.fromstring(answer.text).iter()]  # noqa: S314
    assert "K · Serum & more · lot L1 · level 2 · AU <1>" in words
    assert "K, mmol/L" in words
    assert {"4 (mean)", "4.3 (+3 SD)", "3.7 (\u22123 SD)", "1-2s", "1-3s"} <= set(words)
    assert "day of the run (Asia/Ho_Chi_Minh)" in words
    assert answer.text.count("<circle") == 2, "the last one is off the picture: an arrowhead"


async def test_the_picture_of_a_lot_that_was_never_measured(api, technician, lot) -> None:
    answer = await api.get(f"/control-charts/{lot}/picture", headers=technician)
    assert answer.status_code == 200
    assert "no run yet" in answer.text


async def test_closed_once(api, technician, lot) -> None:
    await measure(api, technician, lot, "4.4")
    found = (await api.get("/qc-violations", headers=technician)).json()["items"]
    assert [(one["rule"], one["severity"]) for one in found] == [("1-3s", "rejection")]
    address = f"/qc-violations/{found[0]['id']}/close"
    assert (await api.post(address, json={}, headers=technician)).status_code == 422
    body = {"action": "new calibration"}
    assert (await api.post(address, json=body, headers=technician)).status_code == 200
    again = await api.post(address, json=body, headers=technician)
    assert (again.status_code, again.json()["code"]) == (409, "laboratory.move_not_allowed")
    closed = await api.get("/qc-violations", params={"status": "closed"}, headers=technician)
    assert [one["action"] for one in closed.json()["items"]] == ["new calibration"]
    assert (await api.get("/qc-violations", headers=technician)).json()["items"] == []


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"sd": "0"}, 422),
        ({"level": 4}, 422),
        ({"target": "NaN"}, 422),
        ({"parameter": "UA-NIT"}, 404),
        ({"instrument": ""}, 422),
        ({"expires_on": "soon"}, 422),
    ],
)
async def test_wrong_lots(api, manager, wrong, status) -> None:
    answer = await api.post("/control-lots", json=LOT | wrong, headers=manager)
    assert answer.status_code == status, answer.text


async def test_wrong_runs_and_questions(api, technician, lot) -> None:
    late = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    for wrong, status in (
        ({"value": "high"}, 422),
        ({"control_lot_id": str(uuid4())}, 404),
        ({"measured_at": late}, 422),
        ({"unit": "mg/L"}, 422),
    ):
        run = {"control_lot_id": lot, "value": "4.0"} | wrong
        answer = await api.post("/control-runs", json=run, headers=technician)
        assert answer.status_code == status, answer.text
    for params, status in (({}, 422), ({"lot": "x"}, 422), ({"lot": str(uuid4())}, 404)):
        answer = await api.get("/control-runs", params=params, headers=technician)
        assert answer.status_code == status, answer.text


async def test_who_may_what(api, keys, technician, manager, lot) -> None:
    run = {"control_lot_id": lot, "value": "4.0"}
    assert (await api.post("/control-lots", json=LOT, headers=technician)).status_code == 403
    assert (await api.post("/control-runs", json=run, headers=manager)).status_code == 403
    for role in (Role.DOCTOR, Role.NURSE, Role.PATIENT):
        other = {"Authorization": f"Bearer {keys.token(role)}"}
        answer = await api.get("/control-runs", params={"lot": lot}, headers=other)
        assert answer.status_code == 403, role
