"""Insured people and issued invoices for tests; the ledger is posted as issuing does."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, func, select, update

from deployments.billing.accounts import REVENUE, Account, Area
from deployments.billing.estimating import Coverages
from deployments.billing.insurance import Owed
from deployments.billing.insurance_schemas import CoverageRequest
from storage.billing import invoices, ledger
from storage.billing.insurance_tables import PAYER_SHARES
from storage.billing.invoice_tables import INVOICES
from storage.billing.ledger import Line
from storage.billing.ledger_tables import LINES
from storage.columns import new_id

OFFICER = uuid4()
BILLED = tuple[Area, str, int]
VISIT: BILLED = (Area.CONSULTATION, "VISIT", 300_000)
TEST: BILLED = (Area.LABORATORY, "GLU", 700_000)


def insurance_of(plan_id: UUID, patient_id: UUID, member_id: str, **fields: Any) -> CoverageRequest:
    """A coverage that is in force."""
    base = {
        "patient_id": patient_id, "plan_id": plan_id, "member_id": member_id,
        "last_name": "Nguyễn", "first_name": "Văn Đức", "birth_date": date(1980, 1, 2),
        "sex": "M", "starts_on": date(2020, 1, 1),
    }  # fmt: skip
    return CoverageRequest(**{**base, **fields})


def issue(connection: Connection, patient_id: UUID, billed: Sequence[BILLED], at: datetime) -> UUID:
    """An issued invoice whose shares are what insurance will pay."""
    invoice_id, total = new_id(), sum(amount for _, _, amount in billed)
    draft = {
        "id": invoice_id, "patient_id": patient_id, "context": f"day:{invoice_id}",
        "currency": "VND", "created_at": at, "updated_at": at,
    }  # fmt: skip
    row = invoices.add(connection, draft)
    owed = [Owed(area, code, at, amount) for area, code, amount in billed]
    division = Coverages().divide(connection, row, owed, at)
    lines = [
        _line(invoice_id, place, line, payer, at)
        for place, (line, payer) in enumerate(zip(billed, division.payer, strict=True), 1)
    ]
    invoices.add_lines(connection, lines)
    payer = sum(division.payer)
    values = {
        "status": "issued", "number": invoice_id.hex, "issued_at": at, "total": total,
        "due_on": at.date(),
        "patient_share": total - payer, "payer_share": payer, "payer_id": division.payer_id,
    }  # fmt: skip
    connection.execute(update(INVOICES).where(INVOICES.c.id == invoice_id).values(**values))
    entry = [
        Line(Account.RECEIVABLE_PATIENT, total - payer, patient_id, invoice_id),
        Line(Account.RECEIVABLE_PAYER, payer, division.payer_id, invoice_id),
        *(Line(REVENUE[area], -amount, None, invoice_id) for area, _, amount in billed),
    ]
    ledger.post(
        connection, kind="invoice", source_kind="Invoice", source_id=invoice_id, currency="VND",
        lines=entry, at=at, actor_id=OFFICER,
    )  # fmt: skip
    return invoice_id


def _line(invoice_id: UUID, place: int, billed: BILLED, payer: int, at: datetime) -> dict[str, Any]:
    area, code, amount = billed
    return {
        "id": new_id(), "invoice_id": invoice_id, "position": place, "charge_item_id": uuid4(),
        "area": area, "code": code, "name_en": code, "name_vi": code, "performed_at": at,
        "quantity": 1, "unit_price": amount, "base": amount, "surcharge": 0, "discount": 0,
        "exemption": 0, "tax": 0, "total": amount, "patient_share": amount - payer,
        "payer_share": payer,
    }  # fmt: skip


def check_books(connection: Connection) -> None:
    """The ledger is balanced, and says of every invoice what the invoice and its payers say."""
    assert connection.execute(select(func.coalesce(func.sum(LINES.c.amount), 0))).scalar_one() == 0
    for row in connection.execute(select(INVOICES).where(INVOICES.c.status != "draft")).mappings():
        shares = connection.execute(
            select(
                func.coalesce(func.sum(PAYER_SHARES.c.expected), 0),
                func.coalesce(func.sum(PAYER_SHARES.c.settled), 0),
            ).where(PAYER_SHARES.c.invoice_id == row["id"])
        ).one()
        assert tuple(shares) == (row["payer_share"], row["payer_settled"])
        left = ledger.invoice_balances(connection, row["id"])
        patient = row["patient_share"] - row["patient_settled"]
        payer = row["payer_share"] - row["payer_settled"]
        assert left.get(Account.RECEIVABLE_PATIENT, 0) == patient
        assert left.get(Account.RECEIVABLE_PAYER, 0) == payer
        assert left.get(Account.CONTRACTUAL, 0) == row["credited"]
