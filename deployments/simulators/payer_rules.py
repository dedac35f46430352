"""How the simulated payers decide: pure rules, with the codes of X12. Amounts are minor units.

Claim adjustment reason codes: 18 duplicate, 23 earlier payer, 26 and 27 not insured on the day,
29 filed too late, 45 above the agreed price, 181 unknown code, 197 no consent; 1, 2, 3, 96, 119,
179 from the rules of the plan. Claim status codes of the 277CA: A3:33 unknown member, A3:54
duplicate, A7:255 diagnosis, A3:464 no such claim to replace; A2:20 accepted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from deployments.billing.accounts import Area
from deployments.billing.money import to_major, to_minor
from deployments.billing.shares import Charge, LineShare, Policy, Reason, Shares, Used, share
from deployments.simulators.payer_members import Member
from deployments.x12.shapes import Adjustment, Claim, ClaimAnswer, ClaimLine, LineAnswer, Status

ACCEPTED: Final = ("A2", "20")
UNKNOWN_MEMBER: Final = ("A3", "33")
DUPLICATE: Final = ("A3", "54")
WRONG_DIAGNOSIS: Final = ("A7", "255")
NOTHING_TO_REPLACE: Final = ("A3", "464")
ORIGINAL: Final = "1"
AREAS: Final = (
    (("BED", "WARD"), Area.WARD),
    (("MRI", "XR", "US", "CT", "OP", "COSMETIC"), Area.PROCEDURE),
    (("VISIT", "CONS"), Area.CONSULTATION),
    (("MISC",), Area.OTHER),
)
"""What a code is, by how it begins; everything else is a test."""
AGREED: Final = {"MRI": 2_000_000, "VISIT": 300_000}
"""The most that is paid for a code, VND."""
NO_CATALOGUE: Final = "X-"
"""Codes of experimental services begin so; no payer knows them."""
PROCESSED: Final = {"P": "1", "S": "2", "T": "3"}
DENIED: Final = "4"
REVERSAL: Final = "22"
PLANNED: Final = frozenset({Reason.DEDUCTIBLE, Reason.COINSURANCE, Reason.COPAY})


@dataclass(frozen=True)
class Seen:
    """What the payer knows when it decides.

    Attributes:
        used: by the member in the year.
        claimed: day, code and charge of other live claims of the member.
        consented: codes that it agreed to before.
        lenient: an appeal had evidence: dates, consent and duplicates are let pass.
    """

    used: Used
    claimed: frozenset[tuple[date, str, int]]
    consented: frozenset[str]
    lenient: bool = False


def check_in(claim: Claim, member: Member | None, *, known: bool, original_known: bool) -> Status:
    """Whether a claim is taken in.

    Args:
        claim: what came.
        member: who is insured under the number.
        known: another claim has the same number.
        original_known: the claim that it replaces or voids is there.
    """
    codes = ACCEPTED
    if member is None:
        codes = UNKNOWN_MEMBER
    elif known and claim.frequency == ORIGINAL:
        codes = DUPLICATE
    elif any(code.startswith("U") and code[:3] != "U07" for code in claim.diagnoses):
        codes = WRONG_DIAGNOSIS
    elif claim.frequency != ORIGINAL and not original_known:
        codes = NOTHING_TO_REPLACE
    return Status(claim.number, codes == ACCEPTED, *codes)


def area_of(code: str) -> Area:
    """What a code is."""
    for beginnings, area in AREAS:
        if code.startswith(beginnings):
            return area
    return Area.PHARMACY if code.isdigit() else Area.LABORATORY


def adjudicate(
    claim: Claim, payer_claim_number: str, member: Member, seen: Seen, today: date
) -> tuple[ClaimAnswer, Used]:
    """Decides a claim line by line; also what it uses up of the year."""
    refused = [_refusal(line, claim, member, seen, today) for line in claim.lines]
    offered = [
        [] if reason else _before(line, claim)
        for line, reason in zip(claim.lines, refused, strict=True)
    ]
    charges = [
        Charge(area_of(line.code), line.code, 0 if reason else _left(line, taken, claim))
        for line, reason, taken in zip(claim.lines, refused, offered, strict=True)
    ]
    first_day = min(line.day for line in claim.lines)
    shares = share(charges, _policy(member, seen, first_day))
    lines = [
        _answer(line, claim, [(*reason, _minor(line, claim))] if reason else taken, part)
        for line, reason, taken, part in zip(
            claim.lines, refused, offered, shares.lines, strict=True
        )
    ]
    return _answer_claim(claim, payer_claim_number, lines, shares), shares.used


def reversal_of(answer: ClaimAnswer) -> ClaimAnswer:
    """Takes an answer back: the same with every amount negative."""
    return ClaimAnswer(
        number=answer.number,
        status=REVERSAL,
        charge=-answer.charge,
        paid=-answer.paid,
        patient=-answer.patient,
        payer_claim_number=answer.payer_claim_number,
        filing=answer.filing,
        insured=answer.insured,
        lines=tuple(
            LineAnswer(
                control_number=line.control_number,
                code=line.code,
                charge=-line.charge,
                paid=-line.paid,
                quantity=line.quantity,
                day=line.day,
                adjustments=tuple(
                    Adjustment(one.group, one.code, -one.amount) for one in line.adjustments
                ),
            )
            for line in answer.lines
        ),
    )


def _minor(line: ClaimLine, claim: Claim) -> int:
    return to_minor(line.charge, claim.currency)


def _refusal(
    line: ClaimLine, claim: Claim, member: Member, seen: Seen, today: date
) -> tuple[str, str] | None:
    """Why nothing of a line is looked at further: group and reason."""
    if line.day < member.starts_on:
        return "PR", "26"
    if member.ends_on is not None and line.day > member.ends_on:
        return "PR", "27"
    if line.code.startswith(NO_CATALOGUE):
        return "CO", "181"
    if seen.lenient:
        return None
    if today - line.day > timedelta(days=member.plan.filing_days):
        return "CO", "29"
    if (line.day, line.code, _minor(line, claim)) in seen.claimed:
        return "OA", "18"
    if line.code in member.plan.preauthorized_codes - seen.consented:
        return "CO", "197"
    return None


def _before(line: ClaimLine, claim: Claim) -> list[tuple[str, str, int]]:
    """What is taken off before the plan's rules: earlier payers, or the agreed price."""
    charge = _minor(line, claim)
    if claim.earlier:
        answers = [
            answer
            for answer in claim.earlier[-1].lines
            if answer.control_number == line.control_number
        ]
        owed = sum(
            to_minor(one.amount, claim.currency)
            for answer in answers
            for one in answer.adjustments
            if one.group == "PR"
        )
        return [("OA", "23", charge - owed)] if charge > owed else []
    above = charge - AGREED.get(line.code, charge)
    return [("CO", "45", above)] if above > 0 else []


def _left(line: ClaimLine, taken: Sequence[tuple[str, str, int]], claim: Claim) -> int:
    return _minor(line, claim) - sum(amount for _, _, amount in taken)


def _policy(member: Member, seen: Seen, day: date) -> Policy:
    days = (day - member.starts_on).days
    return Policy(
        member.plan, member.level, insured_days=days, long_insured=days > 5 * 365, used=seen.used
    )


def _answer(
    line: ClaimLine, claim: Claim, taken: Sequence[tuple[str, str, int]], part: LineShare
) -> LineAnswer:
    reasons = [*taken, *(("PR", str(why), amount) for why, amount in part.reasons)]
    return LineAnswer(
        control_number=line.control_number,
        code=line.code,
        charge=line.charge,
        paid=to_major(part.payer, claim.currency),
        quantity=line.quantity,
        day=line.day,
        adjustments=tuple(
            Adjustment(group, code, to_major(amount, claim.currency))
            for group, code, amount in reasons
        ),
    )


def _answer_claim(
    claim: Claim, payer_claim_number: str, lines: Sequence[LineAnswer], shares: Shares
) -> ClaimAnswer:
    reasons = [one for line in lines for one in line.adjustments]
    refused = any(one.group != "PR" or one.code not in PLANNED for one in reasons)
    patient = sum((one.amount for one in reasons if one.group == "PR"), start=claim.charge * 0)
    return ClaimAnswer(
        number=claim.number,
        status=DENIED if refused and not shares.payer else PROCESSED[claim.sequence],
        charge=claim.charge,
        paid=to_major(shares.payer, claim.currency),
        patient=patient,
        payer_claim_number=payer_claim_number,
        filing=claim.payer.filing,
        insured=claim.insured,
        lines=tuple(lines),
    )
