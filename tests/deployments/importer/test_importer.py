"""Order, references, repetition and refusals, with services in memory."""

import gzip
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployments.importer.importer import ORDER
from deployments.importer.report import Outcome
from tests.factories.importer import (
    SYSTEM,
    Import,
    appointment,
    bundle,
    hospital,
    location,
    ndjson,
    patient,
    practitioner,
    role,
    schedule,
)

TAKEN = ("Practitioner", "Patient", "Schedule", "Appointment")


@pytest.fixture
def importing() -> Import:
    return Import()


async def test_any_order_in_one_file(importing: Import, tmp_path: Path) -> None:
    report = await importing.run(ndjson(tmp_path / "a.ndjson", hospital()))

    assert importing.remarks == []
    assert {kind: report.counts[kind, Outcome.CREATED] for kind in TAKEN} == dict.fromkeys(TAKEN, 1)
    visit = importing.calendar.appointments["a1"]
    assert visit.patient_id == importing.people.id_of("p1")
    assert visit.practitioner_id == importing.people.id_of("d1")
    assert visit.location_name == "Khoa Tim mạch"
    assert importing.people.named("d1").department == "Khoa Tim mạch"


async def test_any_order_over_several_files(importing: Import, tmp_path: Path) -> None:
    files = [
        ndjson(tmp_path / f"{number}.ndjson.gz", [resource])
        for number, resource in enumerate(hospital())
    ]
    report = await importing.run(*files, *files)

    assert (report.of(Outcome.REFUSED), report.of(Outcome.CREATED)) == (0, 4)


async def test_a_second_run_changes_nothing(importing: Import, tmp_path: Path) -> None:
    path = ndjson(tmp_path / "a.ndjson", hospital())
    await importing.run(path)
    report = await importing.run(path)

    assert report.of(Outcome.CREATED) == 0
    assert {kind: report.counts[kind, Outcome.UNCHANGED] for kind in TAKEN} == dict.fromkeys(
        TAKEN, 1
    )


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Patient/p1"},
        {"reference": "urn:uuid:p1"},
        {"reference": f"Patient?identifier={SYSTEM}|p1"},
        {"type": "Patient", "identifier": {"system": SYSTEM, "value": "p1"}},
    ],
)
async def test_ways_to_name_a_patient(
    importing: Import, tmp_path: Path, reference: dict[str, Any]
) -> None:
    visit = appointment()
    visit["participant"][0]["actor"] = reference
    path = tmp_path / "a.json"
    path.write_text(bundle([visit, *hospital()[1:]]))
    report = await importing.run(path)

    assert report.of(Outcome.REFUSED) == 0
    assert importing.calendar.appointments["a1"].patient_id == importing.people.id_of("p1")


@pytest.mark.parametrize("style", ["logical", "conditional"])
async def test_people_of_an_earlier_import_are_found_by_identifier(
    importing: Import, tmp_path: Path, style: str
) -> None:
    await importing.run(ndjson(tmp_path / "first.ndjson", hospital()))
    visit = appointment("a2", start="2026-12-02T09:00:00Z", end="2026-12-02T10:00:00Z")
    visit["participant"] = [
        {"actor": {"reference": f"{kind}?identifier={SYSTEM}|{key}"}
         if style == "conditional"
         else {"type": kind, "identifier": {"system": SYSTEM, "value": key}}}
        for kind, key in (("Patient", "p1"), ("Practitioner", "d1"))
    ]  # fmt: skip
    report = await importing.run(ndjson(tmp_path / "second.ndjson", [visit]))

    assert report.counts["Appointment", Outcome.CREATED] == 1


async def test_an_id_that_two_systems_use_is_nobody(importing: Import, tmp_path: Path) -> None:
    other = patient("p1", identifier=[{"system": "https://third.example", "value": "p1"}])
    files = [
        ndjson(tmp_path / "a.ndjson", hospital()),
        ndjson(tmp_path / "b.ndjson", [other]),
    ]
    report = await importing.run(*files)

    assert report.counts["Patient", Outcome.CREATED] == 2
    assert [remark.resource for remark in importing.remarks] == ["Appointment/a1"]


async def test_rooms_belong_to_departments_and_roles_add_up(
    importing: Import, tmp_path: Path
) -> None:
    physical = {"coding": [{"system": "x", "code": "ro"}]}
    room = location(name="Phòng 1", physicalType=physical, partOf={"reference": "Location/l2"})
    resources = [room, location("l2"), practitioner(), role(), role("r2"), schedule()]
    await importing.run(ndjson(tmp_path / "a.ndjson", resources))

    assert importing.people.named("d1").department == "Khoa Tim mạch"
    weekly = importing.calendar.schedules["s1"].weekly
    assert {hours.location_name for hours in weekly} == {"Phòng 1"}
    assert len(weekly) == 4


@pytest.mark.parametrize(
    ("resources", "refused"),
    [
        ([{"resourceType": "Claim", "id": "c1"}], [("Claim/c1", "not yet taken")]),
        ([practitioner()], [("Practitioner/d1", "no PractitionerRole in the files")]),
        ([role()], [("PractitionerRole/r1", "practitioner: not in the files, or not taken")]),
        ([role(practitioner=None)], [("PractitionerRole/r1", "practitioner: names none")]),
        ([schedule()], [("Schedule/s1", "actor: its Practitioner is neither")]),
        ([appointment()], [("Appointment/a1", "participant: its Patient is neither")]),
        ([patient(), appointment(participant=[None, 1, {"actor": 1}])],
         [("Appointment/a1", "participant: its Patient is neither")]),
        ([patient(), appointment()], [("Appointment/a1", "participant: its Practitioner is")]),
        ([practitioner(name=None), role()],
         [("Practitioner/d1", "name: needs"), ("PractitionerRole/r1", "practitioner: not in")]),
        ([*hospital(), appointment("a2")], [("Appointment/a2", "appointments.slot_taken:")]),
    ],
)  # fmt: skip
async def test_refusals_name_the_line_and_the_reason(
    importing: Import, tmp_path: Path, resources: list[dict[str, Any]], refused: list[Any]
) -> None:
    path = ndjson(tmp_path / "a.ndjson", resources)
    report = await importing.run(path)

    assert [(r.resource, r.reason[: len(why)]) for r, (_, why) in
            zip(importing.remarks, refused, strict=True)] == refused  # fmt: skip
    assert report.of(Outcome.REFUSED) == len(refused)
    assert all(remark.where.startswith(f"{path}:") for remark in importing.remarks)


async def test_nothing_good_is_lost_between_what_is_broken(
    importing: Import, tmp_path: Path
) -> None:
    good = [patient(f"p{number}") for number in range(40)]
    bad = ["{", '{"resourceType":"Claim"}', "[]", '{"resourceType":"Patient"}']
    mixed = [line for pair in zip(good, bad * 10, strict=True) for line in pair]
    whole = ndjson(tmp_path / "a.ndjson", mixed)
    cut = ndjson(tmp_path / "b.ndjson.gz", [patient(f"q{number}") for number in range(2000)])
    cut.write_bytes(cut.read_bytes()[:-500])
    report = await importing.run(tmp_path / "absent.json", cut, whole)

    assert len([one for one in importing.people.people if one[1].startswith("p")]) == 40
    assert report.counts["Patient", Outcome.CREATED] > 40 + 1000
    assert report.of(Outcome.REFUSED) == 1 + 1 + 40


async def test_no_value_of_a_resource_reaches_the_remarks(
    importing: Import, tmp_path: Path
) -> None:
    secret = "Huỳnh-Secret"
    broken = patient(
        name=[{"family": secret, "given": [secret * 50]}],
        birthDate=secret,
        telecom=[{"system": "email", "value": secret}, {"system": "phone", "value": secret}],
        address=[{"line": [secret], "country": secret}],
        gender=secret,
    )
    await importing.run(ndjson(tmp_path / "a.ndjson", [broken, {**broken, "id": secret}]))

    assert len(importing.remarks) == 2
    assert all(secret not in str(remark) for remark in importing.remarks)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["mon", "ro", "x", "", "1980-01-01"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["system", "value", "code", "coding", "use", "family", "given", "actor", "reference",
             "identifier", "type", "text", "display", "url", "valueCode", "rank", "daysOfWeek",
             "availableStartTime", "availableEndTime", "start", "end", "name", "language"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip
FIELDS = sorted({key for resource in hospital() for key in resource} | {
    "telecom", "address", "contact", "communication", "extension", "link", "physicalType",
    "partOf", "notAvailable", "cancelationReason", "appointmentType", "gender", "active", "rank",
})  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(kind=st.sampled_from(ORDER), changes=st.dictionaries(st.sampled_from(FIELDS), JSON))
async def test_any_shape_is_taken_or_refused(
    tmp_path: Path, kind: str, changes: dict[str, Any]
) -> None:
    resources = [
        {**resource, **changes, "resourceType": kind}
        if resource["resourceType"] == kind
        else resource
        for resource in hospital()
    ]
    importing = Import()
    report = await importing.run(ndjson(tmp_path / "a.ndjson", resources))

    assert sum(report.counts.values()) == len(resources)


async def test_memory_stays_small_whatever_the_file(importing: Import, tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson.gz"
    line = b'{"resourceType":"Observation","id":"o","x":"' + b"x" * 10_000 + b'"}\n'
    with gzip.open(path, "wb", compresslevel=1) as stream:
        for _ in range(3_000):
            stream.write(line)
    tracemalloc.start()
    try:
        await importing.run(path)
        assert tracemalloc.get_traced_memory()[1] < 5 * 2**20
    finally:
        tracemalloc.stop()
