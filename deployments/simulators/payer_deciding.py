"""Taking claims in and deciding them, in the payers' database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Connection, RowMapping

from deployments.billing.money import to_minor
from deployments.billing.shares import Used
from deployments.simulators.payer_members import NAMES, find_member
from deployments.simulators.payer_rules import Seen, adjudicate, check_in, reversal_of
from deployments.x12 import remittances, statuses
from deployments.x12.shapes import Claim, ClaimAnswer, Payer, Remittance, Status
from deployments.x12.writing import Header, write
from storage.columns import new_id
from storage.simulators import payers

CLAIM: Final = TypeAdapter(Claim)
ANSWER: Final = TypeAdapter(ClaimAnswer)
VOID: Final = "8"


def take_in(
    connection: Connection,
    payer: str,
    came: tuple[str, str],
    claim: Claim,
    acknowledgement: str,
    times: tuple[datetime, datetime],
) -> None:
    """Takes a claim in, or rejects it; a void or a replacement ends the original.

    Args:
        connection: of the one transaction, which holds the lock of the hospital.
        payer: code.
        came: sender and control number of the interchange.
        claim: what it says.
        acknowledgement: the 999.
        times: when it came, and from when its answers are given out.
    """
    now, known_at = times
    original = payers.find_by_payer_number(connection, payer, claim.payer_claim_number or "-")
    member = find_member(payer, claim.insured.member_id)
    known = payers.find_claim(connection, payer, claim.number) is not None
    status = check_in(claim, member, known=known, original_known=original is not None)
    if status.accepted:
        number = f"ICN{payers.next_number(connection):010d}"
        status = replace(status, payer_claim_number=number)
        if original is not None:
            payers.change_claim(connection, original["id"], state="void")
    header = Header("277CA", payer, came[0], payers.next_number(connection), now)
    told = {
        "sender": came[0],
        "control_number": came[1],
        "acknowledgement": acknowledgement,
        "status": write(header, statuses.segments(claim, status, now)),
        "known_at": known_at,
        "received_at": now,
    }
    payers.add_claim(connection, {**told, **_taken_in(payer, claim, status)})


def _taken_in(payer: str, claim: Claim, status: Status) -> dict[str, Any]:
    return {
        "id": new_id(),
        "payer": payer,
        "number": claim.number,
        "member_id": claim.insured.member_id,
        "claim": CLAIM.dump_python(claim, mode="json"),
        "payer_claim_number": status.payer_claim_number,
        "state": _state(claim, accepted=status.accepted),
        "lenient": False,
        "year": _first_day(claim).year,
        **_columns(Used()),
    }


def decide_due(connection: Connection, payer: str, sender: str, now: datetime) -> None:
    """Decides what is due, and pays it with one 835; the caller holds the lock of the hospital."""
    rows = payers.due(connection, payer, sender, now)
    if not rows:
        return
    answers = [one for row in rows for one in _decide(connection, payer, row, now)]
    first = CLAIM.validate_python(rows[0]["claim"])
    trace_number = f"{payer}{payers.next_number(connection):012d}"
    remittance = Remittance(
        trace_number=trace_number,
        payer=Payer(payer, NAMES[payer], first.payer.filing),
        payee_code=first.hospital.tax_number,
        payee_name=first.hospital.name,
        amount=sum((answer.paid for answer in answers), start=first.charge * 0),
        currency=first.currency,
        paid_on=now.date(),
        claims=tuple(answers),
    )
    header = Header("835", payer, sender, payers.next_number(connection), now)
    values = {
        "trace_number": trace_number,
        "payer": payer,
        "receiver": sender,
        "content": write(header, remittances.segments(remittance)),
        "made_at": now,
    }
    payers.add_remittance(connection, values)


def _decide(
    connection: Connection, payer: str, row: RowMapping, now: datetime
) -> Sequence[ClaimAnswer]:
    """The answer to one claim; after an appeal the earlier one is taken back first."""
    claim = CLAIM.validate_python(row["claim"])
    member = find_member(payer, claim.insured.member_id)
    if member is None:
        raise AssertionError("unreachable: claims of unknown members are not taken in")
    seen = _seen(connection, payer, row, claim)
    answer, used = adjudicate(claim, row["payer_claim_number"], member, seen, now.date())
    payers.change_claim(
        connection,
        row["id"],
        state="decided",
        answer=ANSWER.dump_python(answer, mode="json"),
        **_columns(used),
    )
    before = [] if row["answer"] is None else [reversal_of(ANSWER.validate_python(row["answer"]))]
    return [*before, answer]


def _seen(connection: Connection, payer: str, row: RowMapping, claim: Claim) -> Seen:
    member_id = claim.insured.member_id
    others = [
        CLAIM.validate_python(other["claim"])
        for other in payers.claims_of_member(connection, payer, member_id)
        if other["id"] != row["id"] and other["id"] < row["id"]
    ]
    return Seen(
        used=Used(*payers.used(connection, payer, member_id, row["year"])),
        claimed=frozenset(_key(other, line) for other in others for line in other.lines),
        consented=payers.consented(
            connection, payer, claim.preauthorization, member_id, _first_day(claim)
        ),
        lenient=row["lenient"],
    )


def _key(claim: Claim, line: Any) -> tuple[date, str, int]:
    return line.day, line.code, to_minor(line.charge, claim.currency)


def _first_day(claim: Claim) -> date:
    return min(line.day for line in claim.lines)


def _state(claim: Claim, *, accepted: bool) -> str:
    if not accepted:
        return "rejected"
    return "void" if claim.frequency == VOID else "pending"


def _columns(used: Used) -> dict[str, int]:
    return {"deductible": used.deductible, "paid": used.paid, "own": used.own}
