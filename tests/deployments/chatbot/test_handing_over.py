"""One writer at a time: who answers, and what an older owner can no longer do."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from deployments.chatbot.errors import ConversationNotFound, NotYours
from deployments.chatbot.schemas import NewConversation, Utterance
from deployments.pagination import PageRequest
from storage.chatbot import log
from storage.chatbot.log import Step
from storage.outbox import outbox


async def test_asked_for_taken_and_given_back(service, people, talk, chatbot_database) -> None:
    asked = await service.handing_over.ask(people.patient, talk.id)
    assert (asked.owner, asked.reason) == ("pool", "asked")
    taken = await service.handing_over.take(people.stranger, talk.id)
    assert (taken.owner_id, taken.waiting_since) == (people.stranger.user_id, None)
    back = await service.handing_over.give_back(people.stranger, talk.id, to_pool=False)
    assert (back.owner, back.version) == ("assistant", 4)
    names = await chatbot_database.read(lambda c: c.execute(select(outbox.c.name)).scalars().all())
    assert set(names) <= {"chatbot.clinician_wanted.v1"}


async def test_asking_again_changes_nothing(service, people, talk) -> None:
    once = await service.handing_over.ask(people.patient, talk.id)
    again = await service.handing_over.ask(people.patient, talk.id)
    assert (again.version, again.waiting_since) == (once.version, once.waiting_since)


async def test_of_eight_clinicians_one_wins(service, people, talk) -> None:
    await service.handing_over.ask(people.patient, talk.id)
    hands = [people.doctor, people.nurse, people.stranger] * 3
    tries = await asyncio.gather(
        *(service.handing_over.take(one, talk.id) for one in hands), return_exceptions=True
    )
    won = [one for one in tries if not isinstance(one, BaseException)]
    assert len(won) == 1
    lost = [type(one) for one in tries if isinstance(one, BaseException)]
    assert set(lost) <= {NotYours, ConversationNotFound}


async def test_what_began_under_an_older_owner_is_discarded(
    service, people, talk, chatbot_database
) -> None:
    """A late answer of the assistant never talks over a clinician."""
    await service.handing_over.take(people.doctor, talk.id)
    piece = [Step("answer_piece", {"text": "late"})]

    def late(connection):
        return log.append(connection, talk.id, piece, service.desk.clock(), fence=talk.version)

    assert await chatbot_database.transact(late, keyed=False) is None
    entries = await chatbot_database.read(lambda c: log.newer_than(c, talk.id, 0, 10))
    assert [one.kind for one in entries] == ["owner_changed"]


async def test_from_the_assistant_only_who_treats_the_patient_takes(service, people, talk) -> None:
    with pytest.raises(ConversationNotFound):
        await service.handing_over.take(people.stranger, talk.id)


async def test_the_queue_has_the_longest_waiting_first(service, people, clock) -> None:
    waiting = []
    for number in range(3):
        clock.advance(timedelta(minutes=1))
        request = NewConversation.model_validate({"subject": str(number), "with": "clinician"})
        waiting.append((await service.conversing.begin(people.patient, request)).id)
    first = await service.handing_over.queue(people.nurse, PageRequest(limit=2))
    assert [one.id for one in first.items] == waiting[:2]
    rest = PageRequest(limit=2, cursor=first.next_cursor)
    assert [one.id for one in (await service.handing_over.queue(people.nurse, rest)).items] == (
        waiting[2:]
    )


async def silent(service, clock) -> int:
    """A clinician says nothing for as long as they may."""
    clock.advance(service.desk.settings.clinician_lease + timedelta(seconds=1))
    return await service.handing_over.take_back()


async def test_a_patient_whom_a_clinician_left_waiting_is_taken_by_another(
    service, people, talk, clock, chatbot_database
) -> None:
    await service.handing_over.take(people.doctor, talk.id)
    await service.conversing.say(people.patient, talk.id, Utterance(text="Are you there?"))
    assert await service.handing_over.take_back() == 0, "the lease still runs"
    assert await silent(service, clock) == 1
    left = await service.conversing.get(people.patient, talk.id)
    assert (left.owner, left.owner_id, left.waiting_since) == ("pool", None, clock())
    wanted = select(outbox.c.name).where(outbox.c.name == "chatbot.clinician_wanted.v1")
    assert await chatbot_database.read(lambda c: c.execute(wanted).first())
    with pytest.raises(NotYours):
        await service.conversing.say(people.doctor, talk.id, Utterance(text="late"))


async def test_what_is_answered_goes_back_to_the_assistant(service, people, talk, clock) -> None:
    await service.handing_over.take(people.doctor, talk.id)
    await service.conversing.say(people.doctor, talk.id, Utterance(text="Rest today."))
    assert await silent(service, clock) == 1
    assert (await service.conversing.get(people.patient, talk.id)).owner == "assistant"


async def test_writing_moves_the_lease_on(service, people, talk, clock) -> None:
    await service.handing_over.take(people.doctor, talk.id)
    clock.advance(service.desk.settings.clinician_lease - timedelta(minutes=1))
    await service.conversing.say(people.doctor, talk.id, Utterance(text="One moment."))
    clock.advance(timedelta(minutes=2))
    assert await service.handing_over.take_back() == 0


async def test_who_begins_a_conversation_keeps_it(service, people, clock) -> None:
    request = NewConversation(subject="Results", patient_id=people.patient.user_id)
    await service.conversing.begin(people.doctor, request)
    assert await silent(service, clock) == 0


async def test_two_replicas_give_it_on_once(service, people, talk, clock) -> None:
    await service.handing_over.take(people.doctor, talk.id)
    clock.advance(service.desk.settings.clinician_lease * 2)
    counts = await asyncio.gather(*(service.handing_over.take_back() for _ in range(4)))
    assert sum(counts) == 1
