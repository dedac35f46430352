"""Conversations: who may, what is kept, in which order."""

import asyncio

import pytest
from sqlalchemy import select

from deployments.chatbot.errors import (
    ConversationClosed,
    ConversationNotFound,
    NotYours,
    PatientNotFound,
)
from deployments.chatbot.schemas import (
    Closing,
    ConversationQuery,
    NewConversation,
    ReadPointer,
    Utterance,
)
from deployments.pagination import PageRequest
from storage.audit import audit_log
from storage.chatbot import log

HELLO = Utterance(text="Xin chào")


async def test_a_patient_begins_with_the_assistant(talk, people) -> None:
    assert (talk.owner, talk.patient_id, talk.last_number) == (
        "assistant", people.patient.user_id, 0,
    )  # fmt: skip
    assert [one.user_id for one in talk.participants] == [people.patient.user_id]


async def test_a_clinician_begins_with_whom_they_treat(service, people) -> None:
    request = NewConversation(subject="Results", patient_id=people.patient.user_id)
    begun = await service.conversing.begin(people.doctor, request)
    assert (begun.owner, begun.owner_id) == ("clinician", people.doctor.user_id)
    with pytest.raises(PatientNotFound):
        await service.conversing.begin(people.stranger, request)


async def test_what_is_said_stands_in_one_order(service, people, talk) -> None:
    said = await asyncio.gather(
        *(
            service.conversing.say(people.patient, talk.id, Utterance(text=str(one)))
            for one in range(12)
        )
    )
    assert sorted(one.number for one in said) == list(range(1, 13))
    found = await service.conversing.read(people.patient, talk.id, PageRequest(limit=5))
    assert [one.number for one in found.items] == [12, 11, 10, 9, 8]
    rest = PageRequest(limit=20, cursor=found.next_cursor)
    older = await service.conversing.read(people.doctor, talk.id, rest)
    assert [one.number for one in older.items] == list(range(7, 0, -1))


async def test_the_log_is_complete_from_any_number(service, people, talk, chatbot_database) -> None:
    for _ in range(3):
        await service.conversing.say(people.patient, talk.id, HELLO)
    entries = await chatbot_database.read(lambda c: log.newer_than(c, talk.id, 1, 10))
    assert [(one.number, one.content["text"]) for one in entries] == [
        (2, "Xin chào"), (3, "Xin chào"),
    ]  # fmt: skip


async def test_strangers_find_nothing_and_are_written_down(
    service, people, talk, chatbot_database
) -> None:
    with pytest.raises(ConversationNotFound):
        await service.conversing.get(people.stranger, talk.id)
    with pytest.raises(ConversationNotFound):
        await service.conversing.say(people.stranger, talk.id, HELLO)
    denied = select(audit_log.c.actor_id).where(audit_log.c.outcome == "denied")
    rows = await chatbot_database.read(lambda c: c.execute(denied).scalars().all())
    assert rows == [people.stranger.user_id] * 2


async def test_a_clinician_takes_it_before_writing(service, people, talk) -> None:
    with pytest.raises(NotYours):
        await service.conversing.say(people.doctor, talk.id, HELLO)
    await service.handing_over.take(people.doctor, talk.id)
    said = await service.conversing.say(people.doctor, talk.id, HELLO)
    assert (said.author, said.number) == ("clinician", 2)
    assert (await service.conversing.get(people.doctor, talk.id)).last_number == 2


async def test_pointers_only_move_on_and_never_beyond_the_log(service, people, talk) -> None:
    for _ in range(2):
        await service.conversing.say(people.patient, talk.id, HELLO)
    for number in (9, 1):
        pointer = ReadPointer(number=number)
        await service.conversing.mark_read(people.patient, talk.id, pointer)
    found = await service.conversing.get(people.patient, talk.id)
    assert found.participants[0].read_to == 2


async def test_what_has_ended_takes_nothing_more(service, people, talk) -> None:
    with pytest.raises(NotYours):
        await service.conversing.close(people.doctor, talk.id, Closing())
    ended = await service.conversing.close(people.patient, talk.id, Closing(reason="thanks"))
    assert ended.status == "closed"
    for act in (
        service.conversing.say(people.patient, talk.id, HELLO),
        service.conversing.close(people.patient, talk.id, Closing()),
        service.handing_over.take(people.doctor, talk.id),
    ):
        with pytest.raises(ConversationClosed):
            await act


async def test_lists_are_of_ones_own_or_of_a_patient_one_treats(service, people, talk) -> None:
    own = await service.conversing.list_page(people.patient, ConversationQuery())
    assert [one.id for one in own.items] == [talk.id]
    assert (await service.conversing.list_page(people.doctor, ConversationQuery())).items == []
    query = ConversationQuery(patient_id=people.patient.user_id)
    assert (await service.conversing.list_page(people.doctor, query)).items == own.items
    with pytest.raises(PatientNotFound):
        await service.conversing.list_page(people.stranger, query)
