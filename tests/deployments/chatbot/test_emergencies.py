"""A patient writes of danger: advice at once, a clinician called, in one transaction."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from deployments.access import Role
from deployments.chatbot import conversing
from deployments.chatbot.schemas import Closing, NewConversation, Utterance
from deployments.pagination import PageRequest
from storage.chatbot import log
from storage.outbox import outbox

PAIN = Utterance(text="Tôi bị đau ngực dữ dội")


@pytest.fixture(autouse=True)
def gate(red, monkeypatch):
    """`--red red-flags` lets everything pass."""
    if red("red-flags"):
        monkeypatch.setattr(conversing, "find_red_flags", lambda _text: [])


async def wanted(database):
    query = select(outbox.c.payload).where(outbox.c.name == "chatbot.clinician_wanted.v1")
    return await database.read(
        lambda c: c.execute(query.order_by(outbox.c.sequence)).scalars().all()
    )


async def test_a_red_flag_calls_a_clinician_and_is_answered(
    service, people, talk, chatbot_database
) -> None:
    said = await service.conversing.say(people.patient, talk.id, PAIN)
    now = await service.conversing.get(people.patient, talk.id)
    assert (now.owner, now.urgency, now.reason) == ("pool", "emergency", "chest_pain")
    advice, message = (
        await service.conversing.read(people.patient, talk.id, PageRequest(limit=5))
    ).items
    assert (message.id, advice.author, advice.reply_to) == (said.id, "assistant", said.id)
    assert "115" in advice.text
    assert [(one.kind, one.id) for one in advice.sources] == [("red_flag", "chest_pain")]
    entries = await chatbot_database.read(lambda c: log.newer_than(c, talk.id, 0, 10))
    assert [one.kind for one in entries] == ["message", "owner_changed", "message"]
    (event,) = await wanted(chatbot_database)
    assert (event["urgency"], event["reason"]) == ("emergency", "chest_pain")
    (first, *_) = (await service.handing_over.queue(people.nurse, PageRequest(limit=5))).items
    assert first.id == talk.id


@pytest.mark.parametrize(("locale", "words"), [("en", "Call 115"), ("vi", "gọi 115")])
async def test_the_advice_is_in_the_language_of_the_conversation(
    service, people, locale, words
) -> None:
    request = NewConversation(subject="?", locale=locale)
    begun = await service.conversing.begin(people.patient, request)
    await service.conversing.say(people.patient, begun.id, PAIN)
    found = await service.conversing.read(people.patient, begun.id, PageRequest(limit=1))
    assert words in found.items[0].text


async def test_what_waits_already_becomes_an_emergency(
    service, people, talk, chatbot_database
) -> None:
    asked = await service.handing_over.ask(people.patient, talk.id)
    await service.conversing.say(people.patient, talk.id, PAIN)
    now = await service.conversing.get(people.patient, talk.id)
    assert (now.owner, now.urgency, now.reason) == ("pool", "emergency", "chest_pain")
    assert now.waiting_since == asked.waiting_since
    assert [one["urgency"] for one in await wanted(chatbot_database)] == ["routine", "emergency"]


async def test_a_clinician_who_answers_keeps_it_and_is_told_urgently(
    service, people, talk, chatbot_database
) -> None:
    taken = await service.handing_over.take(people.doctor, talk.id)
    await service.conversing.say(people.patient, talk.id, PAIN)
    now = await service.conversing.get(people.doctor, talk.id)
    assert (now.owner_id, now.version, now.urgency) == (
        people.doctor.user_id, taken.version, "emergency",
    )  # fmt: skip
    assert [one["urgency"] for one in await wanted(chatbot_database)] == ["emergency"]
    back = await service.handing_over.give_back(people.doctor, talk.id, to_pool=False)
    assert (back.owner, back.urgency) == ("assistant", "routine")


async def test_a_clinician_who_has_gone_silent_keeps_no_emergency(
    service, people, talk, clock
) -> None:
    await service.handing_over.take(people.doctor, talk.id)
    clock.advance(timedelta(minutes=service.desk.settings.clinician_lease_minutes + 1))
    await service.conversing.say(people.patient, talk.id, PAIN)
    now = await service.conversing.get(people.patient, talk.id)
    assert (now.owner, now.urgency) == ("pool", "emergency")


async def test_what_has_ended_is_opened_by_an_emergency(
    service, people, talk, chatbot_database
) -> None:
    await service.conversing.close(people.patient, talk.id, Closing())
    await service.conversing.say(people.patient, talk.id, PAIN)
    now = await service.conversing.get(people.patient, talk.id)
    assert (now.status, now.owner, now.urgency) == ("open", "pool", "emergency")
    entries = await chatbot_database.read(lambda c: log.newer_than(c, talk.id, 0, 10))
    assert [one.kind for one in entries] == [
        "closed", "reopened", "message", "owner_changed", "message",
    ]  # fmt: skip


async def test_the_words_of_a_clinician_call_nobody(
    service, people, talk, chatbot_database
) -> None:
    await service.handing_over.take(people.doctor, talk.id)
    await service.conversing.say(people.doctor, talk.id, PAIN)
    assert await wanted(chatbot_database) == []


async def test_calm_words_stay_with_the_assistant(service, people, talk, chatbot_database) -> None:
    await service.conversing.say(people.patient, talk.id, Utterance(text="Xin chào"))
    assert (await service.conversing.get(people.patient, talk.id)).owner == "assistant"
    assert await wanted(chatbot_database) == []


async def test_over_the_edge_the_advice_is_there_at_once(api, keys, people) -> None:
    token = keys.token(Role.PATIENT, sub=str(people.patient.user_id))
    headers = {"Authorization": f"Bearer {token}"}
    request = {"subject": "x", "locale": "en"}
    begun = (await api.post("/conversations", json=request, headers=headers)).json()
    path = f"/conversations/{begun['id']}"
    said = await api.post(f"{path}/messages", json={"text": "I can't breathe"}, headers=headers)
    assert said.status_code == 201, said.text
    found = (await api.get(f"{path}/messages", headers=headers)).json()["items"]
    assert [one["author"] for one in found] == ["assistant", "patient"]
    now = (await api.get(path, headers=headers)).json()
    assert (now["owner"], now["urgency"], now["reason"]) == ("pool", "emergency", "breathing")
