"""Posting a remittance: the whole of it or nothing, and each payment once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Principal
from deployments.billing.accounts import Account
from deployments.billing.adjudicating import Source, take_effect
from deployments.billing.answers import REVERSAL, Truth, WrongAmount, codes_of, minor, truth_of
from deployments.billing.claim_accepting import accept
from deployments.billing.claim_mapping import remittance_schema
from deployments.billing.claim_moving import move
from deployments.billing.claim_schemas import Remittance
from deployments.billing.claim_states import STEPS
from deployments.billing.events import ClaimDenied, ClaimPaid
from deployments.billing.insurance_errors import (
    RemittancePosted,
    RemittanceUnmatched,
)
from deployments.billing.recording import write_audit
from deployments.publishing import publish
from deployments.x12.shapes import ClaimAnswer, LineAnswer
from deployments.x12.shapes import Remittance as Paid
from storage.billing import claims, insurance, ledger, remittances
from storage.billing.ledger import Line
from storage.columns import new_id

ANSWERABLE: Final = STEPS["adjudicate"].sources | {"submitted"}
"""A payer may pay before it says that it has taken a claim in."""
REMITTANCE: Final = "PaymentReconciliation"
"""FHIR R4 resource type, for audit rows."""


def post(
    connection: Connection,
    principal: Principal,
    paid: Paid,
    received: tuple[str, str],
    at: datetime,
) -> Remittance:
    """Posts a remittance whose sums agree.

    Args:
        connection: of the one transaction.
        principal: who posts it.
        paid: what it says.
        received: control number and text of the interchange, to be kept.
        at: when.

    Raises:
        RemittancePosted: it was posted before.
        RemittanceUnmatched: something in it belongs to no claim that waits for an answer.
    """
    payer = insurance.find_provider_by_code(connection, paid.payer.code)
    if payer is None:
        raise RemittanceUnmatched("no such payer")
    try:
        row = _row(paid, payer["id"], principal, at)
        answers = _by_claim(paid)
        if not remittances.add(connection, row):
            raise RemittancePosted(f"trace number {paid.trace_number} is posted")
        posted = [
            _answer(connection, found, answers[found["number"]], row)
            for found in _claims(connection, payer, answers)
        ]
    except WrongAmount as error:
        raise RemittanceUnmatched(str(error)) from None
    remittances.add_claims(connection, [one for one, _ in posted])
    _post_money(connection, row, [(one, invoice) for one, invoice in posted], payer["id"])
    claims.add_interchange(connection, None, "835", *received, at)
    write_audit(
        connection, principal, action="remittance.post", object_type=REMITTANCE,
        object_id=row["id"], at=at,
    )  # fmt: skip
    return remittance_schema(connection, _found(connection, row["id"]))


def _found(connection: Connection, remittance_id: UUID) -> RowMapping:
    row = remittances.find(connection, remittance_id)
    assert row is not None  # noqa: S101  # just written
    return row


def _row(paid: Paid, payer_id: UUID, principal: Principal, at: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "payer_id": payer_id,
        "trace_number": paid.trace_number,
        "amount": minor(paid.amount, paid.currency),
        "withheld": minor(paid.withheld, paid.currency),
        "currency": paid.currency,
        "paid_on": paid.paid_on,
        "posted_by": principal.user_id,
        "posted_at": at,
    }


def _by_claim(paid: Paid) -> dict[str, list[ClaimAnswer]]:
    """The answers by number of claim: a corrected one has a reversal and the new answer."""
    found: dict[str, list[ClaimAnswer]] = {}
    for answer in paid.claims:
        found.setdefault(answer.number, []).append(answer)
    return found


def _claims(
    connection: Connection, payer: RowMapping, answers: Mapping[str, Sequence[ClaimAnswer]]
) -> Sequence[RowMapping]:
    found = claims.lock_numbers(connection, payer["id"], answers)
    for number in answers:
        claim = found.get(number)
        if claim is None or claim["status"] not in ANSWERABLE:
            raise RemittanceUnmatched(f"claim {number} waits for no answer")
        decided = claim["outcome"] is not None
        if decided and not any(one.status == REVERSAL for one in answers[number]):
            raise RemittanceUnmatched(f"claim {number} is decided, and nothing is taken back")
    return list(found.values())


def _answer(
    connection: Connection,
    claim: RowMapping,
    answers: Sequence[ClaimAnswer],
    remittance: Mapping[str, Any],
) -> tuple[dict[str, Any], UUID]:
    """The effect on one claim; what it says for the remittance, and the invoice."""
    currency, at, actor_id = (
        remittance["currency"],
        remittance["posted_at"],
        remittance["posted_by"],
    )
    final = next((one for one in answers if one.status != REVERSAL), answers[-1])
    truth = _checked(claim, final, currency)
    paid_claim = {"id": new_id(), "remittance_id": remittance["id"], "claim_id": claim["id"]}
    source = Source("claim-answer", "RemittanceClaim", paid_claim["id"], at, actor_id)
    if claim["status"] == "submitted":
        claim = accept(connection, claim, final.payer_claim_number or None, at)
    settled = take_effect(connection, claim, truth, source)
    if settled != minor(sum((one.paid for one in answers), Decimal(0)), currency):
        raise RemittanceUnmatched(f"claim {claim['number']}: what is taken back was never paid")
    reasons = codes_of(final)
    row = _decide(connection, claim, truth, final, reasons, at, actor_id)
    _answer_lines(connection, claim, final.lines, currency)
    _tell(connection, row, reasons)
    return {**paid_claim, "paid": settled}, claim["invoice_id"]


def _checked(claim: RowMapping, answer: ClaimAnswer, currency: str) -> Truth:
    if currency != claim["currency"]:
        raise RemittanceUnmatched(f"claim {claim['number']} is in another currency")
    if abs(minor(answer.charge, currency)) != claim["charge"]:
        raise RemittanceUnmatched(f"claim {claim['number']} charged something else")
    truth = truth_of(answer, currency)
    parts = (truth.paid, truth.patient, truth.written_off, truth.disputed, truth.by_others)
    if min(parts) < 0:
        raise RemittanceUnmatched(f"claim {claim['number']}: a part of the answer is negative")
    return truth


def _decide(
    connection: Connection,
    claim: RowMapping,
    truth: Truth,
    answer: ClaimAnswer,
    reasons: Sequence[str],
    at: datetime,
    actor_id: UUID,
) -> RowMapping:
    row = move(
        connection,
        claim,
        "adjudicate",
        actor_id=actor_id,
        at=at,
        outcome=truth.outcome,
        reasons=list(reasons),
        payer_claim_number=answer.payer_claim_number or claim["payer_claim_number"],
        paid=truth.paid,
        patient=truth.patient,
        written_off=truth.written_off,
        disputed=truth.disputed,
        covered_by_others=truth.by_others,
    )
    if truth.paid:
        row = move(connection, row, "pay", actor_id=actor_id, at=at)
    if (
        not truth.disputed
        and truth.outcome == "complete"
        and row["status"] in {"paid", "adjudicated"}
    ):
        row = move(connection, row, "close", actor_id=actor_id, at=at)
    return row


def _answer_lines(
    connection: Connection, claim: RowMapping, answers: Sequence[LineAnswer], currency: str
) -> None:
    known = {str(line["position"]): line for line in claims.lines(connection, claim["id"])}
    for answer in answers:
        line = known.get(answer.control_number)
        if line is None or abs(minor(answer.charge, currency)) != line["charge"]:
            raise RemittanceUnmatched(f"claim {claim['number']} has no such line")
        reasons = [
            {"group": one.group, "code": one.code, "amount": minor(one.amount, currency)}
            for one in answer.adjustments
        ]
        paid = max(minor(answer.paid, currency), 0)
        columns = {"paid": paid, "adjustments": reasons}
        claims.answer_line(connection, claim["id"], line["position"], **columns)


def _tell(connection: Connection, row: RowMapping, reasons: Sequence[str]) -> None:
    same = {
        "claim_id": row["id"],
        "patient_id": row["patient_id"],
        "invoice_id": row["invoice_id"],
        "reasons": list(reasons),
    }
    if row["outcome"] == "denied":
        publish(connection, ClaimDenied(**same))
    else:
        publish(connection, ClaimPaid(**same, outcome=row["outcome"]))


def _post_money(
    connection: Connection,
    remittance: Mapping[str, Any],
    posted: Sequence[tuple[Mapping[str, Any], UUID]],
    payer_id: UUID,
) -> None:
    """The payment: bank against what the payer owed; what was withheld is our loss."""
    lines = [
        Line(Account.BANK, remittance["amount"], payer_id),
        Line(Account.CONTRACTUAL, remittance["withheld"], payer_id),
        *(
            Line(Account.RECEIVABLE_PAYER, -one["paid"], payer_id, invoice_id)
            for one, invoice_id in posted
        ),
    ]
    if any(line.amount for line in lines):
        ledger.post(
            connection,
            kind="remittance",
            source_kind="Remittance",
            source_id=remittance["id"],
            currency=remittance["currency"],
            lines=lines,
            at=remittance["posted_at"],
            actor_id=remittance["posted_by"],
        )
