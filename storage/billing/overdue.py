"""Invoices whose patient's part is overdue, and the steps of reminding that were taken."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.billing.claims import OPEN
from storage.billing.credit_tables import OVERDUE_STEPS

DUE: Final = text(
    "WITH ladder AS (SELECT days, step, days - lag(days, 1, days) OVER (ORDER BY step) AS gap"
    "  FROM unnest(CAST(:days AS int[])) WITH ORDINALITY AS it (days, step))"
    " SELECT i.id, i.patient_id, i.number, i.due_on, ladder.step FROM invoices i"
    " LEFT JOIN LATERAL (SELECT max(s.step) AS step,"
    "  max(CAST(s.at AT TIME ZONE :zone AS date)) AS day"
    "  FROM overdue_steps s WHERE s.invoice_id = i.id) last ON true"
    " JOIN ladder ON ladder.step = coalesce(last.step, 0) + 1"
    " WHERE i.status = 'issued' AND i.patient_share > i.patient_settled"
    " AND i.payer_share = i.payer_settled"
    " AND NOT EXISTS (SELECT FROM insurance_claims c WHERE c.invoice_id = i.id"
    "  AND c.use = 'claim' AND c.status = ANY(:open))"
    " AND i.due_on + ladder.days <= :today"
    " AND (last.day IS NULL OR last.day + ladder.gap <= :today)"
    " ORDER BY i.due_on, i.id LIMIT :limit FOR UPDATE OF i SKIP LOCKED"
)
"""Whoever's payer owes money or an answer waits: what the patient owes may still change.

A claim says so where the shares do not: of a coverage that came after the issue, or appealed. One
that was never sent, or that the payer did not take, holds nothing up.
"""


def lock_due(
    connection: Connection, days: Sequence[int], today: date, zone: str, limit: int
) -> Sequence[RowMapping]:
    """Invoices for which the next step is due, with the step; those of others are skipped.

    Args:
        connection: in the transaction that takes the steps.
        days: of each step after the due one.
        today: in the hospital.
        zone: of the hospital.
        limit: most of them.
    """
    parameters = {
        "days": list(days), "today": today, "zone": zone, "limit": limit, "open": list(OPEN),
    }  # fmt: skip
    return connection.execute(DUE, parameters).mappings().all()


def take_step(connection: Connection, invoice_id: UUID, step: int, at: datetime) -> bool:
    """Writes that a step was taken; False when it was taken before."""
    statement = upsert(OVERDUE_STEPS).on_conflict_do_nothing()
    row = {"invoice_id": invoice_id, "step": step, "at": at}
    return connection.execute(statement, row).rowcount == 1
