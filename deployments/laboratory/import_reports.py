"""Imported reports: what was issued, made again from the results that were taken in.

They say nothing that the results do not say, so that no report speaks of a value that is not
here. Documents are made when somebody asks for them.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from deployments.laboratory.import_schemas import ImportedReport
from deployments.laboratory.import_shapes import Batch, Done
from deployments.laboratory.reporting import next_version
from deployments.laboratory.states import OUT
from storage.laboratory import imports, orders, reports


def write(batch: Batch, imported: Sequence[tuple[ImportedReport, UUID | None]]) -> list[Done]:
    """Writes versions of reports; each with the version that it became before."""
    ids = {one.order_id for one, _ in imported}
    locked = imports.lock_orders(batch.connection, ids)
    tests = orders.of_orders(batch.connection, "tests", ids)
    done = []
    for one, _ in imported:
        order = locked.get(one.order_id)
        if order is None or order.patient_id != one.patient_id:
            done.append(Done(None, "basedOn: an order of another patient, or none"))
        elif not any(test.status in OUT for test in tests[order.id]):
            done.append(Done(None, "result: none that is final was taken"))
        else:
            done.append(_write(batch, one, order, tests[order.id]))
    return done


def _write(batch: Batch, one: ImportedReport, order: Row[Any], tests: Sequence[Row[Any]]) -> Done:
    """A version more, unless it says nothing new; what was final is not preliminary again."""
    newest = reports.newest(batch.connection, order.id)
    if newest is not None and one.status == "preliminary" != newest.status:
        return Done(newest.id, changed=False)
    values = next_version(
        batch.connection, order, tests, batch.snapshot, status=one.status, at=one.issued_at
    )
    if values is not None:
        reports.add(batch.connection, values, {})
        return Done(values["id"])
    return Done(newest.id if newest else None, changed=False)
