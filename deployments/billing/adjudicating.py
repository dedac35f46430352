"""The effect of a payer's answer: invoice, policy and ledger move together, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.billing.accounts import Account
from deployments.billing.answers import DoesNotFit, Shift, Standing, Truth, shift
from deployments.billing.insurance_errors import RemittanceUnmatched
from deployments.billing.policies import columns_of, used_of
from storage.billing import insurance, invoices, ledger, policy_years
from storage.billing.ledger import Line

ANSWERABLE: Final = frozenset({"issued", "balanced"})


@dataclass(frozen=True)
class Source:
    """Why money moves.

    Attributes:
        kind: of the ledger entry.
        source_kind, source_id: what caused it; each causes one entry of a kind.
    """

    kind: str
    source_kind: str
    source_id: UUID
    at: datetime
    actor_id: UUID


def take_effect(connection: Connection, claim: RowMapping, truth: Truth, source: Source) -> int:
    """Moves shares of the invoice, the policy's year and the ledger to what the payer says.

    The issued invoice and its lines stay as they are: what is owed moves between the parties.

    Returns:
        How much more the payer has paid by it, minor units; whoever took it posts that.

    Raises:
        RemittanceUnmatched: the invoice is not issued, or has not that much left to pay.
    """
    invoice = invoices.lock(connection, claim["invoice_id"])
    if invoice is None or invoice["status"] not in ANSWERABLE:
        raise RemittanceUnmatched(f"the invoice of claim {claim['number']} is not issued")
    shares = policy_years.shares_of(connection, invoice["id"])
    own = next((one for one in shares if one["coverage_id"] == claim["coverage_id"]), None)
    if own is None:
        raise RemittanceUnmatched(f"claim {claim['number']} has no share in its invoice")
    later = [one for one in shares if one["position"] > own["position"]]
    try:
        moved = shift(_standing(invoice, own, later), truth)
    except DoesNotFit as error:
        raise RemittanceUnmatched(f"claim {claim['number']}: {error}") from None
    _reallocate(connection, invoice, moved, source.at)
    _change_shares(connection, own, later, moved, truth)
    _use_up(connection, own, truth)
    _post(connection, invoice, own, later, moved, source)
    return moved.payer_settled


def _standing(invoice: RowMapping, own: RowMapping, later: Sequence[RowMapping]) -> Standing:
    return Standing(
        expected=own["expected"],
        settled=own["settled"],
        written_off=own["written_off"],
        patient_share=invoice["patient_share"],
        patient_settled=invoice["patient_settled"],
        later=sum(one["expected"] - one["settled"] for one in later),
    )


def _reallocate(connection: Connection, invoice: RowMapping, moved: Shift, at: datetime) -> None:
    invoices.reallocate(
        connection,
        invoice["id"],
        to_patient=moved.to_patient,
        written_off=moved.written_off,
        payer_settled=moved.payer_settled,
        patient_settled=-moved.surplus,
        at=at,
    )


def _change_shares(
    connection: Connection,
    own: RowMapping,
    later: Sequence[RowMapping],
    moved: Shift,
    truth: Truth,
) -> None:
    policy_years.change_share(
        connection,
        own["invoice_id"],
        own["coverage_id"],
        expected=moved.expected,
        settled=own["settled"] + moved.payer_settled,
        written_off=own["written_off"] + moved.written_off,
        **columns_of(truth.used),
    )
    for share, taken in _taken(later, moved.from_later):
        columns = {"expected": share["expected"] - taken}
        policy_years.change_share(connection, share["invoice_id"], share["coverage_id"], **columns)


def _taken(later: Sequence[RowMapping], amount: int) -> list[tuple[RowMapping, int]]:
    """How much each later payer is expected to pay less."""
    taken: list[tuple[RowMapping, int]] = []
    for share in later:
        part = min(amount, share["expected"] - share["settled"])
        if part:
            taken.append((share, part))
        amount -= part
    return taken


def _use_up(connection: Connection, own: RowMapping, truth: Truth) -> None:
    """Puts the truth in the place of the estimate; a payer may know more than we, so no ceiling."""
    coverage_id, year = own["coverage_id"], own["year"]
    policy_years.lock(connection, coverage_id, year)
    change = columns_of(truth.used.minus(used_of(own)))
    policy_years.add(connection, coverage_id, year, change, None)


def _post(
    connection: Connection,
    invoice: RowMapping,
    own: RowMapping,
    later: Sequence[RowMapping],
    moved: Shift,
    source: Source,
) -> None:
    def line(account: Account, amount: int, party_id: UUID | None) -> Line:
        return Line(account, amount, party_id, invoice["id"])

    patient = invoice["patient_id"]
    lines = [
        line(Account.RECEIVABLE_PAYER, moved.expected - own["expected"], own["payer_id"]),
        line(Account.CONTRACTUAL, moved.written_off, own["payer_id"]),
        line(Account.RECEIVABLE_PATIENT, moved.to_patient + moved.surplus, patient),
        line(Account.REFUNDS_PAYABLE, -moved.surplus, patient),
        *(
            line(Account.RECEIVABLE_PAYER, -taken, share["payer_id"])
            for share, taken in _taken(later, moved.from_later)
        ),
    ]
    if any(one.amount for one in lines):
        ledger.post(
            connection,
            kind=source.kind,
            source_kind=source.source_kind,
            source_id=source.source_id,
            currency=invoice["currency"],
            lines=lines,
            at=source.at,
            actor_id=source.actor_id,
        )


def ensure_share(connection: Connection, invoice: RowMapping, coverage: RowMapping) -> None:
    """A coverage that was not known at issue pays nothing until its payer answers."""
    zero = dict.fromkeys(("expected", "settled", "written_off", "deductible", "paid", "own"), 0)
    values: dict[str, Any] = {
        "invoice_id": invoice["id"],
        "coverage_id": coverage["id"],
        "payer_id": coverage["payer_id"],
        "position": coverage["position"],
        "year": invoice["issued_at"].year,
    }
    policy_years.add_share(connection, values | zero)


def find_coverage(connection: Connection, claim: RowMapping) -> RowMapping:
    """The coverage of a claim, with plan and payer."""
    coverage = insurance.find_coverage(connection, claim["coverage_id"])
    assert coverage is not None  # noqa: S101  # a foreign key
    return coverage
