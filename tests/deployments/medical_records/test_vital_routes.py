"""Vital signs, growth, immunizations and search over HTTP."""

import pytest

pytestmark = pytest.mark.enable_socket
PREFIX = "/api/v1/medical-records"


@pytest.fixture
def call(api, keys, world):
    """Asks about the patient as somebody: (who, method, path, ...)."""

    async def ask(who, method, path, **values):
        token = keys.token(*who.roles, sub=str(who.user_id))
        return await api.request(
            method,
            path.format(patient=f"/patients/{world.patient_id}"),
            **values,
            headers={"Authorization": f"Bearer {token}"},
        )

    return ask


def temperature(value, unit="Cel"):
    return {"code": "8310-5", "quantity": {"value": value, "unit": unit}}


async def test_a_fever_is_written_read_and_amended(call, world):
    path = "{patient}/vital-signs"
    made = await call(world.nurse, "POST", path, json=temperature("102.6", "[degF]"))
    assert made.status_code == 201
    assert made.json()["quantity"] == {"value": "39.2", "unit": "Cel"}
    one = f"{path}/{made.json()['id']}"
    assert (await call(world.patient, "GET", one)).json() == made.json()
    amended = await call(world.nurse, "POST", f"{one}/amend", json=temperature(38))
    assert (amended.status_code, amended.json()["status"]) == (200, "amended")
    past = {"from": "2020-01-01T00:00:00Z", "to": "2021-01-01T00:00:00Z"}
    assert (await call(world.patient, "GET", path, params=past)).json()["items"] == []
    latest = await call(world.patient, "GET", f"{path}/latest", params={"code": "8310-5"})
    assert [item["quantity"]["value"] for item in latest.json()["items"]] == ["38"]
    history = (await call(world.patient, "GET", f"{one}/history")).json()
    assert [line["move"] for line in history["versions"]] == ["record", "amend"]


async def test_370_degrees_are_refused_with_what_is_allowed(call, world):
    refused = await call(world.nurse, "POST", "{patient}/vital-signs", json=temperature(370))
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["pointer"] == "/quantity/value"
    assert "13 to 47 Cel" in error["message"]


async def test_a_round_a_curve_and_a_search(call, world):
    weight = {"code": "29463-7", "quantity": {"value": 60, "unit": "kg"}}
    height = {"code": "8302-2", "quantity": {"value": 160, "unit": "cm"}}
    path = "{patient}/vital-signs"
    made = await call(
        world.nurse, "POST", f"{path}/rounds", json={"measurements": [weight, height]}
    )
    assert made.status_code == 201
    assert len(made.json()["observations"]) == 3
    growth = await call(world.patient, "GET", f"{path}/growth", params={"measure": "bmi"})
    assert [point["value"] for point in growth.json()["points"]] == [23.4]
    signs = await call(world.nurse, "GET", "/vital-signs/codes")
    assert len(signs.json()["items"]) > 10
    found = await call(world.patient, "GET", "{patient}/search", params={"q": "cao huyết áp"})
    assert (found.status_code, found.json()) == (200, {"items": []})
    assert (await call(world.stranger, "GET", "{patient}/search?q=abc")).status_code == 404
