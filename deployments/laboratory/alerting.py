"""Critical values: told in the transaction that stores them, told again until somebody answers.

ISO 15189:2022, 7.4.1.3: critical results are told at once to somebody who can act, and what was
told, when, to whom and what was read back is kept. CLSI GP47: read-back and escalation.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.laboratory.catalogue_shapes import Snapshot
from deployments.laboratory.events import (
    CriticalValueEscalated,
    CriticalValueReported,
    CriticalValueWithdrawn,
)
from deployments.laboratory.readings import Interpreted, Reading
from deployments.publishing import publish
from storage.columns import new_id
from storage.laboratory import alerts


class Stored(NamedTuple):
    """A value that was just stored.

    Attributes:
        counts: it replaces the one before; a correction does so only once it is released.
    """

    test_id: UUID
    result_id: UUID
    reading: Reading
    meaning: Interpreted
    counts: bool


def watch(
    connection: Connection,
    order: Row[Any],
    stored: Sequence[Stored],
    *,
    actor_id: UUID,
    at: datetime,
    patience: timedelta,
) -> None:
    """Opens an alert for each critical value, and withdraws those of values that are replaced.

    Args:
        connection: in the transaction that stores the values.
        order: whose requester is told.
        stored: the values, critical or not.
        actor_id: who stored them.
        at: when.
        patience: how long the requester has before the next ones are told.
    """
    critical = {_key(one): one for one in stored if one.meaning.critical}
    known = alerts.of_tests(connection, {one.test_id for one in stored}) if stored else []
    replaced = {
        (one.test_id, one.reading.parameter.id): one.reading.parameter.code
        for one in stored
        if one.counts
    }
    for row in known:
        if critical.pop((row.test_id, row.parameter_id, row.value, row.choice), None) is not None:
            continue
        code = replaced.get((row.test_id, row.parameter_id))
        if code is not None:
            _end(connection, row, code, actor_id, at)
    values = [_values(order, one, at, patience) for one in critical.values()]
    for row, one in zip(alerts.add(connection, values), critical.values(), strict=True):
        write_hop(connection, row, "told", actor_id, at, person_id=order.practitioner_id)
        parameter, flag = one.reading.parameter.code, row.flag
        event = CriticalValueReported(**told(row), occurred_at=at, parameter=parameter, flag=flag)
        publish(connection, event)


def withdraw(
    connection: Connection,
    rows: Iterable[Row[Any]],
    snapshot: Snapshot,
    *,
    actor_id: UUID,
    at: datetime,
) -> None:
    """What was critical is not believed any more; whoever was told of it is told so."""
    for row in rows:
        _end(connection, row, snapshot.parameter(row.parameter_id).code, actor_id, at)


def withdraw_wrong(
    connection: Connection,
    test_id: UUID,
    values: Iterable[Row[Any]],
    snapshot: Snapshot,
    *,
    actor_id: UUID,
    at: datetime,
) -> None:
    """A correction is out: alerts of values that it does not have any more are withdrawn."""
    right = {(one.parameter_id, one.value, one.choice) for one in values if one.critical}
    wrong = [
        row
        for row in alerts.of_tests(connection, [test_id])
        if (row.parameter_id, row.value, row.choice) not in right
    ]
    withdraw(connection, wrong, snapshot, actor_id=actor_id, at=at)


def escalate(
    connection: Connection,
    row: Row[Any],
    parameter: str,
    roles: Sequence[str],
    *,
    actor_id: UUID,
    at: datetime,
    patience: timedelta,
) -> None:
    """Tells the next ones of the ladder; its last step is repeated until somebody answers."""
    step = row.step + 1
    role = roles[min(step, len(roles)) - 1]
    alerts.change(connection, [row.id], step=step, next_step_at=at + patience)
    write_hop(connection, row, "told", actor_id, at, step=step, role=role)
    known = told(row)
    event = CriticalValueEscalated(
        **known, occurred_at=at, parameter=parameter, step=step, role=role
    )
    publish(connection, event)


def told(row: Row[Any]) -> dict[str, Any]:
    """What every event about the alert says."""
    return {
        "alert_id": row.id,
        "order_id": row.order_id,
        "patient_id": row.patient_id,
        "practitioner_id": row.practitioner_id,
    }


def _end(
    connection: Connection, row: Row[Any], parameter: str, actor_id: UUID, at: datetime
) -> None:
    alerts.change(connection, [row.id], status="withdrawn", next_step_at=None)
    write_hop(connection, row, "withdrawn", actor_id, at)
    publish(connection, CriticalValueWithdrawn(**told(row), occurred_at=at, parameter=parameter))


def _key(one: Stored) -> tuple[Any, ...]:
    return (one.test_id, one.reading.parameter.id, one.reading.value, one.reading.choice)


def _values(order: Row[Any], one: Stored, at: datetime, patience: timedelta) -> dict[str, Any]:
    return {
        "id": new_id(),
        "result_id": one.result_id,
        "test_id": one.test_id,
        "order_id": order.id,
        "patient_id": order.patient_id,
        "practitioner_id": order.practitioner_id,
        "parameter_id": one.reading.parameter.id,
        "value": one.reading.value,
        "choice": one.reading.choice,
        "unit": one.reading.parameter.unit,
        "flag": one.meaning.flag or "A",
        "status": "open",
        "step": 0,
        "opened_at": at,
        "next_step_at": at + patience,
    }


def write_hop(
    connection: Connection,
    row: Row[Any],
    kind: str,
    actor_id: UUID,
    at: datetime,
    *,
    step: int | None = None,
    person_id: UUID | None = None,
    role: str | None = None,
    note: str | None = None,
) -> None:
    """Writes down what happened to an alert; see `AlertHop`."""
    hop = {
        "alert_id": row.id,
        "kind": kind,
        "step": row.step if step is None else step,
        "person_id": person_id,
        "role": role,
        "note": note,
        "actor_id": actor_id,
        "at": at,
    }
    alerts.add_hops(connection, [hop])
