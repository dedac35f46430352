"""Writing versions of results, their alerts, their moves, and the work that follows."""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.laboratory import alerting
from deployments.laboratory.alerting import Stored
from deployments.laboratory.order_rules import age_days, age_years
from deployments.laboratory.readings import Interpreted, Reading, Whose, meaning
from deployments.laboratory.recording import audit_move, step
from deployments.laboratory.sheet import Readings, Sheet, changes, complete, only_calculated
from deployments.laboratory.states import OUT
from storage.columns import new_id
from storage.laboratory import jobs, results
from storage.laboratory.moves import Mover

URGENT: Final = frozenset({"stat", "asap", "urgent"})


class Source(NamedTuple):
    """Where values come from.

    Attributes:
        kind: `hand`, `file`, `hl7` or `import`.
        id: of the message or file.
        mover: who answers for it.
        at: now.
        patience: how long the requester of a critical value has to answer.
        zone: of the hospital, whose days patients' ages count.
        reason: why something released is corrected.
    """

    kind: Literal["hand", "file", "hl7", "import"]
    id: UUID | None
    mover: Mover
    at: datetime
    patience: timedelta
    zone: tzinfo
    reason: str | None = None


def write_versions(
    connection: Connection, sheet: Sheet, collected_at: datetime | None, source: Source
) -> dict[UUID, UUID]:
    """Writes a new version of each result that says something new.

    A version of a result that is not out replaces the one before. A correction of a released
    result counts once it is released itself; until then the released one does.

    Returns:
        Ids of the versions, by test.
    """
    whose = whose_is(sheet.order, (collected_at or source.at).astimezone(source.zone))
    rows: list[dict[str, Any]] = []
    values: list[dict[str, Any]] = []
    stored: list[Stored] = []
    changed = changes(sheet, whose)
    for test, readings in changed:
        row = _result(sheet, test, readings, source)
        rows.append(row)
        for reading in readings.values():
            found = meaning(reading, whose)
            stored.append(Stored(test.id, row["id"], reading, found, row["current"]))
            values.append(value_row(row, reading, found, whose.collected_at))
    replaced = [sheet.heads[test.id].id for test, _ in changed
                if test.id in sheet.heads and test.status not in OUT]  # fmt: skip
    results.retire(connection, replaced)
    results.add(connection, rows, values)
    for (test, _), row in zip(changed, rows, strict=True):
        _move(connection, test, row, source)
    alerting.watch(
        connection, sheet.order, stored,
        actor_id=source.mover.actor_id, at=source.at, patience=source.patience,
    )  # fmt: skip
    if rows and source.kind != "hand":
        order = sheet.order
        audit_move(connection, source.mover, "result.store", order.id, source.at, order.patient_id)
    ask_for_check(connection, sheet.order, rows, source.at)
    return {row["test_id"]: row["id"] for row in rows}


def ask_for_check(
    connection: Connection, order: Row[Any], rows: list[dict[str, Any]], at: datetime
) -> None:
    """Puts accepted versions into the queue of the automatic check."""
    ready = [row["id"] for row in rows if row["accepted_at"] is not None]
    urgency = jobs.URGENT if order.priority in URGENT else jobs.USUAL
    jobs.enqueue(connection, "verify", ready, at=at, urgency=urgency)


def whose_is(order: Row[Any], taken: datetime) -> Whose:
    """What limits and formulas must know of the patient.

    Args:
        order: knows sex and day of birth.
        taken: in the zone of the hospital, since a day of birth is a day there.
    """
    birth = order.patient_birth_date
    return Whose(order.patient_sex, age_days(birth, taken), age_years(birth, taken), taken)


def _result(sheet: Sheet, test: Row[Any], readings: Readings, source: Source) -> dict[str, Any]:
    sent = sheet.sent.get(test.id)
    latest = sheet.latest.get(test.id)
    person = source.kind == "hand" and not only_calculated(sheet.test_type(test))
    correction = test.status in OUT
    accepted = correction or (not person and complete(sheet, test, readings))
    by = source.mover.actor_id
    return {
        "id": new_id(),
        "test_id": test.id,
        "patient_id": test.patient_id,
        "version": latest.version + 1 if latest else 1,
        "status": "preliminary",
        "current": not correction,
        "source": source.kind,
        "source_id": source.id,
        "instrument": sent.instrument if sent else None,
        "observed_at": (sent.observed_at if sent else None) or source.at,
        "entered_by": by,
        "entered_at": source.at,
        "accepted_by": by if accepted else None,
        "accepted_at": source.at if accepted else None,
        "reason": (source.reason or "corrected by the sender") if correction else None,
        "comment": sent.comment if sent else None,
    }


def value_row(
    result: Mapping[str, Any], reading: Reading, found: Interpreted, taken: datetime
) -> dict[str, Any]:
    """A value of a result, by what was found of it, not released yet."""
    normal = found.limit.normal if found.limit else None
    return {
        "id": new_id(),
        "result_id": result["id"],
        "test_id": result["test_id"],
        "patient_id": result["patient_id"],
        "parameter_id": reading.parameter.id,
        "value": reading.value,
        "comparator": reading.comparator,
        "choice": reading.choice,
        "text": reading.text,
        "unit": reading.parameter.unit,
        "sent_value": reading.sent_value,
        "sent_unit": reading.sent_unit,
        "flag": found.flag,
        "normal_low": normal.low if normal else None,
        "normal_high": normal.high if normal else None,
        "critical": found.critical,
        "observed_at": taken,
        "current": result["current"],
        "released": False,
    }


def _move(
    connection: Connection, test: Row[Any], result: Mapping[str, Any], source: Source
) -> None:
    """The test follows its result; one that is out stays out until the correction is released."""
    if test.status in OUT:
        return
    if result["accepted_at"] is not None:
        name = "accept" if test.status == "in-process" else "again"
    elif test.status != "in-process":
        name = "repeat"
    else:
        return
    step(connection, "test", [test.id], name, source.mover, source.at)
