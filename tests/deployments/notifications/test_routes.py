"""The routes over ASGI, through the whole edge."""

from uuid import UUID, uuid4

import httpx
import pytest

from deployments.access import Role
from deployments.notifications.routes import router
from deployments.notifications.workflows import BY_EVENT
from deployments.subscriptions import NOTIFICATIONS, SUBSCRIPTIONS
from tests.factories.notifications import sealed, visit

pytestmark = pytest.mark.enable_socket


@pytest.fixture
async def api(deployment):
    transport = httpx.ASGITransport(deployment.__serve_build_asgi_app__())
    async with httpx.AsyncClient(transport=transport, base_url="http://medray.test") as client:
        yield client


async def test_the_inbox_as_a_client_uses_it(api, deployment, sign_in, patient, practitioner):
    await deployment.hear(sealed(visit(patient, practitioner), visit(patient, practitioner)))
    mine = sign_in(patient.user_id)
    page = (await api.get("/inbox", params={"limit": 1}, headers=mine)).json()
    assert page["items"][0]["number"] == 2
    assert page["items"][0]["status"] == "delivered"
    rest = await api.get("/inbox", params={"cursor": page["next_cursor"]}, headers=mine)
    assert [item["number"] for item in rest.json()["items"]] == [1]
    newest = page["items"][0]["id"]
    read = await api.post(f"/inbox/{newest}/read", headers=mine)
    assert (read.status_code, read.json()["status"]) == (200, "read")
    count = await api.get("/inbox/unread-count", headers=mine)
    assert count.json() == {"unread": 1, "last_number": 2}
    archived = await api.post(f"/inbox/{newest}/archive", headers=mine)
    assert archived.json()["archived_at"] is not None
    assert (await api.post("/inbox/read-all", headers=mine)).json()["unread"] == 0


async def test_foreign_and_unknown_ids_answer_alike(
    api, deployment, sign_in, patient, practitioner
):
    await deployment.hear(sealed(visit(patient, practitioner)))
    mine = (await api.get("/inbox", headers=sign_in(patient.user_id))).json()["items"][0]["id"]
    stranger = sign_in(uuid4())
    answers = []
    for id_ in (mine, str(uuid4())):
        for verb in ("read", "archive"):
            answer = await api.post(f"/inbox/{id_}/{verb}", headers=stranger)
            problem = answer.json()
            answers.append((answer.status_code, problem["code"], problem["detail"]))
    assert set(answers) == {(404, "notifications.not_found", "Notification not found")}


async def test_a_keyed_read_replays(api, deployment, sign_in, patient, practitioner):
    await deployment.hear(sealed(visit(patient, practitioner)))
    headers = sign_in(patient.user_id) | {"Idempotency-Key": "read-everything"}
    first = await api.post("/inbox/read-all", headers=headers)
    again = await api.post("/inbox/read-all", headers=headers)
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"


async def test_a_ticket_is_never_kept_for_a_key(api, sign_in, patient):
    headers = sign_in(patient.user_id) | {"Idempotency-Key": "a-ticket"}
    tickets = [(await api.post("/ws-tickets", headers=headers)).json()["ticket"] for _ in range(2)]
    assert len(set(tickets)) == 2


async def test_dead_letters_are_for_operators(api, sign_in):
    assert (await api.get("/dead-letters", headers=sign_in(uuid4()))).status_code == 403
    operator = sign_in(uuid4(), Role.ADMINISTRATOR)
    assert (await api.get("/dead-letters", headers=operator)).json()["items"] == []
    missing = await api.post(f"/dead-letters/{uuid4()}/replay", headers=operator)
    assert missing.json()["code"] == "notifications.delivery_not_found"


@pytest.mark.parametrize("path", ["/inbox/not-an-id/read", "/inbox/read-everything/archive"])
async def test_bad_ids_are_422(api, sign_in, path):
    assert (await api.post(path, headers=sign_in(uuid4()))).status_code == 422


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "cursor=%01", "cursor=WyJ4Il0", "unread=x"]
)
async def test_bad_pages_are_422(api, sign_in, query):
    assert (await api.get(f"/inbox?{query}", headers=sign_in(uuid4()))).status_code == 422


async def test_nobody_gets_in_without_a_token(api):
    for route in router.routes:
        for method in getattr(route, "methods", ()):
            path = route.path.format(notification_id=UUID(int=0), delivery_id=UUID(int=0))
            assert (await api.request(method, path)).status_code == 401


def test_everything_told_is_subscribed_to():
    subscribed = {event for event, listeners in SUBSCRIPTIONS.items() if NOTIFICATIONS in listeners}
    assert subscribed == BY_EVENT.keys()
