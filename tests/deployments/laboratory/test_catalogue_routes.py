"""The catalogue over ASGI, through the whole edge, below its prefix."""

import httpx
import pytest

from deployments.access import Role
from deployments.laboratory.deployment import LaboratoryDeployment
from deployments.metrics import Metrics
from deployments.runtime import Runtime
from tests.deployments.gateway.conftest import Keys

PREFIX = "/api/v1/laboratory"
pytestmark = pytest.mark.enable_socket


@pytest.fixture
def keys():
    return Keys()


@pytest.fixture
async def api(laboratory_database, redis_client, settings, keys):
    runtime = Runtime(
        "laboratory",
        database=laboratory_database,
        listeners={},
        settings=settings,
        redis_client=redis_client,
        keys=keys,
        metrics=Metrics(),
    )
    ingress = LaboratoryDeployment(runtime).__serve_build_asgi_app__()
    transport = httpx.ASGITransport(ingress, root_path=PREFIX)
    base = f"http://medray.test{PREFIX}"
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        yield client


@pytest.fixture
def headers(keys):
    return lambda *roles: {"Authorization": f"Bearer {keys.token(*roles)}"}


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
