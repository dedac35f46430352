"""Clinical notes: drafts are their author's, what is signed stays as it was signed."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from deployments.access import Role
from deployments.errors import Forbidden
from deployments.medical_records import note_rules
from deployments.medical_records.entry_schemas import Voiding
from deployments.medical_records.errors import (
    ChangedMeanwhile,
    EncounterRefused,
    EntryVoided,
    NoteStatusRefused,
    NotTheAuthor,
    RecordNotFound,
)
from deployments.medical_records.note_schemas import (
    Draft,
    NoteQuery,
    NoteRequest,
    NoteType,
    Section,
)
from tests.factories import medical_records as factory

SAID = Draft(
    title="Khám ngày 23/11",
    language="vi",
    sections=[Section(title="Diễn biến", text="Bệnh nhân tỉnh, không sốt.")],
)
OTHER = Draft(title="Visit", language="en", sections=[Section(title="Plan", text="Rest.")])


@pytest.fixture
def notes(world):
    return world.service.notes


@pytest.fixture
async def draft(world, notes):
    request = NoteRequest(type=NoteType.PROGRESS, **dict(SAID))
    return await notes.write(world.doctor, world.patient_id, request)


@pytest.fixture
async def signed(world, notes, draft):
    return await notes.sign(world.doctor, world.patient_id, draft.id, 1)


async def test_a_draft_is_its_authors(world, notes, draft):
    assert (draft.status, draft.intact, draft.loinc) == ("preliminary", None, "11506-3")
    where = (world.patient_id, draft.id)
    with pytest.raises(NotTheAuthor):
        await notes.rewrite(world.nurse, *where, OTHER)
    with pytest.raises(NotTheAuthor):
        await notes.sign(world.nurse, *where)
    with pytest.raises(ChangedMeanwhile):
        await notes.rewrite(world.doctor, *where, OTHER, 7)
    changed = await notes.rewrite(world.doctor, *where, OTHER, 1)
    assert (changed.title, changed.version) == ("Visit", 2)
    assert (await notes.get_version(world.nurse, *where, 1)).title == SAID.title


async def test_patients_see_what_is_signed(world, notes, draft):
    where = (world.patient_id, draft.id)
    mine = world.patient
    for attempt in (notes.get, notes.list_history):
        with pytest.raises(RecordNotFound):
            await attempt(mine, *where)
    assert (
        await notes.list_page(mine, world.patient_id, NoteQuery(include_voided=True))
    ).items == []
    assert (await notes.get(world.nurse, *where)).status == "preliminary"
    await notes.sign(world.doctor, *where)
    assert (await notes.get(mine, *where)).status == "final"
    with pytest.raises(RecordNotFound):
        await notes.get_version(mine, *where, 1)
    assert [one.move for one in (await notes.list_history(mine, *where)).versions] == [
        "write",
        "sign",
    ]
    page = await notes.list_page(mine, world.patient_id, NoteQuery(type=[NoteType.PROGRESS]))
    assert [one.id for one in page.items] == [draft.id]


async def test_what_is_signed_stays(world, notes, signed, clock):
    assert (signed.status, signed.signed_by, signed.signed_at) == (
        "final",
        world.doctor.user_id,
        clock(),
    )
    assert signed.intact
    where = (world.patient_id, signed.id)
    for attempt in (
        notes.rewrite(world.doctor, *where, OTHER),
        notes.sign(world.doctor, *where),
    ):
        with pytest.raises(NoteStatusRefused):
            await attempt


async def test_addenda_are_signed_notes_of_their_own(world, notes, signed):
    where = (world.patient_id, signed.id)
    added = await notes.add_to(world.nurse, *where, OTHER)
    assert (added.status, added.parent_id, added.author_id) == (
        "final",
        signed.id,
        world.nurse.user_id,
    )
    assert added.intact
    parent = await notes.get(world.patient, *where)
    assert (parent.status, parent.intact, parent.digest) == ("amended", True, signed.digest)
    await notes.add_to(world.doctor, *where, SAID)
    listed = await notes.list_addenda(world.patient, *where)
    assert [one.title for one in listed.items] == [OTHER.title, SAID.title]
    with pytest.raises(NoteStatusRefused):
        await notes.add_to(world.doctor, world.patient_id, added.id, OTHER)


async def test_drafts_are_not_added_to(world, notes, draft):
    with pytest.raises(NoteStatusRefused):
        await notes.add_to(world.doctor, world.patient_id, draft.id, OTHER)


@pytest.mark.parametrize(
    "change",
    [
        "title = 'Other'",
        """sections = '[{"title": "Plan", "text": "Operate."}]'""",
        "signed_by = gen_random_uuid()",
        "recorder_id = gen_random_uuid()",
        "signed_at = signed_at + interval '1 microsecond'",
        "digest = repeat('0', 64)",
    ],
)
async def test_tampering_shows(world, notes, signed, rows, change):
    rows(f"UPDATE notes SET {change} RETURNING id")
    assert (await notes.get(world.doctor, world.patient_id, signed.id)).intact is False


async def test_voided_by_its_author_or_a_doctor(world, notes, signed, draft):
    where, why = (world.patient_id, signed.id), Voiding(reason="wrong patient")
    with pytest.raises(NotTheAuthor):
        await notes.void(world.nurse, *where, why)
    voided = await notes.void(world.doctor, *where, why)
    assert (voided.status, voided.intact) == ("entered-in-error", True)
    assert voided.voided.reason == "wrong patient"
    with pytest.raises(EntryVoided):
        await notes.add_to(world.doctor, *where, OTHER)
    assert (await notes.get(world.patient, *where)).status == "entered-in-error"


async def test_a_doctor_gives_up_the_draft_of_who_is_gone(world, notes):
    request = NoteRequest(type=NoteType.CONSULT, **dict(SAID))
    draft = await notes.write(world.nurse, world.patient_id, request)
    voided = await notes.void(world.doctor, world.patient_id, draft.id, Voiding(reason="left"))
    assert voided.status == "entered-in-error"
    with pytest.raises(RecordNotFound):
        await notes.get(world.patient, world.patient_id, draft.id)


async def test_others_write_and_read_nothing(world, notes, signed):
    request = NoteRequest(type=NoteType.PROGRESS, **dict(SAID))
    for who in (world.stranger, world.users.add_staff(Role.NURSE)):
        with pytest.raises(RecordNotFound):
            await notes.write(who, world.patient_id, request)
        with pytest.raises(RecordNotFound):
            await notes.get(who, world.patient_id, signed.id)
    with pytest.raises(RecordNotFound):
        await notes.get(world.other_patient, world.patient_id, signed.id)
    for who in (world.patient, factory.principal(Role.PHARMACIST)):
        with pytest.raises(Forbidden):
            await notes.write(who, world.patient_id, request)
    lost = NoteRequest(type=NoteType.PROGRESS, encounter_id=uuid4(), **dict(SAID))
    with pytest.raises(EncounterRefused):
        await notes.write(world.doctor, world.patient_id, lost)


async def test_as_it_was_at_a_moment(world, notes, draft, clock):
    written = clock()
    clock.advance(timedelta(hours=1))
    await notes.rewrite(world.doctor, world.patient_id, draft.id, OTHER)
    assert (await notes.get(world.doctor, world.patient_id, draft.id, written)).title == SAID.title
    with pytest.raises(RecordNotFound):
        await notes.get(world.doctor, world.patient_id, draft.id, written - timedelta(hours=1))


def test_the_digest_is_of_the_content_not_of_its_form():
    ids = {name: uuid4() for name in ("id", "patient_id", "recorder_id", "signed_by")}
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    note = {
        **ids,
        "encounter_id": None,
        "parent_id": None,
        "type": "progress",
        "title": "a",
        "language": "en",
        "sections": [{"title": "x", "text": "y"}],
        "signed_at": at,
        "status": "final",
    }
    digest = note_rules.digest_of(note)
    reordered = [{"text": "y", "title": "x"}]
    assert note_rules.digest_of({**note, "sections": reordered, "status": "amended"}) == digest
    for change in ({"title": "b"}, {"signed_at": at + timedelta(seconds=1)}, {"sections": []}):
        assert note_rules.digest_of({**note, **change}) != digest


async def test_there_is_nothing_to_add_to_a_note_that_is_not_there(world):
    with pytest.raises(RecordNotFound):
        await world.service.notes.list_addenda(world.doctor, world.patient_id, uuid4())
