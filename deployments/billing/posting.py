"""From documents to lines of the ledger. Pure but for the rows that it reads.

An invoice: the patient and the payer owe their shares; what was done is earned at its full price,
and what was waived and let off stands against it; the tax is owed to the state.
A credit note takes the net of its lines from what was earned. What was paid of it already is
no longer settled but owed back.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from deployments.billing.accounts import REVENUE, Account, Area
from deployments.billing.credit_rules import Parts
from storage.billing.ledger import Line

Rows = Sequence[Mapping[str, Any]]


def invoice_entry(
    invoice_id: UUID, patient_id: UUID, payer_id: UUID | None, lines: Rows
) -> list[Line]:
    """The lines of the ledger for an invoice that is issued."""

    def of(name: str) -> int:
        return sum(line[name] for line in lines)

    def about(account: Account, amount: int, party_id: UUID | None = None) -> Line:
        return Line(account.value, amount, party_id, invoice_id)

    earned: dict[Area, int] = defaultdict(int)
    for line in lines:
        earned[Area(line["area"])] += line["base"] + line["surcharge"]
    return [
        about(Account.RECEIVABLE_PATIENT, of("patient_share"), patient_id),
        about(Account.RECEIVABLE_PAYER, of("payer_share"), payer_id),
        about(Account.DISCOUNTS, of("discount")),
        about(Account.EXEMPTIONS, of("exemption")),
        about(Account.TAX_PAYABLE, -of("tax")),
        *(about(REVENUE[area], -amount) for area, amount in sorted(earned.items())),
    ]


def credit_entry(invoice: RowMapping, lines: Rows, parts: Parts) -> list[Line]:
    """The lines of the ledger for a credit note; `lines` have area, total and tax."""
    invoice_id, patient_id = invoice["id"], invoice["patient_id"]

    def about(account: Account, amount: int, party_id: UUID | None = None) -> Line:
        return Line(account.value, amount, party_id, invoice_id)

    given_up: dict[Area, int] = defaultdict(int)
    for line in lines:
        given_up[Area(line["area"])] += line["total"] - line["tax"]
    patient_owes = parts.patient_surplus - parts.patient
    payer_owes = parts.payer_surplus - parts.payer
    return [
        *(about(REVENUE[area], amount) for area, amount in sorted(given_up.items())),
        about(Account.TAX_PAYABLE, sum(line["tax"] for line in lines)),
        about(Account.RECEIVABLE_PATIENT, patient_owes, patient_id),
        about(Account.REFUNDS_PAYABLE, -parts.patient_surplus, patient_id),
        about(Account.RECEIVABLE_PAYER, payer_owes, invoice["payer_id"]),
        about(Account.REFUNDS_PAYABLE, -parts.payer_surplus, invoice["payer_id"]),
    ]
