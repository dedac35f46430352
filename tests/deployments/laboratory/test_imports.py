"""History of another system in the laboratory."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from deployments.access import Principal
from deployments.errors import Forbidden
from deployments.laboratory.errors import ResultNotFound
from deployments.laboratory.import_schemas import (
    UNKNOWN_CODE,
    ImportedOrder,
    ImportedReport,
    ImportedSpecimen,
    ImportedValue,
    ImportReceipt,
)
from deployments.laboratory.order_schemas import LabOrderRequest, WorklistQuery
from deployments.laboratory.report_schemas import ReportQuery
from deployments.laboratory.result_schemas import Entries, Entry, SeriesQuery
from deployments.laboratory.service import LaboratoryService
from storage.audit import audit_log
from storage.laboratory.tables import (
    ALERTS,
    IMPORTS,
    JOBS,
    MOVES,
    ORDERS,
    REPORTS,
    RESULTS,
    SPECIMENS,
    TESTS,
    VALUES,
)

IMPORTER = Principal.for_service("importer")
DAY = datetime(2026, 5, 4, 1, 0, tzinfo=UTC)
HISTORY = (ORDERS, TESTS, SPECIMENS, RESULTS, VALUES, REPORTS, MOVES, IMPORTS)


def named(value: str) -> dict[str, str]:
    return {"system": "urn:test", "value": value}


class Source:
    """Another system: what it says, of one patient."""

    def __init__(self, service: LaboratoryService, people: Any) -> None:
        self.service, self.people = service, people
        self.order_id: UUID = uuid4()

    async def order(self, key: str = "o1", **fields: Any) -> ImportReceipt:
        said = {
            "identifier": named(key), "requisition": named(key),
            "patient_id": self.people.patient.user_id,
            "practitioner_id": self.people.doctor.user_id,
            "status": "completed", "codes": ["24362-6"], "ordered_at": DAY,
            "patient_sex": "female", "patient_birth_date": "1980-01-01", **fields,
        }  # fmt: skip
        taken = await self.service.imports.import_orders(IMPORTER, [ImportedOrder(**said)])
        receipt = taken.receipts[0]
        self.order_id = receipt.id or self.order_id
        return receipt

    async def specimen(self, key: str = "s1", **fields: Any) -> ImportReceipt:
        said = {
            "identifier": named(key), "patient_id": self.people.patient.user_id,
            "order_id": self.order_id, "type": "serum", "status": "disposed",
            "collected_at": DAY, **fields,
        }  # fmt: skip
        taken = await self.service.imports.import_specimens(IMPORTER, [ImportedSpecimen(**said)])
        return taken.receipts[0]

    def value(self, code: str, value: str, unit: str | None, **fields: Any) -> ImportedValue:
        return ImportedValue(
            **{
                "identifier": named(f"v-{code}"), "patient_id": self.people.patient.user_id,
                "order_id": self.order_id, "codes": [code], "status": "final", "value": value,
                "unit": unit, "observed_at": DAY, "issued_at": DAY + timedelta(hours=3),
                **fields,
            }
        )  # fmt: skip

    async def values(self, *values: ImportedValue) -> list[ImportReceipt]:
        return (await self.service.imports.import_values(IMPORTER, values)).receipts

    async def report(self, key: str = "r1", **fields: Any) -> ImportReceipt:
        said = {
            "identifier": named(key), "patient_id": self.people.patient.user_id,
            "order_id": self.order_id, "status": "final",
            "issued_at": DAY + timedelta(hours=4), **fields,
        }  # fmt: skip
        taken = await self.service.imports.import_reports(IMPORTER, [ImportedReport(**said)])
        return taken.receipts[0]

    async def series(self, reader: Principal, *codes: str) -> list[Any]:
        patient_id = self.people.patient.user_id
        query = SeriesQuery(parameter=list(codes))
        return (await self.service.result_reading.series(reader, patient_id, query)).items


@pytest.fixture
def source(service, people) -> Source:
    return Source(service, people)


@pytest.fixture
def counted(laboratory_database):
    """How many rows each table has."""

    async def count(*tables) -> dict[str, int]:
        return {
            table.name: await laboratory_database.read(
                lambda c, table=table: c.execute(
                    select(func.count()).select_from(table)
                ).scalar_one()
            )
            for table in tables
        }

    return count


async def test_history_stands_in_series_and_reports_and_wakes_nobody(
    source, people, counted, outbox_names
) -> None:
    order = await source.order()
    tube = await source.specimen()
    taken = await source.values(
        source.value("2823-3", "7.4", "mmol/L", specimen_id=tube.id),
        source.value("14682-9", "1.2", "mg/dL", specimen_id=tube.id, performer_id=uuid4()),
        source.value("98979-8", "58", "mL/min/{1.73_m2}", specimen_id=tube.id),
    )
    report = await source.report()
    assert [one.outcome for one in (order, tube, *taken, report)] == ["created"] * 6

    for reader in (people.doctor, people.patient):
        found = {one.parameter: one for one in await source.series(reader, "K", "CREA", "EGFR")}
        assert (found["K"].value, found["K"].flag) == (Decimal("7.4"), "HH")
        assert (found["CREA"].value, found["CREA"].unit) == (Decimal(106), "umol/L")
        assert (found["EGFR"].value, found["EGFR"].sent_value) == (Decimal(58), "58")
        assert found["K"].observed_at == DAY
    page = await source.service.reports.list_page(
        people.patient, people.patient.user_id, ReportQuery()
    )
    assert [(one.id, one.status) for one in page.items] == [(report.id, "final")]
    shown = {test.code: test for test in page.items[0].content.tests}
    assert shown.keys() == {"K", "CREA"}
    assert len(shown["K"].accession) == len("260504000018")

    assert await counted(ALERTS, JOBS) == {"critical_alerts": 0, "lab_jobs": 0}
    assert await outbox_names() == {"laboratory.order_imported.v1"}


async def test_the_document_of_a_report_is_made_once_when_it_is_asked_for(source, people) -> None:
    await source.order()
    await source.values(source.value("2823-3", "4.4", "mmol/L"))
    report = await source.report()
    first = await source.service.reports.document(people.patient, report.id, "vi")
    assert first.startswith(b"%PDF")
    assert await source.service.reports.document(people.doctor, report.id, "vi") == first


async def test_what_was_reported_beside_a_value_is_kept(source, people) -> None:
    await source.order()
    await source.values(
        source.value("2823-3", "5.2", "mmol/L", normal_low="3.4", normal_high="5.5"),
        source.value("14682-9", "1.4", "mg/dL", flag="H", normal_low="0.6", normal_high="1.1"),
        source.value("2951-2", "133", "mmol/L", flag="N"),
    )
    found = {one.parameter: one for one in await source.series(people.doctor, "K", "CREA", "NA")}
    assert (found["K"].flag, found["K"].normal_high) == ("N", Decimal("5.5"))
    assert (found["CREA"].flag, found["CREA"].normal_high) == ("H", Decimal(97))
    assert (found["NA"].flag, found["NA"].normal_low) == ("N", None)


@pytest.mark.parametrize(
    ("code", "value", "unit", "reason"),
    [
        ("1-8", "4", "mmol/L", UNKNOWN_CODE),
        ("2823-3", "4.1", "mg/dL", "value: wrong_unit, K is in mmol/L"),
        ("2823-3", "4.1", None, "value: wrong_unit, K is in mmol/L"),
        ("2823-3", "much", "mmol/L", "value: not_a_number"),
        ("2823-3", "410", "mmol/L", "value: implausible"),
        ("5196-1", "perhaps", None, "value: unknown_choice"),
    ],
)
async def test_values_that_cannot_be_right_are_refused_and_the_rest_is_taken(
    source, people, code, value, unit, reason
) -> None:
    await source.order()
    wrong = source.value(code, value, unit)
    right = source.value("2951-2", "140", "mmol/L")
    refused, taken = await source.values(wrong, right)
    assert (refused.outcome, refused.reason, refused.id) == ("refused", reason, None)
    assert taken.outcome == "created"
    assert [one.value for one in await source.series(people.doctor, "NA")] == [Decimal(140)]


async def test_an_order_or_specimen_of_another_patient_is_refused(source, people) -> None:
    await source.order()
    other = {"patient_id": uuid4()}
    (value,) = await source.values(source.value("2823-3", "4.1", "mmol/L", **other))
    tube, report = await source.specimen(**other), await source.report(**other)
    assert all("another patient" in (one.reason or "") for one in (value, tube, report))
    again = await source.order(**other)
    assert again.reason == "identifier: of another patient's resource"
    sibling = await source.order("o2", requisition=named("o1"), **other)
    assert sibling.reason == "requisition: of another patient's order"
    await source.order("o3")
    (lost,) = await source.values(source.value("2823-3", "4.1", "mmol/L", specimen_id=uuid4()))
    assert lost.reason == "specimen: of another order"


async def test_a_report_of_nothing_is_refused(source) -> None:
    await source.order()
    refused = await source.report()
    assert refused.reason == "result: none that is final was taken"


async def test_only_the_importer_imports(source, people) -> None:
    for someone in (people.doctor, people.technician, people.manager, people.patient):
        with pytest.raises(Forbidden):
            await source.service.imports.import_orders(someone, [])
        with pytest.raises(Forbidden):
            await source.service.imports.find(someone, "Specimen", "a", "b")


async def test_an_open_order_waits_at_the_bench_until_its_results_come(
    source, people, service
) -> None:
    await source.order(status="active", codes=["NONE", "24362-6"])
    order = await service.order_reading.get(people.doctor, source.order_id)
    assert (order.status, {one.status for one in order.tests}) == ("active", {"not-started"})
    assert [one.status for one in order.specimens] == ["requested"]
    tube = await source.specimen(status="accepted", received_at=DAY)
    assert tube.id == order.specimens[0].id
    work = await service.order_reading.worklist(people.technician, WorklistQuery())
    assert {one.status for one in work.items} == {"in-process"}

    await source.values(source.value("2823-3", "4.1", "mmol/L", status="preliminary"))
    assert await source.series(people.doctor, "K") == []
    await source.values(source.value("2823-3", "4.1", "mmol/L"))
    assert [one.value for one in await source.series(people.patient, "K")] == [Decimal("4.1")]
    rest = {"NA": "140", "CL": "101", "CO2": "25", "AGAP": "14", "UREA": "5", "CREA": "80",
            "UA": "300"}  # fmt: skip
    units = {"CREA": "umol/L", "UA": "umol/L"}
    await source.values(
        *(source.value(code, value, units.get(code, "mmol/L")) for code, value in rest.items())
    )
    done = await service.order_reading.get(people.doctor, source.order_id)
    assert (done.status, {one.status for one in done.tests}) == ("completed", {"released"})


async def test_an_open_order_that_nobody_can_read_is_refused(source) -> None:
    refused = await source.order(status="active", codes=["1-8"])
    assert refused.reason == "code: nothing that the laboratory offers, and the order is still open"
    assert (await source.order("o2", codes=["1-8"])).outcome == "created"


async def test_requests_of_one_requisition_are_one_order(source, people, service) -> None:
    first = await source.order("o1", requisition=named("q"), status="active", codes=["K"])
    second = await source.order("o2", requisition=named("q"), status="active", codes=["CBC"])
    assert first.id == second.id
    order = await service.order_reading.get(people.doctor, source.order_id)
    assert {one.code for one in order.tests} == {"K", "CBC"}


async def test_an_order_that_is_taken_back_leaves_the_bench(source, people, service) -> None:
    await source.order(status="active", codes=["K"])
    assert (await source.order(status="revoked", codes=["K"])).outcome == "updated"
    order = await service.order_reading.get(people.doctor, source.order_id)
    assert (order.status, order.tests[0].status) == ("revoked", "cancelled")
    assert order.specimens[0].status == "cancelled"


async def test_a_value_that_the_source_corrects_makes_a_new_version(
    source, people, service
) -> None:
    await source.order()
    await source.values(
        source.value("6690-2", "7.1", "10*9/L"), source.value("718-7", "131", "g/L")
    )
    (corrected,) = await source.values(source.value("718-7", "113", "g/L", status="corrected"))
    assert corrected.outcome == "updated"
    versions = await service.result_reading.list_versions(people.doctor, corrected.id)
    assert [(one.version, one.status, one.current) for one in versions.items] == [
        (2, "corrected", True), (1, "final", False),
    ]  # fmt: skip
    assert {one.parameter: one.value for one in versions.items[0].values} == {
        "WBC": Decimal("7.10"), "HGB": Decimal(113),
    }  # fmt: skip
    assert [one.value for one in await source.series(people.doctor, "HGB")] == [Decimal(113)]


async def test_values_that_come_apart_are_one_result(source, people, service) -> None:
    await source.order()
    (first,) = await source.values(source.value("6690-2", "7.1", "10*9/L"))
    (second,) = await source.values(source.value("718-7", "131", "g/L"))
    assert first.id == second.id
    versions = await service.result_reading.list_versions(people.doctor, first.id)
    assert [len(one.values) for one in versions.items] == [2]


async def test_two_measurements_of_one_order_are_two_tests(source, people) -> None:
    await source.order()
    for hours in (0, 6):
        at = DAY + timedelta(hours=hours)
        await source.values(
            source.value("2823-3", f"{5 + hours / 10}", "mmol/L", observed_at=at,
                         identifier=named(f"k-{hours}"))
        )  # fmt: skip
    found = await source.series(people.doctor, "K")
    assert [one.value for one in found] == [Decimal("5.6"), Decimal("5.0")]


async def test_a_sensitive_result_waits_for_its_delay_too(source, people, clock) -> None:
    await source.order()
    now = clock()
    (hiv,) = await source.values(
        source.value("56888-1", "Non-reactive", None, observed_at=now, issued_at=now)
    )
    assert [one.choice for one in await source.series(people.doctor, "HIV")] == ["neg"]
    assert await source.series(people.patient, "HIV") == []
    clock.advance(timedelta(hours=121))
    assert [one.test_id for one in await source.series(people.patient, "HIV")] == [hiv.id]


async def test_what_was_measured_here_is_not_touched(source, people, service, accepted) -> None:
    placed = await service.ordering.place(
        people.doctor, LabOrderRequest(patient_id=people.patient.user_id, tests=["K"])
    )
    await accepted(placed)
    source.order_id = placed.id
    entries = Entries(values=[Entry(parameter="K", value="4.0", unit="mmol/L")])
    await service.entering.enter(people.technician, placed.tests[0].id, entries)
    (refused,) = await source.values(
        source.value("2823-3", "6.0", "mmol/L", specimen_id=placed.specimens[0].id)
    )
    assert refused.reason == "result: the laboratory has measured it itself"


async def test_a_preliminary_value_is_seen_by_the_laboratory_only(source, people, service) -> None:
    await source.order(status="active", codes=["K"])
    (value,) = await source.values(source.value("K", "4.0", "mmol/L", status="preliminary"))
    found = (await service.result_reading.list_versions(people.technician, value.id)).items
    assert found[0].status == "preliminary"
    with pytest.raises(ResultNotFound):
        await service.result_reading.get(people.patient, found[0].id)


async def test_everything_that_was_written_has_an_audit_row(
    source, people, laboratory_database
) -> None:
    await source.order()
    await source.values(source.value("2823-3", "4.4", "mmol/L"))
    await source.report()
    await source.report()
    query = select(audit_log.c.object_type, audit_log.c.patient_id, audit_log.c.actor_id).where(
        audit_log.c.action == "laboratory.import"
    )
    rows = await laboratory_database.read(lambda c: c.execute(query).all())
    assert sorted(row.object_type for row in rows) == [
        "DiagnosticReport", "Observation", "ServiceRequest",
    ]  # fmt: skip
    assert {row.patient_id for row in rows} == {people.patient.user_id}
    assert {row.actor_id for row in rows} == {IMPORTER.user_id}


NUMBERS = st.decimals("3.0", "6.5", places=1)
COURSES = st.lists(
    st.tuples(st.integers(0, 300), NUMBERS, st.sampled_from(["preliminary", "final"])),
    min_size=1, max_size=5, unique_by=lambda one: one[0],
)  # fmt: skip


@settings(
    max_examples=15, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(course=COURSES)
async def test_importing_twice_changes_nothing(
    source, counted, laboratory_database, course
) -> None:
    async def load() -> set[str]:
        outcomes = []
        for at, (days, value, status) in enumerate(course):
            when = DAY - timedelta(days=days)
            key = f"{days}"
            outcomes.append(await source.order(key, ordered_at=when))
            tube = await source.specimen(f"s{key}", collected_at=when)
            said = {"specimen_id": tube.id, "observed_at": when, "issued_at": when}
            outcomes += [tube, *await source.values(
                source.value("K", f"{value}", "mmol/L", status=status,
                             identifier=named(f"k{at}"), **said),
                source.value("NA", "140", "mmol/L", identifier=named(f"n{at}"), **said),
            )]  # fmt: skip
            outcomes.append(await source.report(f"r{key}", issued_at=when))
        return {one.outcome for one in outcomes}

    assert await load() == {"created"}
    before = await counted(*HISTORY)
    assert await load() == {"unchanged"}
    assert await counted(*HISTORY) == before
    assert before["lab_tests"] == 2 * len(course)
    with laboratory_database.engine.begin() as connection:
        names = ", ".join(table.name for table in HISTORY)
        connection.execute(text(f"TRUNCATE {names} CASCADE"))
