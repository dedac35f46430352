"""Job `report`: a new version of an order's report, when it says something new."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, get_args
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.laboratory import result_mapping
from deployments.laboratory.adding import told
from deployments.laboratory.catalogue_shapes import Snapshot
from deployments.laboratory.events import ReportIssued
from deployments.laboratory.report_pdf import Issue, render
from deployments.laboratory.report_schemas import (
    PendingTest,
    ReportContent,
    ReportPoint,
    ReportStatus,
    ReportTest,
    ReportValue,
)
from deployments.laboratory.settings import LaboratorySettings
from deployments.laboratory.states import OPEN_TEST, OUT
from deployments.laboratory.worker_shapes import Job, Tools
from deployments.publishing import publish
from deployments.schemas import Locale
from storage.columns import new_id
from storage.laboratory import orders, reports, results

LOCALES: Final[Sequence[Locale]] = get_args(Locale)
TREND: Final = 6
"""Earlier values beside each number."""


def run(connection: Connection, job: Job, tools: Tools) -> None:
    """Issues a new version, with its PDF in both languages; nothing when nothing changed."""
    order = orders.lock(connection, job.object_id)
    assert order is not None  # noqa: S101  # the job was put into the queue with it
    tests = orders.tests_of(connection, order.id)
    if not any(test.status in OUT for test in tests):
        return
    status = status_of(tests, was_final=reports.was_final(connection, order.id))
    values = next_version(connection, order, tests, tools.snapshot, status=status, at=tools.at)
    if values is None:
        return
    pdfs: dict[str, bytes] = {
        locale: print_version(values, tools.settings, locale) for locale in LOCALES
    }
    reports.add(connection, values, pdfs)
    event = ReportIssued(
        **told(order), occurred_at=tools.at, report_id=values["id"],
        status=status, visible_at=values["visible_at"],
    )  # fmt: skip
    publish(connection, event)


def next_version(
    connection: Connection,
    order: Row[Any],
    tests: Sequence[Row[Any]],
    snapshot: Snapshot,
    *,
    status: ReportStatus,
    at: datetime,
) -> dict[str, Any] | None:
    """What the next version of an order's report says; None when it says nothing new."""
    content = gather(connection, order, tests, snapshot)
    digest = hashlib.sha256(f"{status} {content.model_dump_json()}".encode()).digest()
    before = reports.newest(connection, order.id)
    if before is not None and bytes(before.digest) == digest:
        return None
    visible = [test.visible_at for test in tests if test.status in OUT]
    return {
        "id": new_id(),
        "order_id": order.id,
        "patient_id": order.patient_id,
        "version": before.version + 1 if before else 1,
        "status": status,
        "content": content.model_dump(mode="json"),
        "digest": digest,
        "issued_at": at,
        "visible_at": None if status == "preliminary" else max(visible),
    }


def print_version(report: Mapping[str, Any], settings: LaboratorySettings, locale: Locale) -> bytes:
    """The PDF of a version."""
    issue = Issue(
        report["id"], report["version"], report["status"], report["issued_at"],
        settings.time_zone, settings.hospital,
    )  # fmt: skip
    return render(ReportContent.model_validate(report["content"]), issue, locale)


def status_of(tests: Sequence[Row[Any]], *, was_final: bool) -> ReportStatus:
    """FHIR diagnostic-report-status: corrected before amended before final.

    What was final is never preliminary again: the patient would go on reading the old version,
    though a value in it was corrected.
    """
    if not was_final and any(test.status in OPEN_TEST for test in tests):
        return "preliminary"
    if any(test.status == "corrected" for test in tests):
        return "corrected"
    return "amended" if was_final else "final"


def gather(
    connection: Connection, order: Row[Any], tests: Sequence[Row[Any]], snapshot: Snapshot
) -> ReportContent:
    """Everything that is out, with earlier values, and what is still pending."""
    out = [test for test in tests if test.status in OUT]
    tubes = {row.id: row for row in orders.specimens_of(connection, order.id)}
    released = results.released(connection, [test.id for test in out])
    versions = [one.id for of_test in released.values() for one in of_test]
    values = results.values_of(connection, versions)
    shown = [Shown(test, tubes[test.specimen_id], released[test.id], values) for test in out]
    earlier = _earlier(connection, order.patient_id, shown)
    written = [_test(one, earlier[one.taken], snapshot) for one in shown]
    pending = [snapshot.tests[one.test_type_id] for one in tests if one.status in OPEN_TEST]
    return ReportContent(
        order_id=order.id,
        patient_id=order.patient_id,
        patient_sex=order.patient_sex,
        patient_birth_date=order.patient_birth_date,
        practitioner_id=order.practitioner_id,
        ordered_at=order.ordered_at,
        reason=order.reason,
        tests=sorted(written, key=lambda one: (one.department, one.code)),
        pending=[PendingTest(name_en=one.name_en, name_vi=one.name_vi) for one in pending],
    )


class Shown(NamedTuple):
    """A test that is out.

    Attributes:
        versions: of its result, released, newest first.
        values: by version.
    """

    row: Row[Any]
    specimen: Row[Any]
    versions: Sequence[Row[Any]]
    values: Mapping[UUID, Sequence[Row[Any]]]

    @property
    def taken(self) -> datetime:
        """The time that its values are compared by."""
        at: datetime = self.specimen.collected_at or self.versions[0].observed_at
        return at

    @property
    def numbers(self) -> list[UUID]:
        """Parameters with a number."""
        return [one.parameter_id for one in self.values[self.versions[0].id]
                if one.value is not None]  # fmt: skip


def _earlier(
    connection: Connection, patient_id: UUID, shown: Sequence[Shown]
) -> Mapping[datetime, Sequence[Row[Any]]]:
    """Values before each time at which something was taken; read once for each of them."""
    wanted: dict[datetime, list[UUID]] = {}
    for one in shown:
        wanted.setdefault(one.taken, []).extend(one.numbers)
    return {
        taken: results.series(connection, patient_id, ids, limit=TREND, before=taken)
        for taken, ids in wanted.items()
    }


def _test(one: Shown, series: Sequence[Row[Any]], snapshot: Snapshot) -> ReportTest:
    result, older = one.versions[0], one.versions[1:]
    specimen, kind = one.specimen, snapshot.tests[one.row.test_type_id]
    replaced = {row.parameter_id: row for row in one.values[older[0].id]} if older else {}
    ordered = sorted(
        one.values[result.id], key=lambda row: snapshot.parameter(row.parameter_id).position
    )
    return ReportTest(
        code=kind.code, name_en=kind.name_en, name_vi=kind.name_vi, department=kind.department,
        accession=specimen.accession, collected_at=specimen.collected_at,
        received_at=specimen.received_at, condition=specimen.condition,
        released_at=result.released_at, verified_how=result.verified_how,
        corrected=result.reason if older else None, comment=result.comment,
        values=[_value(row, replaced, series, snapshot) for row in ordered],
    )  # fmt: skip


def _value(
    row: Row[Any],
    replaced: Mapping[UUID, Row[Any]],
    series: Sequence[Row[Any]],
    snapshot: Snapshot,
) -> ReportValue:
    fields = result_mapping.value(row, snapshot)
    old = replaced.get(row.parameter_id)
    earlier = [
        one for one in series if one.parameter_id == row.parameter_id and one.value is not None
    ]
    made = {"replaced", "earlier"}
    return ReportValue(
        **{name: fields[name] for name in ReportValue.model_fields if name not in made},
        replaced=_words(old) if old is not None and _words(old) != _words(row) else None,
        earlier=[
            ReportPoint(observed_at=one.observed_at, value=one.value) for one in reversed(earlier)
        ],
    )


def _words(row: Row[Any]) -> str:
    if row.value is None:
        return str(row.choice or row.text or "")
    return f"{row.comparator or ''}{row.value}"
