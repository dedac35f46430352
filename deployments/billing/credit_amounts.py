"""How much of which line a credit note takes, checked against what is left of it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.billing.credit_rules import Billed, Credit, credit_amount, credit_quantity
from deployments.billing.credit_schemas import CreditNoteKind, CreditNoteRequest
from deployments.billing.errors import OverCredit
from deployments.errors import FieldError
from storage.billing import credit_notes


def wanted_lines(
    request: CreditNoteRequest, lines: Sequence[RowMapping]
) -> dict[UUID, dict[str, Any]]:
    """By line, what is to be credited of it; everything that is left when nothing is named.

    Raises:
        OverCredit: more than is left, or a line of another invoice.
    """
    known = {line["id"]: line for line in lines}
    by_amount = request.kind is CreditNoteKind.ALLOWANCE
    if not request.lines:
        left = {
            line["id"]: {"amount": billed(line).left}
            if by_amount
            else {"quantity": line["quantity"] - line["credited_quantity"]}
            for line in lines
        }
        wanted = {key: one for key, one in left.items() if any(one.values())}
    else:
        wanted = {
            one.invoice_line_id: {"amount": one.amount} if by_amount else {"quantity": one.quantity}
            for one in request.lines
        }
    faults = [
        FieldError(f"/lines/{place}", "over_credit", "more than is left of it")
        for place, (key, one) in enumerate(wanted.items())
        if key not in known or find_credit(known[key], **one) is None
    ]
    if faults or not wanted:
        raise OverCredit("more would be credited than is left", faults)
    return wanted


def billed(line: RowMapping) -> Billed:
    """A row of `credit_notes.lines_of` for the rules."""
    return Billed(
        quantity=line["quantity"],
        total=line["total"],
        tax=line["tax"],
        credited_quantity=Decimal(line["credited_quantity"]),
        credited_total=int(line["credited_total"]),
        credited_tax=int(line["credited_tax"]),
    )


def find_credit(
    line: RowMapping, *, quantity: Decimal | None = None, amount: int | None = None
) -> Credit | None:
    """What is credited; None when that is more than is left."""
    try:
        if amount is not None:
            return credit_amount(billed(line), amount)
        return credit_quantity(billed(line), quantity or Decimal(0))
    except ValueError:
        return None


def write_amounts(connection: Connection, note: RowMapping) -> list[dict[str, Any]]:
    """Works out and writes the amounts of a draft's lines, as of now.

    Raises:
        OverCredit: something of it was credited meanwhile.
    """
    known = {line["id"]: line for line in credit_notes.lines_of(connection, note["invoice_id"])}
    written = []
    for one in credit_notes.note_lines(connection, note["id"]):
        line = known[one["invoice_line_id"]]
        wanted = {"quantity": one["quantity"], "amount": one["amount"]}
        credit = find_credit(line, **wanted)
        if credit is None:
            raise OverCredit
        credit_notes.set_line(
            connection, note["id"], line["id"], **wanted, total=credit.total, tax=credit.tax
        )
        written.append({**line, "total": credit.total, "tax": credit.tax})
    return written
