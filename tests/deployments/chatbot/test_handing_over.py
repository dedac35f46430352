"""One writer at a time: who answers, and what an older owner can no longer do."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from deployments.chatbot.errors import ConversationNotFound, NotYours
from deployments.chatbot.schemas import NewConversation
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
