"""Texts of administrators: what may be written, what is used, what is refused."""

from uuid import uuid4

import httpx
import pytest

from deployments.access import Role
from deployments.notifications import editions
from deployments.notifications.codes import Channel
from deployments.notifications.editing import faults
from deployments.notifications.editions import Edition, Editions
from deployments.notifications.sending import Sender
from deployments.notifications.workflows import WORKFLOWS
from storage.notifications.tables import Delivery, Notification
from tests.factories.notifications import visit

pytestmark = pytest.mark.enable_socket
BOOKED = WORKFLOWS["appointments.booked.patient"]
CRITICAL = WORKFLOWS["laboratory.critical_value.practitioner"]
FIELDS = ("workflow", "channel", "title", "body", "code")


@pytest.mark.parametrize(
    FIELDS,
    [
        (BOOKED, Channel.IN_APP, "Visit", "With {{ practitioner }} on {{ start | moment }}", None),
        (BOOKED, Channel.SMS, None, "On {{ start | moment }}", None),
        (BOOKED, Channel.SMS, None, "With {{ practitioner }}", "variable"),
        (BOOKED, Channel.EMAIL, "Visit", "With {{ practitioner }}", "variable"),
        (BOOKED, Channel.EMAIL, "For {{ patient }}", "Hello {{ reader }}", "variable"),
        (CRITICAL, Channel.PUSH, "Now", "{{ parameter }} is {{ flag }}", "variable"),
        (BOOKED, Channel.IN_APP, "Visit", "{{ surname }}", "variable"),
        (BOOKED, Channel.IN_APP, "Visit", "{{ reads.time_zone }}", "not_allowed"),
        (
            BOOKED,
            Channel.IN_APP,
            "Visit",
            "{% for x in reader %}{{ x }}{% endfor %}",
            "not_allowed",
        ),
        (BOOKED, Channel.IN_APP, "Visit", "{{ reader.__class__ }}", "not_allowed"),
        (BOOKED, Channel.IN_APP, "Visit", "{{ 'a' * 10000000 }}", "not_allowed"),
        (BOOKED, Channel.IN_APP, "Visit", "{% include 'layout/en.html.j2' %}", "not_allowed"),
        (BOOKED, Channel.IN_APP, "Visit", "{{ cycler() }}", "not_allowed"),
        (BOOKED, Channel.IN_APP, "Visit", "{% set x = 1 %}", "not_allowed"),
        (BOOKED, Channel.IN_APP, "Visit", "{{ reader | safe }}", "filter"),
        (BOOKED, Channel.IN_APP, "Visit", "{{ reader | upper }}", "filter"),
        (BOOKED, Channel.IN_APP, "Visit", "{{ reader | moment }}", "filter"),
        (BOOKED, Channel.IN_APP, "Visit", "{{ start }}", "filter"),
        (BOOKED, Channel.IN_APP, "Visit", "{% if start %}{{ reader }}{% endif %}", None),
        (BOOKED, Channel.IN_APP, "Visit", "{{ reader", "syntax"),
        (
            BOOKED,
            Channel.IN_APP,
            "Visit",
            f"{{% if {'not ' * 200}reader %}}x{{% endif %}}",
            "not_allowed",
        ),
        (BOOKED, Channel.IN_APP, None, "Text", "missing"),
        (BOOKED, Channel.SMS, "Title", "Text", "no_title"),
        (BOOKED, Channel.SMS, None, "x" * 151, "too_long"),
    ],
)
def test_what_may_be_written(workflow, channel, title, body, code):
    found = {fault.code for fault in faults(workflow, channel, title, body)}
    assert found == ({code} if code else set())


def test_the_own_language_comes_before_what_was_published_in_another(monkeypatch, tmp_path):
    published = Editions({(BOOKED.name, "in_app", "en"): Edition(1000, "en", "New", "New")})
    assert published.choose(BOOKED, Channel.IN_APP, "en").version == 1000
    assert published.choose(BOOKED, Channel.IN_APP, "vi") == Edition(1, "vi")
    assert published.choose(BOOKED, Channel.EMAIL, "en") == Edition(1, "en")
    monkeypatch.setattr(editions, "TEMPLATES", tmp_path)  # nothing is shipped in Vietnamese
    assert published.choose(BOOKED, Channel.IN_APP, "vi") == Edition(1000, "en", "New", "New")
    assert published.choose(BOOKED, Channel.EMAIL, "vi") == Edition(1, "en")


@pytest.fixture
async def api(deployment):
    transport = httpx.ASGITransport(deployment.__serve_build_asgi_app__())
    async with httpx.AsyncClient(transport=transport, base_url="http://medray.test") as client:
        yield client


@pytest.fixture
def operator(sign_in):
    return sign_in(uuid4(), Role.ADMINISTRATOR)


PATH = f"/templates/{BOOKED.name}"


async def test_publish_use_and_withdraw(api, operator, house, patient, practitioner):
    draft = {
        "channel": "in_app",
        "locale": "vi",
        "title": "Hẹn khám",
        "body": "Gặp {{ practitioner }} lúc {{ start | moment }}.",
    }
    shown = (await api.post(f"{PATH}/preview", json=draft, headers=operator)).json()
    assert shown["body"] == "Gặp Dr. Trần Minh lúc Thứ Ba, 24 tháng 11, 2026 lúc 09:30."
    published = await api.post(PATH, json=draft, headers=operator)
    assert (published.status_code, published.json()["version"]) == (201, 1000)
    await house.hear(visit(patient, practitioner))
    rows = {row.recipient_id: row for row in await house.rows(Notification)}
    assert rows[patient.user_id].body.startswith("Gặp Dr. Marie Tran lúc")
    assert rows[patient.user_id].template_version == 1000
    again = (await api.post(PATH, json=draft | {"title": "Lịch hẹn"}, headers=operator)).json()
    assert again["version"] == 1001
    versions = (await api.get(PATH, headers=operator)).json()
    assert [it["version"] for it in versions["published"]] == [1001, 1000]
    assert [it["locale"] for it in versions["shipped"]] == ["en", "vi"]
    assert "practitioner" not in versions["variables"]["email"]
    for id_ in (again["id"], published.json()["id"]):
        path = f"/published-templates/{id_}/withdraw"
        assert (await api.post(path, headers=operator)).status_code == 200
    await house.hear(visit(patient, practitioner))
    assert {row.template_version for row in await house.rows(Notification)} == {1, 1000}


async def test_what_is_under_way_is_finished_with_the_text_it_began_with(
    api, operator, house, patient, practitioner
):
    draft = {"channel": "email", "locale": "vi", "title": "Một", "body": "Xin <b>chào</b>"}
    first = (await api.post(PATH, json=draft, headers=operator)).json()
    await house.hear(visit(patient, practitioner))
    await api.post(PATH, json=draft | {"title": "Hai"}, headers=operator)
    await api.post(f"/published-templates/{first['id']}/withdraw", headers=operator)
    letters = []

    class Carried:
        async def deliver(self, letter):
            letters.append(letter)

    await Sender(house.database, {Channel.EMAIL: Carried()}, clock=house.clock).send_due()
    (mine,) = [it for it in letters if it.row.recipient_id == patient.user_id]
    assert (mine.edition.version, mine.edition.title) == (1000, "Một")
    assert {row.status for row in await house.rows(Delivery)} == {"sent"}


async def test_markup_of_a_text_is_shown_not_obeyed(api, operator):
    draft = {"channel": "email", "locale": "en", "title": "T", "body": "<script>x</script>"}
    shown = (await api.post(f"{PATH}/preview", json=draft, headers=operator)).json()
    assert "<script>" not in shown["html"]
    assert "&lt;script&gt;" in shown["html"]


async def test_refusals_say_where_and_why(api, operator, sign_in):
    draft = {"channel": "push", "locale": "en", "title": "T", "body": "{{ patient }}"}
    answer = await api.post(PATH, json=draft, headers=operator)
    assert (answer.status_code, answer.json()["code"]) == (422, "notifications.template_refused")
    assert answer.json()["errors"][0] | {"message": ""} == {
        "pointer": "/body",
        "code": "variable",
        "message": "",
    }
    assert (await api.post(PATH, json=draft, headers=sign_in(uuid4()))).status_code == 403
    missing = await api.get("/templates/no.such", headers=operator)
    assert missing.json()["code"] == "notifications.workflow_unknown"
    sms = {"channel": "sms", "locale": "en", "body": "x"}
    other = await api.post("/templates/users.invited", json=sms, headers=operator)
    assert other.json()["code"] == "notifications.channel_not_offered"
    assert (await api.get("/templates", headers=operator)).json()["items"] == sorted(WORKFLOWS)
