"""Who looked at a chart: the patient's part of the audit log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, tuple_

from storage.audit import audit_log

Row = Mapping[Any, Any]


def page(
    connection: Connection, patient_id: UUID, after: tuple[datetime, int] | None, limit: int
) -> Sequence[Row]:
    """Audit rows about a patient, the latest first."""
    query = (
        select(audit_log)
        .where(audit_log.c.patient_id == patient_id)
        .order_by(audit_log.c.at.desc(), audit_log.c.sequence.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(audit_log.c.at, audit_log.c.sequence) < tuple_(*after))
    return connection.execute(query).mappings().all()
