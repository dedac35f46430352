"""What a payer's answer means for the money of a claim: pure, in minor units."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from deployments.billing.claim_states import Outcome
from deployments.billing.money import exponent, to_minor
from deployments.billing.shares import Reason, Used
from deployments.x12.shapes import Adjustment, ClaimAnswer

DENIED: Final = "4"
REVERSAL: Final = "22"
WRITTEN_OFF: Final = frozenset({("CO", "45")})
"""What a contract takes off the price; nobody pays it."""
BY_OTHERS: Final = ("OA", "23")
"""What earlier payers have paid or taken off."""
OWN: Final = frozenset({Reason.COINSURANCE, Reason.COPAY})
PLANNED: Final = frozenset({*OWN, Reason.DEDUCTIBLE})
"""Why the patient pays though everything is covered."""


class WrongAmount(Exception):
    """An amount has more decimals than its currency."""


@dataclass(frozen=True)
class Truth:
    """What became of a claim's charge; the parts are the charge.

    Attributes:
        paid: by the payer.
        patient: owed by the patient.
        written_off: nobody pays it.
        disputed: refused by the payer and not owed by the patient: to be appealed or closed.
        by_others: paid or taken off by earlier payers.
        used: what it uses up of the policy.
        outcome: `denied` as a whole, `partial` when something was refused.
    """

    paid: int = 0
    patient: int = 0
    written_off: int = 0
    disputed: int = 0
    by_others: int = 0
    used: Used = field(default_factory=Used)
    outcome: Outcome = "denied"


def minor(amount: Decimal, currency: str) -> int:
    """Minor units of an amount in a file.

    Raises:
        WrongAmount: it has more decimals than the currency.
    """
    shifted = amount.scaleb(exponent(currency))
    if shifted != shifted.to_integral_value():
        raise WrongAmount(f"{currency} has fewer decimals")
    return to_minor(amount, currency)


def truth_of(answer: ClaimAnswer, currency: str) -> Truth:
    """What an answer says; of a reversal, that nothing is decided any more.

    Raises:
        WrongAmount: an amount has more decimals than the currency.
    """
    if answer.status == REVERSAL:
        return Truth(disputed=-minor(answer.charge, currency))
    reasons = list(_reasons(answer))

    def total(wanted: Iterable[tuple[str, str]]) -> int:
        keys = set(wanted)
        found = (one.amount for one in reasons if (one.group, one.code) in keys)
        return minor(sum(found, Decimal(0)), currency)

    charge, paid = minor(answer.charge, currency), minor(answer.paid, currency)
    patient = minor(sum((one.amount for one in reasons if one.group == "PR"), Decimal(0)), currency)
    written_off, by_others = total(WRITTEN_OFF), total([BY_OTHERS])
    disputed = charge - paid - patient - written_off - by_others
    refused = disputed or any(one.group == "PR" and one.code not in PLANNED for one in reasons)
    return Truth(
        paid=paid,
        patient=patient,
        written_off=written_off,
        disputed=disputed,
        by_others=by_others,
        used=Used(
            deductible=total([("PR", Reason.DEDUCTIBLE)]),
            paid=paid,
            own=total(("PR", code) for code in OWN),
        ),
        outcome="denied" if answer.status == DENIED else "partial" if refused else "complete",
    )


def codes_of(answer: ClaimAnswer) -> list[str]:
    """The reasons of an answer, as `CO-45`, each once."""
    return sorted({f"{one.group}-{one.code}" for one in _reasons(answer)})


def _reasons(answer: ClaimAnswer) -> Sequence[Adjustment]:
    return [*answer.adjustments, *(one for line in answer.lines for one in line.adjustments)]


@dataclass(frozen=True)
class Standing:
    """What stands on an invoice for a payer before an answer.

    Attributes:
        expected: what the payer owes as far as we know.
        settled, written_off: of that, and beside it.
        patient_share, patient_settled: of the invoice.
        later: what the payers after this one are expected to pay and have not paid.
    """

    expected: int
    settled: int
    written_off: int
    patient_share: int
    patient_settled: int
    later: int


@dataclass(frozen=True)
class Shift:
    """What an answer moves.

    Attributes:
        expected: what the payer owes altogether now.
        written_off: more for nobody to pay.
        to_patient: from the payers to the patient; negative moves back.
        from_later: what the payers after this one are expected to pay less.
        payer_settled: how much more is paid.
        surplus: of what the patient has paid; to be given back.
    """

    expected: int
    written_off: int
    to_patient: int
    from_later: int
    payer_settled: int
    surplus: int


class DoesNotFit(Exception):
    """The payer pays more than there is to pay."""


def shift(standing: Standing, truth: Truth) -> Shift:
    """What must move so that an invoice says what the payer's answer says.

    Raises:
        DoesNotFit: the payer pays more than patient and later payers owe.
    """
    expected = truth.paid + truth.disputed
    written_off = truth.written_off - standing.written_off
    freed = standing.expected - expected - written_off
    from_later = max(0, -(standing.patient_share + freed))
    if from_later > standing.later:
        raise DoesNotFit("more is paid than the invoice still asks for")
    to_patient = freed + from_later
    return Shift(
        expected=expected,
        written_off=written_off,
        to_patient=to_patient,
        from_later=from_later,
        payer_settled=truth.paid - standing.settled,
        surplus=max(0, standing.patient_settled - standing.patient_share - to_patient),
    )
