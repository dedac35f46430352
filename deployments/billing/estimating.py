"""What insurance will pay of an invoice that is being issued: an estimate, until the payer answers.

The estimate uses up the policies of the year at once, so that two invoices at the same time do
not both count on the same rest of a ceiling; the payer's answer puts the truth in its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Principal
from deployments.billing.accounts import Account
from deployments.billing.insurance import Division, Owed
from deployments.billing.insurance_errors import CeilingReached
from deployments.billing.policies import columns_of, lock_used, policy_of
from deployments.billing.shares import Charge, Shares, coordinate
from storage.billing import insurance, ledger, policy_years
from storage.billing.ledger import Line

SOFTWARE: Final = Principal.for_service("billing")


@dataclass(frozen=True)
class Part:
    """What one coverage pays."""

    coverage: RowMapping
    shares: Shares


class Coverages:
    """The coverages of patients, as issuing asks for them."""

    def find_payer(self, connection: Connection, patient_id: UUID, day: date) -> UUID | None:
        """The payer that pays first on a day, if any."""
        rows = insurance.coverages_on(connection, patient_id, day)
        return rows[0]["payer_id"] if rows else None

    def divide(
        self, connection: Connection, invoice: RowMapping, lines: Sequence[Owed], at: datetime
    ) -> Division:
        """Divides the lines of an invoice among payers and patient, and uses the policies up.

        Raises:
            CeilingReached: another invoice was faster; nothing was written.
        """
        day = min((line.performed_at for line in lines), default=at).date()
        charges = [Charge(line.area, line.code, line.total) for line in lines]
        parts = estimate(connection, invoice["patient_id"], invoice["currency"], day, charges)
        if not parts:
            return Division(None, [0] * len(lines))
        for part in parts:
            _use_up(connection, part, day.year)
        policy_years.add_shares(connection, [_row(invoice["id"], part, day.year) for part in parts])
        _hand_on(connection, invoice, parts, at)
        by_line = zip(*(part.shares.lines for part in parts), strict=True)
        return Division(
            parts[0].coverage["payer_id"], [sum(one.payer for one in line) for line in by_line]
        )


def estimate(
    connection: Connection,
    patient_id: UUID,
    currency: str,
    day: date,
    charges: Sequence[Charge],
) -> list[Part]:
    """Who pays what under the coverages of a patient on a day; the policies are locked.

    They are locked in the order of their ids, whatever the order in which they pay.
    """
    coverages = [
        row
        for row in insurance.coverages_on(connection, patient_id, day)
        if row["currency"] == currency and row["payer_active"]
    ]
    used = {
        row["id"]: lock_used(connection, row, day.year)
        for row in sorted(coverages, key=lambda row: str(row["id"]))
    }
    policies = [policy_of(row, day, used[row["id"]]) for row in coverages]
    shares = coordinate(charges, policies)
    return [Part(row, one) for row, one in zip(coverages, shares, strict=True)]


def _use_up(connection: Connection, part: Part, year: int) -> None:
    amounts = columns_of(part.shares.used)
    ceiling = part.coverage["benefits"].get("year_ceiling")
    if not policy_years.add(connection, part.coverage["id"], year, amounts, ceiling):
        raise CeilingReached


def _row(invoice_id: UUID, part: Part, year: int) -> dict[str, Any]:
    return {
        "invoice_id": invoice_id,
        "coverage_id": part.coverage["id"],
        "payer_id": part.coverage["payer_id"],
        "position": part.coverage["position"],
        "year": year,
        "expected": part.shares.payer,
        "settled": 0,
        "written_off": 0,
        **columns_of(part.shares.used),
    }


def _hand_on(
    connection: Connection, invoice: RowMapping, parts: Sequence[Part], at: datetime
) -> None:
    """Issuing posts everything as owed by the first payer; what the others owe is moved to them."""
    first, *others = parts
    owed = [
        Line(Account.RECEIVABLE_PAYER, part.shares.payer, part.coverage["payer_id"], invoice["id"])
        for part in others
    ]
    total = sum(line.amount for line in owed)
    if not total:
        return
    payer_id = first.coverage["payer_id"]
    ledger.post(
        connection,
        kind="coordination",
        source_kind="Invoice",
        source_id=invoice["id"],
        currency=invoice["currency"],
        lines=[Line(Account.RECEIVABLE_PAYER, -total, payer_id, invoice["id"]), *owed],
        at=at,
        actor_id=SOFTWARE.user_id,
    )
