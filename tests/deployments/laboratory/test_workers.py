"""From an analyzer's message to a released result and its report, through the durable queue."""

import asyncio
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from sqlalchemy import select, text

from deployments.laboratory.catalogue import Catalogue
from deployments.laboratory.control_schemas import (
    Closing,
    ControlLotRequest,
    ControlRunRequest,
    ViolationQuery,
)
from deployments.laboratory.errors import (
    ControlOpen,
    MessageNotFound,
    MoveNotAllowed,
    ReportNotFound,
)
from deployments.laboratory.intake import Intake
from deployments.laboratory.message_schemas import MessageQuery
from deployments.laboratory.order_schemas import Addition, LabOrderRequest
from deployments.laboratory.report_schemas import ReportQuery
from deployments.laboratory.result_schemas import HeldQuery
from deployments.laboratory.verification_schemas import ModeRequest, ReplayRequest
from deployments.laboratory.worker import SOFTWARE, Worker
from deployments.laboratory.worker_handlers import HANDLERS
from storage.audit import audit_log
from storage.laboratory import jobs
from tests.factories.analyzers import cbc, code_of, oru


@pytest.fixture
def make_worker(laboratory_database, service, clock):
    def make(name: str = "one", handlers=HANDLERS) -> Worker:
        return Worker(
            laboratory_database,
            Catalogue(laboratory_database).current,
            handlers,
            name=name,
            settings=service.desk.settings,
            clock=clock,
        )

    return make


@pytest.fixture
def work(make_worker):
    """Works until nothing is left."""

    async def run() -> None:
        worker = make_worker()
        while await worker.work_once():
            pass

    return run


@pytest.fixture
def intake(laboratory_database, clock) -> Intake:
    return Intake(laboratory_database, clock, ZoneInfo("Asia/Ho_Chi_Minh"))


@pytest.fixture
async def live(service, people):
    for code in ("CBC", "K"):
        await service.verification.set_mode(people.manager, code, ModeRequest(mode="live"))


@pytest.fixture
def lay(service, people, accepted):
    async def run(*codes, **receipt):
        request = LabOrderRequest(patient_id=people.patient.user_id, tests=list(codes))
        order = await service.ordering.place(people.doctor, request)
        await accepted(order, **receipt)
        return order

    return run


def tube(order, code: str) -> str:
    test = next(one for one in order.tests if one.code == code)
    return next(one.accession for one in order.specimens if one.id == test.specimen_id)


async def statuses(service, people, order) -> dict[str, str]:
    after = await service.order_reading.get(people.technician, order.id)
    return {test.code: test.status for test in after.tests}


async def test_what_is_normal_goes_out_and_what_is_critical_waits(
    service, people, live, lay, intake, work
) -> None:
    order = await lay("CBC", "K")
    for number, (code, values) in enumerate((("CBC", cbc()), ("K", [("K", "7.1", "mmol/L")]))):
        message = oru(tube(order, code), *values, control_id=f"m{number}")
        assert code_of(await intake.receive(message)) == "AA"
    await work()
    assert await statuses(service, people, order) == {
        "CBC": "released",
        "K": "technically-accepted",
    }
    test = next(one for one in order.tests if one.code == "K")
    result = (await service.result_reading.list_versions(people.technician, test.id)).items[0]
    judged = (await service.verification.list_verdicts(people.technician, result.id)).items[0]
    assert not judged.passed
    assert [one.rule for one in judged.verdicts if one.outcome == "fail"] == ["critical"]
    await service.entering.release(people.technician, result.id)
    assert (await statuses(service, people, order))["K"] == "released"
    rows = await service.desk.database.read(
        lambda c: c.execute(select(audit_log.c.action, audit_log.c.actor_id)).all()
    )
    software = {row.action for row in rows if row.actor_id == SOFTWARE.user_id}
    assert software == {"laboratory.result.store", "laboratory.result.release"}


@pytest.mark.parametrize("hours", [-2, 2])
async def test_what_was_measured_at_an_impossible_time_waits_for_a_person(
    service, people, live, lay, intake, work, clock, hours
) -> None:
    order = await lay("K")
    at = f"{clock() + timedelta(hours=hours):%Y%m%d%H%M%S}+0000"
    await intake.receive(oru(tube(order, "K"), ("K", "4.1", "mmol/L"), at=at))
    await work()
    assert await statuses(service, people, order) == {"K": "technically-accepted"}
    test = order.tests[0]
    result = (await service.result_reading.list_versions(people.technician, test.id)).items[0]
    judged = (await service.verification.list_verdicts(people.technician, result.id)).items[0]
    assert [one.rule for one in judged.verdicts if one.outcome == "fail"] == ["time"]


async def test_shadow_judges_and_touches_nothing(service, people, lay, intake, work) -> None:
    order = await lay("CBC")
    await intake.receive(oru(tube(order, "CBC"), *cbc()))
    await work()
    test = order.tests[0]
    result = (await service.result_reading.list_versions(people.technician, test.id)).items[0]
    judged = (await service.verification.list_verdicts(people.technician, result.id)).items[0]
    assert (judged.mode, judged.passed, judged.released) == ("shadow", True, False)
    assert result.status == "preliminary"


async def test_a_message_that_comes_twice_is_stored_once(
    service, people, lay, intake, work
) -> None:
    order = await lay("K")
    message = oru(tube(order, "K"), ("K", "4.1", "mmol/L"), control_id="same")
    answers = await asyncio.gather(*(intake.receive(message) for _ in range(6)))
    assert {code_of(one) for one in answers} == {"AA"}
    await work()
    await intake.receive(message)
    await work()
    versions = await service.result_reading.list_versions(people.technician, order.tests[0].id)
    assert len(versions.items) == 1
    other = oru(tube(order, "K"), ("K", "5.0", "mmol/L"), control_id="same")
    assert code_of(await intake.receive(other)) == "AE", "a number that was used before"


async def test_a_corrected_message_makes_a_version_for_a_person(
    service, people, live, lay, intake, work
) -> None:
    order = await lay("K")
    number = tube(order, "K")
    await intake.receive(oru(number, ("K", "4.1", "mmol/L"), control_id="a"))
    await work()
    await intake.receive(oru(number, ("K", "4.9", "mmol/L"), control_id="b"))
    await work()
    held = (await service.holding.list_held(people.technician, HeldQuery())).items
    assert [one.reason for one in held] == ["already_released"]
    await intake.receive(oru(number, ("K", "4.9", "mmol/L"), control_id="c", status="C"))
    await work()
    versions = await service.result_reading.list_versions(people.technician, order.tests[0].id)
    newest, first = versions.items
    assert (first.status, first.current, newest.status) == ("final", True, "preliminary")
    out = await service.entering.release(people.technician, newest.id)
    assert out.status == "corrected"


async def test_control_out_holds_the_analyzer_until_somebody_closes_it(
    service, people, live, lay, intake, work, clock
) -> None:
    lot = await service.controls.add_lot(
        people.manager,
        ControlLotRequest(
            parameter="K", instrument="XN-1000", name="Serum control", lot="L1", level=2,
            target="4.0", sd="0.1", expires_on="2027-12-31",
        ),
    )  # fmt: skip
    run = await service.controls.add_run(
        people.technician, ControlRunRequest(control_lot_id=lot.id, value="4.4")
    )
    assert run.broken == ["1-3s"]
    order = await lay("K")
    await intake.receive(oru(tube(order, "K"), ("K", "4.1", "mmol/L")))
    await work()
    assert (await statuses(service, people, order))["K"] == "technically-accepted"
    test = order.tests[0]
    result = (await service.result_reading.list_versions(people.technician, test.id)).items[0]
    with pytest.raises(ControlOpen):
        await service.entering.release(people.technician, result.id)
    open_ = (await service.controls.list_violations(people.technician, ViolationQuery())).items
    await service.controls.close(people.technician, open_[0].id, Closing(action="new calibration"))
    clock.advance(timedelta(seconds=1))
    assert (await service.entering.release(people.technician, result.id)).status == "final"


async def test_a_control_that_goes_out_before_the_check_holds_too(
    service, people, live, lay, intake, make_worker, work, clock
) -> None:
    """The value was stored while all was well; the control goes out before the rules look."""
    lot = await service.controls.add_lot(
        people.manager,
        ControlLotRequest(
            parameter="K", instrument="XN-1000", name="Serum control", lot="L1", level=2,
            target="4.0", sd="0.1", expires_on="2027-12-31",
        ),
    )  # fmt: skip
    order = await lay("K")
    await intake.receive(oru(tube(order, "K"), ("K", "4.1", "mmol/L")))
    assert await make_worker().work_once() == 1, "stored, not yet judged"
    clock.advance(timedelta(seconds=1))
    request = ControlRunRequest(control_lot_id=lot.id, value="4.4")
    assert (await service.controls.add_run(people.technician, request)).broken == ["1-3s"]
    await work()
    assert (await statuses(service, people, order))["K"] == "technically-accepted"


async def test_haemolysed_potassium_is_not_believed_by_itself(
    service, people, live, lay, intake, work
) -> None:
    order = await lay("K", condition=["haemolysed"])
    await intake.receive(oru(tube(order, "K"), ("K", "4.9", "mmol/L")))
    await work()
    assert (await statuses(service, people, order))["K"] == "technically-accepted"


async def test_a_worker_that_lost_its_lease_writes_nothing(
    service, people, lay, intake, make_worker, laboratory_database, clock, red
) -> None:
    """While one worker is slow, another takes its job: the effect is there once."""
    order = await lay("K")
    await intake.receive(oru(tube(order, "K"), ("K", "4.1", "mmol/L")))

    def slow(connection, job, tools):
        HANDLERS["ingest"](connection, job, tools)
        with laboratory_database.engine.begin() as other:
            later = clock() + timedelta(minutes=5)
            taken = jobs.claim(other, "two", limit=1, now=later, lease=timedelta(minutes=1))
            assert [one.id for one in taken] == [job.id]
        if red("fence"):
            connection.execute(text("UPDATE lab_jobs SET fence = :f"), {"f": job.fence})

    assert await make_worker(handlers={**HANDLERS, "ingest": slow}).work_once() == 1
    versions = await service.result_reading.list_versions(people.technician, order.tests[0].id)
    assert versions.items == []
    clock.advance(timedelta(minutes=10))
    await make_worker("three").work_once()
    versions = await service.result_reading.list_versions(people.technician, order.tests[0].id)
    assert len(versions.items) == 1


async def test_poison_is_put_aside_with_its_reason_and_tried_again_once_mended(
    service, people, laboratory_database, lay, intake, make_worker, work, clock
) -> None:
    order = await lay("K")
    measured = f"{clock():%Y%m%d%H%M%S}+0000"
    await intake.receive(oru(tube(order, "K"), ("K", "4.1", "mmol/L"), at=measured))

    def broken(connection, job, tools):
        raise ValueError("the reason")

    worker = make_worker(handlers={**HANDLERS, "ingest": broken})
    for _ in range(jobs.ATTEMPTS):
        await worker.work_once()
        clock.advance(timedelta(hours=1))
    with laboratory_database.engine.connect() as connection:
        row = connection.execute(text("SELECT status, error FROM lab_jobs")).one()
    assert (row.status, row.error) == ("failed", "ValueError: the reason")
    query = MessageQuery(status="waiting")
    [left] = (await service.messages.list_page(people.technician, query)).items
    await service.messages.read_again(people.technician, left.id)
    await work()
    assert (await statuses(service, people, order))["K"] == "technically-accepted"
    with pytest.raises(MoveNotAllowed, match="placed"):
        await service.messages.read_again(people.technician, left.id)
    with pytest.raises(MessageNotFound):
        await service.messages.read_again(people.technician, uuid4())


def words_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


async def test_the_report_grows_and_the_patient_reads_the_final_one(
    service, people, live, lay, intake, work
) -> None:
    order = await lay("CBC", "K")
    await intake.receive(oru(tube(order, "CBC"), *cbc(hgb="90", hct="0.27"), control_id="a"))
    await work()
    patient_id, query = people.patient.user_id, ReportQuery()
    seen = (await service.reports.list_page(people.doctor, patient_id, query)).items
    assert [one.status for one in seen] == ["preliminary"]
    assert (await service.reports.list_page(people.patient, patient_id, query)).items == []
    with pytest.raises(ReportNotFound):
        await service.reports.document(people.patient, seen[0].id, "en")
    await intake.receive(oru(tube(order, "K"), ("K", "4.1", "mmol/L"), control_id="b"))
    await work()
    seen = (await service.reports.list_page(people.patient, patient_id, query)).items
    assert [(one.version, one.status) for one in seen] == [(2, "final")]
    english = words_of(await service.reports.document(people.patient, seen[0].id, "en"))
    assert "FINAL REPORT" in english
    assert "Potassium" in english
    assert "L 90" in english.replace("\r\n", " ") or "90" in english
    vietnamese = words_of(await service.reports.document(people.patient, seen[0].id, "vi"))
    assert "KẾT QUẢ CHÍNH THỨC" in vietnamese
    assert "Người bệnh" in vietnamese
    with pytest.raises(ReportNotFound):
        await service.reports.get(people.stranger, seen[0].id)


async def test_replay_tells_where_rules_and_people_disagree(
    service, people, lay, intake, work, clock
) -> None:
    """One that both release, one that the rules hold and a person releases."""
    since = clock() - timedelta(minutes=1)
    for number, value in enumerate(("4.1", "7.1")):
        order = await lay("K")
        message = oru(tube(order, "K"), ("K", value, "mmol/L"), control_id=f"r{number}")
        await intake.receive(message)
        await work()
        test_id = order.tests[0].id
        result = (await service.result_reading.list_versions(people.technician, test_id)).items[0]
        await service.entering.release(people.technician, result.id)
        clock.advance(timedelta(days=100))
    replay = await service.verification.replay(
        people.technician, ReplayRequest(test="K", since=since, until=clock())
    )
    assert (replay.looked_at, replay.agreed, replay.too_strict) == (2, 1, 1)
    assert replay.agreement == 0.5
    assert replay.disagreements[0].failed == ["critical"]


async def test_replay_takes_a_completed_result_for_no_correction(
    service, people, lay, intake, work, clock
) -> None:
    """A second version that was the first to go out corrected nothing."""
    since = clock() - timedelta(minutes=1)
    order = await lay("CBC")
    await intake.receive(oru(tube(order, "CBC"), *cbc()[:5], control_id="a"))
    await work()
    await intake.receive(oru(tube(order, "CBC"), *cbc()[5:], control_id="b"))
    await work()
    test_id = order.tests[0].id
    result = (await service.result_reading.list_versions(people.technician, test_id)).items[0]
    assert result.version == 2
    await service.entering.release(people.technician, result.id)
    clock.advance(timedelta(minutes=1))
    replay = await service.verification.replay(
        people.technician, ReplayRequest(test="CBC", since=since, until=clock())
    )
    assert (replay.looked_at, replay.disagreements) == (1, [])


async def test_a_correction_reaches_the_patient_though_something_is_pending(
    service, people, live, lay, intake, work
) -> None:
    order = await lay("K")
    await intake.receive(oru(tube(order, "K"), ("K", "4.1", "mmol/L"), control_id="a"))
    await work()
    await service.ordering.add(people.doctor, order.id, Addition(tests=["NA"]))
    message = oru(tube(order, "K"), ("K", "4.9", "mmol/L"), control_id="b", status="C")
    await intake.receive(message)
    await work()
    test_id = order.tests[0].id
    newest = (await service.result_reading.list_versions(people.technician, test_id)).items[0]
    await service.entering.release(people.technician, newest.id)
    await work()
    page = await service.reports.list_page(people.patient, people.patient.user_id, ReportQuery())
    assert [(one.version, one.status, one.replaced) for one in page.items] == [
        (2, "corrected", False),
        (1, "final", True),
    ]
    assert (await service.reports.get(people.patient, page.items[1].id)).replaced
    newest_words = words_of(await service.reports.document(people.patient, page.items[0].id, "en"))
    assert "before: 4.1" in newest_words
    assert "Still pending" in newest_words
    first = words_of(await service.reports.document(people.patient, page.items[1].id, "en"))
    assert "FINAL REPORT" in first


async def test_a_message_stamped_anew_after_a_lost_answer_is_the_same(
    service, people, lay, intake, work
) -> None:
    order = await lay("K")
    first = oru(tube(order, "K"), ("K", "4.1", "mmol/L"))
    again = first.replace(b"|HOSPITAL|||", b"|HOSPITAL|20261124101500||")
    assert again != first
    assert [code_of(await intake.receive(one)) for one in (first, again)] == ["AA", "AA"]
    other = oru(tube(order, "K"), ("K", "4.2", "mmol/L"))
    assert code_of(await intake.receive(other)) == "AE"
    await work()
    versions = await service.result_reading.list_versions(people.technician, order.tests[0].id)
    assert [str(one.values[0].value) for one in versions.items] == ["4.1"]


async def test_a_value_of_another_patient_is_held(service, people, lay, intake, work) -> None:
    """The sender names a patient, and the number of the tube is of somebody else."""
    order = await lay("K")
    raw = oru(tube(order, "K"), ("K", "4.1", "mmol/L"))
    wrong = raw.replace(b"PID|1||ANON", f"PID|1||{people.doctor.user_id}".encode())
    right = raw.replace(b"PID|1||ANON", f"PID|1||{people.patient.user_id}^^^H".encode())
    await intake.receive(wrong)
    await work()
    held = (await service.holding.list_held(people.technician, HeldQuery())).items
    assert [one.reason for one in held] == ["wrong_patient"]
    assert (await statuses(service, people, order))["K"] == "in-process"
    await intake.receive(right.replace(b"ORU_R01|1|", b"ORU_R01|2|"))
    await work()
    assert (await statuses(service, people, order))["K"] == "technically-accepted"


async def test_what_arrives_is_read_before_anything_is_printed(
    lay, intake, laboratory_database, clock
) -> None:
    """A message may hold a critical value: no backlog of reports is before it."""
    order = await lay("K")
    earlier = clock() - timedelta(hours=1)
    await laboratory_database.transact(
        lambda c: jobs.enqueue(c, "report", [order.id], at=earlier), keyed=False
    )
    await intake.receive(oru(tube(order, "K"), ("K", "7.1", "mmol/L")))
    lease = timedelta(seconds=15)
    rows = await laboratory_database.transact(
        lambda c: jobs.claim(c, "one", limit=1, now=clock(), lease=lease), keyed=False
    )
    assert [row.kind for row in rows] == ["ingest"]


async def test_what_is_calculated_waits_for_what_it_is_made_from(
    service, people, lay, intake, work
) -> None:
    """Else a sodium that nobody believes is out as an anion gap."""
    for code in ("NA", "CL", "CO2", "AGAP"):
        await service.verification.set_mode(people.manager, code, ModeRequest(mode="live"))
    order = await lay("NA", "CL", "CO2", "AGAP")
    values = [("NA", "119", "mmol/L"), ("CL", "90", "mmol/L"), ("CO2", "20", "mmol/L")]
    await intake.receive(oru(tube(order, "NA"), *values))
    await work()
    assert await statuses(service, people, order) == {
        "NA": "technically-accepted", "CL": "released", "CO2": "released",
        "AGAP": "technically-accepted",
    }  # fmt: skip
    sodium = next(one for one in order.tests if one.code == "NA")
    found = await service.result_reading.list_versions(people.technician, sodium.id)
    await service.entering.release(people.technician, found.items[0].id)
    await work()
    assert set((await statuses(service, people, order)).values()) == {"released"}


async def test_what_cannot_be_read_is_kept_and_said(intake, laboratory_database) -> None:
    for raw, answer in (
        (b"nonsense", "AR"),
        (oru("1", ("K", "1", "mmol/L")).replace(b"ORU^R01", b"ADT^A01"), "AR"),
        (oru("1"), "AE"),
        (oru("1", ("K", "1", "mmol/L"), status="X"), "AE"),
        (oru("1", ("K", "1", "mmol/L"), charset="KOI8"), "AE"),
    ):
        assert code_of(await intake.receive(raw)) == answer, raw
    rows = await laboratory_database.read(
        lambda c: c.execute(text("SELECT status, reason, raw FROM analyzer_messages")).all()
    )
    assert len(rows) == 5
    assert all(row.status == "refused" and row.reason for row in rows)
