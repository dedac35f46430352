"""The routes over ASGI, through the whole edge, below their prefix as Serve mounts them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from deployments.access import Role
from deployments.appointments.deployment import AppointmentsDeployment
from deployments.calls import Refusal
from deployments.metrics import Metrics
from deployments.runtime import Runtime
from tests.deployments.gateway.conftest import Keys
from tests.factories import appointments as factory

PREFIX = "/api/v1/appointments"
pytestmark = pytest.mark.enable_socket


@pytest.fixture
def keys():
    return Keys()


@pytest.fixture
def deployment(appointments_database, redis_client, settings, keys, people):
    runtime = Runtime(
        "appointments",
        database=appointments_database,
        listeners={},
        settings=settings,
        redis_client=redis_client,
        keys=keys,
        metrics=Metrics(),
    )
    return AppointmentsDeployment(runtime, people)


@pytest.fixture
async def api(deployment):
    transport = httpx.ASGITransport(deployment.__serve_build_asgi_app__(), root_path=PREFIX)
    base = f"http://medray.test{PREFIX}"
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        yield client


@pytest.fixture
def sign_in(keys):
    """Makes the headers of a signed-in person."""

    def headers(principal, **more):
        token = keys.token(*principal.roles, sub=str(principal.user_id))
        return {"Authorization": f"Bearer {token}", **more}

    return headers


@pytest.fixture
def mine(sign_in, world):
    return sign_in(world.patient)


@pytest.fixture
def nurse(sign_in):
    return sign_in(factory.principal(Role.NURSE))


async def free(api, headers, world, count=1):
    """Bodies of bookings that will succeed."""
    days = {"from": str((datetime.now(UTC) + timedelta(days=2)).date()), "limit": count}
    found = await api.get("/slots", params={"reason_id": world.reason_id, **days}, headers=headers)
    assert found.status_code == 200, found.text
    names = ("practitioner_id", "reason_id", "start")
    return [{name: slot[name] for name in names} for slot in found.json()["items"]]


async def test_find_book_move_and_cancel_as_a_patient_does(api, world, mine, nurse):
    first, second = await free(api, mine, world, 2)
    booked = await api.post("", json=first, headers=mine)
    assert (booked.status_code, booked.json()["status"]) == (201, "booked")
    path = f"/{booked.json()['id']}"
    assert booked.headers["location"] == PREFIX + path
    assert booked.headers["etag"] == 'W/"1"'
    taken = await api.post(
        "", json=first | {"patient_id": str(world.people.add_patient().user_id)}, headers=nurse
    )
    assert (taken.status_code, taken.json()["code"]) == (409, "appointments.slot_taken")
    moved = await api.post(
        f"{path}/reschedule",
        json={"start": second["start"]},
        headers={**mine, "If-Match": 'W/"1"'},
    )
    assert (moved.status_code, moved.headers["etag"]) == (200, 'W/"2"')
    stale = await api.post(
        f"{path}/cancel", json={"code": "pat"}, headers={**mine, "If-Match": 'W/"1"'}
    )
    assert (stale.status_code, stale.json()["code"]) == (412, "appointments.changed")
    assert (await api.post(f"{path}/cancel", json={"code": "pat"}, headers=mine)).is_success
    read = await api.get(path, headers=mine)
    assert (read.json()["status"], read.json()["cancellation_code"]) == ("cancelled", "pat")
    same = await api.get(path, headers={**mine, "If-None-Match": read.headers["etag"]})
    assert same.status_code == 304
    history = (await api.get(f"{path}/history", headers=mine)).json()["moves"]
    assert [one["move"] for one in history] == ["book", "reschedule", "cancel"]
    listed = (await api.get("", params={"status": "cancelled"}, headers=mine)).json()
    assert [one["id"] for one in listed["items"]] == [booked.json()["id"]]


async def test_hold_renew_confirm_and_see_the_patient(api, world, sign_in, mine, nurse):
    (body,) = await free(api, mine, world)
    held = await api.post("/holds", json=body, headers=mine)
    assert (held.status_code, held.json()["status"]) == (201, "pending")
    path = f"/{held.json()['id']}"
    for move, headers, status in (
        ("renew", mine, "pending"),
        ("confirm", mine, "booked"),
        ("arrive", nurse, "arrived"),
        ("check-in", nurse, "checked-in"),
        ("fulfil", sign_in(world.doctor), "fulfilled"),
        ("entered-in-error", sign_in(factory.principal(Role.ADMINISTRATOR)), "entered-in-error"),
    ):
        answer = await api.post(f"{path}/{move}", headers=headers)
        assert (answer.status_code, answer.json().get("status")) == (200, status), move
    gone = await api.post(f"{path}/no-show", headers=nurse)
    assert (gone.status_code, gone.json()["code"]) == (409, "appointments.move_not_allowed")
    day = await api.get(
        f"/days/{world.doctor.user_id}", params={"date": body["start"][:10]}, headers=nurse
    )
    assert (day.status_code, day.json()["appointments"]) == (200, [])


async def test_the_same_key_books_once_and_another_body_is_refused(api, world, mine):
    first, second = await free(api, mine, world, 2)
    keyed = {**mine, "Idempotency-Key": "k-1"}
    booked = await api.post("", json=first, headers=keyed)
    again = await api.post("", json=first, headers=keyed)
    assert (again.status_code, again.json()) == (201, booked.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert (await api.post("", json=second, headers=keyed)).status_code == 422


async def test_anothers_appointment_and_patient_look_unknown(api, world, sign_in, mine):
    first, second = await free(api, mine, world, 2)
    booked = (await api.post("", json=first, headers=mine)).json()
    other = world.people.add_patient()

    def body(answer):
        return {name: part for name, part in answer.json().items() if name != "request_id"}

    for method, suffix, json in (
        ("GET", "", None),
        ("GET", "/history", None),
        ("POST", "/cancel", {"code": "pat"}),
        ("POST", "/confirm", None),
        ("POST", "/reschedule", {"start": second["start"]}),
    ):
        answers = [
            await api.request(method, f"/{one}{suffix}", json=json, headers=sign_in(other))
            for one in (booked["id"], uuid4())
        ]
        assert [one.status_code for one in answers] == [404, 404]
        assert body(answers[0]) == body(answers[1])
    answers = [
        await api.post("", json=second | {"patient_id": str(one)}, headers=sign_in(other))
        for one in (world.patient.user_id, uuid4())
    ]
    assert [one.status_code for one in answers] == [404, 404]
    assert body(answers[0]) == body(answers[1])


async def test_calendars_and_reasons_over_http(api, world, sign_in, mine):
    doctor, administrator = sign_in(world.doctor), sign_in(factory.principal(Role.ADMINISTRATOR))
    hours = {
        "weekday": 7,
        "start": "18:00",
        "end": "20:00",
        "time_zone": "Europe/Paris",
        "slot_minutes": 20,
        "valid_from": "2026-01-01",
    }
    added = await api.post("/availability", json=hours, headers=doctor)
    assert added.status_code == 201
    path = f"/availability/{added.json()['id']}"
    changed = await api.put(path, json=hours | {"end": "21:00"}, headers=doctor)
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert (await api.delete(path, headers=doctor)).status_code == 204
    assert (await api.delete(path, headers=doctor)).status_code == 404
    closed = {"kind": "closed", "date": "2027-01-01", "time_zone": "Asia/Ho_Chi_Minh"}
    exception = await api.post("/exceptions", json=closed, headers=doctor)
    assert exception.status_code == 201
    assert (await api.get("/availability", headers=doctor)).json()["exceptions"][0][
        "kind"
    ] == "closed"
    assert (
        await api.delete(f"/exceptions/{exception.json()['id']}", headers=doctor)
    ).status_code == 204
    leave = {"start": "2027-02-01T00:00:00Z", "end": "2027-02-08T00:00:00Z", "reason": "away"}
    entered = await api.post("/leave", json=leave, headers=doctor)
    assert (entered.status_code, entered.json()["affected"]) == (201, [])
    assert (await api.delete(f"/leave/{entered.json()['id']}", headers=doctor)).status_code == 204
    reason = {
        "code": f"test-{uuid4()}",
        "display_en": "Test",
        "display_vi": "Thử",
        "duration_minutes": 20,
    }
    made = await api.post("/reasons", json=reason, headers=administrator)
    assert made.status_code == 201
    path = f"/reasons/{made.json()['id']}"
    assert (await api.put(path, json=reason, headers=administrator)).json()["version"] == 2
    assert (await api.post("/reasons", json=reason, headers=mine)).status_code == 403
    assert (await api.get("/reasons", headers=mine)).is_success


@pytest.mark.parametrize(
    "change",
    [
        {"status": "fulfilled"},
        {"id": str(uuid4())},
        {"start": "yesterday"},
        {"start": "2026-12-01T10:00:00"},
        {"start": "99999-01-01T00:00:00Z"},
        {"start": "0001-01-01T00:00:00Z"},
        {"start": "9999-12-31T23:59:59Z"},
        {"start": 4e300},
        {"practitioner_id": "1 OR 1=1"},
        {"comment": ""},
        {"comment": "x" * 1001},
        {"patient_id": ["a"]},
    ],
)
async def test_bad_bodies_are_problems_and_never_faults(api, world, mine, change):
    (body,) = await free(api, mine, world)
    answer = await api.post("", json=body | change, headers=mine)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/slots", {}),
        ("/slots", {"reason_id": "x"}),
        ("/slots", {"reason_id": str(uuid4()), "from": "2026-02-30"}),
        ("/slots", {"reason_id": str(uuid4()), "from": "2199-12-31", "to": "2199-12-31"}),
        ("/slots", {"reason_id": str(uuid4()), "time_zone": "Mars/Olympus"}),
        ("/slots", {"reason_id": str(uuid4()), "unknown": "1"}),
        ("/slots", {"reason_id": str(uuid4()), "cursor": "%00"}),
        ("", {"status": "gone"}),
        ("", {"limit": 101}),
        ("", {"cursor": "WzEsMl0"}),
        ("", {"cursor": "WyIyMDI2LTAxLTAxIiwgIngiXQ"}),
        ("", {"from": "0001-01-01T00:00:00+14:00"}),
        ("/not-an-id", {}),
        ("/days/00000000-0000-7000-8000-000000000000", {"date": "1"}),
    ],
)
async def test_bad_queries_are_problems_and_never_faults(api, nurse, path, params):
    answer = await api.get(path, params=params, headers=nurse)
    assert answer.status_code in {404, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("day", ["1900-01-01", "2199-12-31"])
async def test_the_ends_of_time_are_empty(api, world, mine, nurse, day):
    params = {"reason_id": world.reason_id, "from": day, "to": day}
    found = await api.get("/slots", params=params, headers=mine)
    assert (found.status_code, found.json()["items"]) == (200, [])
    there = await api.get(f"/days/{world.doctor.user_id}", params={"date": day}, headers=nurse)
    assert (there.status_code, there.json()["appointments"]) == (200, [])


async def test_the_handle_answers_refusals_as_values(deployment, world):
    start = (datetime.now(UTC) + timedelta(days=2)).replace(
        hour=3, minute=0, second=0, microsecond=0
    )
    held = await deployment.hold(world.patient, world.request(start))
    assert await deployment.get_appointment(world.patient, held.id) == held
    assert await deployment.is_current(held.id, 1)
    assert await deployment.list_upcoming(world.patient, world.patient.user_id) == []
    refused = await deployment.get_appointment(world.people.add_patient(), held.id)
    assert isinstance(refused, Refusal)
