"""The catalogue over ASGI, through the whole edge, below its prefix."""

import pytest

from deployments.access import Role

pytestmark = pytest.mark.enable_socket


async def test_a_patient_searches_and_reads(api, headers) -> None:
    patient = headers(Role.PATIENT)
    found = await api.get("/test-types", params={"q": "kali"}, headers=patient)
    assert found.json()["items"][0]["code"] == "K"
    potassium = await api.get("/test-types/K", headers=patient)
    assert potassium.headers["ETag"].startswith(f'W/"{potassium.json()["version"]}-')
    assert potassium.json()["parameters"][0]["unit"] == "mmol/L"


async def test_nothing_of_that_code(api, headers) -> None:
    answer = await api.get("/test-types/NOTHING", headers=headers(Role.NURSE))
    assert (answer.status_code, answer.json()["code"]) == (404, "laboratory.test_type_not_found")


async def test_limits_with_a_gap_are_refused_and_it_says_where(api, headers) -> None:
    manager = headers(Role.ADMINISTRATOR)
    whole = (await api.get("/test-types/K", headers=manager)).json()
    kept = ("code", "kind", "id", "active", "version")
    body = {name: value for name, value in whole.items() if name not in kept}
    body["parameters"] = [
        {name: value for name, value in one.items() if name != "id"} for one in body["parameters"]
    ]
    body["parameters"][0]["limits"] = [*body["parameters"][0]["limits"]]
    del body["parameters"][0]["limits"][1]

    refused = await api.put(f"/test-types/{whole['id']}", json=body, headers=manager)

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, "laboratory.catalogue_invalid")
    assert problem["errors"][0]["pointer"] == "/parameters/0/limits/1"
    assert problem["errors"][0]["code"] == "gap"
    unchanged = await api.get("/test-types/K", headers=manager)
    assert unchanged.json() == whole


@pytest.mark.parametrize("role", [Role.PATIENT, Role.DOCTOR, Role.LAB_TECHNICIAN])
async def test_others_do_not_write(api, headers, role) -> None:
    whole = (await api.get("/test-types/K", headers=headers(role))).json()
    answer = await api.post(f"/test-types/{whole['id']}/retire", headers=headers(role))
    assert answer.status_code == 403
