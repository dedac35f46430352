"""Gathers what the rules look at, keeps their verdicts, and releases what passes all of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from deployments.laboratory.adding import Hand
from deployments.laboratory.catalogue_shapes import Snapshot
from deployments.laboratory.readings import is_complete, needs_of
from deployments.laboratory.releasing import release
from deployments.laboratory.sheet import numbers, readings_of
from deployments.laboratory.verification_rules import (
    Earlier,
    Facts,
    Value,
    Verdict,
    assess,
    passes,
)
from deployments.laboratory.worker_shapes import Job, Tools
from storage.columns import new_id
from storage.laboratory import controls, orders, results, verification


def run(connection: Connection, job: Job, tools: Tools) -> None:
    """Job `verify`: judges a version of a result; releases it in live mode when all rules pass.

    A version that was replaced, released or repeated meanwhile is left alone.
    """
    result = results.find(connection, job.object_id)
    assert result is not None  # noqa: S101  # the job was put into the queue with it
    test = orders.find_test(connection, result.test_id)
    assert test is not None  # noqa: S101  # a foreign key
    orders.lock(connection, test.order_id)
    newest = results.versions(connection, result.test_id)[0]
    if newest.id != result.id or newest.status != "preliminary" or newest.accepted_at is None:
        return
    mode = verification.mode_of(connection, test.test_type_id)
    mode = mode or tools.settings.default_verification_mode
    if mode == "off":
        return
    facts = gather(connection, newest, test, tools.snapshot, now=tools.at)
    verdicts = assess(facts)
    released = mode == "live" and passes(verdicts)
    keep(connection, newest.id, mode, verdicts, released=released, at=tools.at)
    if released:
        hand = Hand(tools.mover, tools.at, ZoneInfo(tools.settings.time_zone))
        release(connection, tools.snapshot, newest, hand, how="auto")


def gather(
    connection: Connection,
    result: Row[Any],
    test: Row[Any],
    snapshot: Snapshot,
    *,
    now: datetime | None = None,
) -> Facts:
    """What the rules look at, as it was when the result came.

    Args:
        connection: open.
        result: the version that is judged.
        test: of the result.
        snapshot: the catalogue.
        now: a control that is out at this moment holds too, since the analyzer may have been
            wrong before it was found; None for history.
    """
    specimen = orders.find_specimen(connection, test.specimen_id)
    assert specimen is not None  # noqa: S101  # a foreign key
    rows = results.values_of(connection, [result.id])[result.id]
    found = list(readings_of(rows, snapshot))
    readings = {one.parameter.code: one for one in found}
    ids = [row.parameter_id for row in rows]
    kind = snapshot.tests[test.test_type_id]
    taken = specimen.collected_at or result.observed_at
    earlier = results.previous(connection, test.patient_id, ids, taken, without_test=test.id)
    of_order = results.values_of_order(connection, test.order_id)
    whole = readings_of(of_order, snapshot)
    around = numbers([{one.parameter.code: one for one in whole}, readings])
    return Facts(
        values=[
            Value(one, row.flag, row.critical, _earlier(earlier.get(row.parameter_id)))
            for row, one in zip(rows, found, strict=True)
        ],
        around=around,
        complete=is_complete(kind, readings, around),
        correction=_corrects(connection, result),
        held=_held(connection, result, ids, snapshot, now or result.entered_at),
        condition=specimen.condition,
        stable_until=specimen.stable_until,
        observed_at=result.observed_at,
        collected_at=taken,
        entered_at=result.entered_at,
        waiting_parts=(needs_of(kind) - readings.keys()) & _waiting(of_order, snapshot),
    )


def _waiting(rows: Sequence[Row[Any]], snapshot: Snapshot) -> set[str]:
    """Codes of the parameters whose values are not out."""
    return {snapshot.parameter(row.parameter_id).code for row in rows if not row.released}


def _corrects(connection: Connection, result: Row[Any]) -> bool:
    """Whether a version before it was released."""
    if result.version == 1:
        return False
    history = results.versions(connection, result.test_id)
    return any(one.released_at for one in history if one.version < result.version)


def _held(
    connection: Connection, result: Row[Any], ids: list[UUID], snapshot: Snapshot, now: datetime
) -> list[str]:
    """Codes of the parameters whose control was out when the result came, or is out now."""
    found = {
        parameter_id
        for at in {result.entered_at, now}
        for parameter_id in controls.holds(connection, ids, result.instrument, at)
    }
    return sorted(snapshot.parameter(one).code for one in found)


def keep(
    connection: Connection,
    result_id: UUID,
    mode: str,
    verdicts: Sequence[Verdict],
    *,
    released: bool,
    at: datetime,
) -> None:
    """Stores what each rule said."""
    assessment_id = new_id()
    passed = passes(verdicts)
    verification.add(
        connection,
        {
            "id": assessment_id, "result_id": result_id, "mode": mode,
            "passed": passed, "released": released, "at": at,
        },
        [
            {"assessment_id": assessment_id, "position": position, **one._asdict()}
            for position, one in enumerate(verdicts)
        ],
    )  # fmt: skip


def _earlier(row: Row[Any] | None) -> Earlier | None:
    if row is None or row.value is None:
        return None
    return Earlier(row.value, row.unit, row.observed_at)
