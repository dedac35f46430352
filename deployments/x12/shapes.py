"""What claims and their answers say, without the grammar of X12. Amounts are in major units."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Adjustment:
    """Why less was paid than charged (CAS).

    Attributes:
        group: CO contract, PR the patient's, OA other, PI the payer's own.
        code: claim adjustment reason code (CARC).
    """

    group: str
    code: str
    amount: Decimal


@dataclass(frozen=True)
class Hospital:
    """Who was paid for what it did.

    Attributes:
        code: of the sender, at most 15 characters.
        tax_number: as on invoices.
    """

    code: str
    name: str
    tax_number: str
    street: str
    city: str
    country: str
    telephone: str


@dataclass(frozen=True)
class Payer:
    """An insurer.

    Attributes:
        code: its identifier, at most 15 characters.
        filing: claim filing indicator (SBR09, CLP06): `15` indemnity insurance, `OF` public.
    """

    code: str
    name: str
    filing: str = "15"


@dataclass(frozen=True)
class Insured:
    """The insured person, who is the patient; each has a number of their own."""

    member_id: str
    last_name: str
    first_name: str
    birth_date: date
    sex: str


@dataclass(frozen=True)
class LineAnswer:
    """What a payer made of one line.

    Attributes:
        control_number: of the line, as the hospital numbered it (REF 6R).
    """

    control_number: str
    code: str
    charge: Decimal
    paid: Decimal
    quantity: Decimal
    day: date
    adjustments: tuple[Adjustment, ...] = ()


@dataclass(frozen=True)
class EarlierPayer:
    """What an earlier payer of the same claim has answered (coordination of benefits)."""

    payer: Payer
    member_id: str
    paid: Decimal
    answered_on: date
    lines: tuple[LineAnswer, ...]


@dataclass(frozen=True)
class ClaimLine:
    """One thing that was done.

    Attributes:
        code: of the hospital's price list, agreed with the payer (qualifier ER).
    """

    control_number: str
    code: str
    charge: Decimal
    quantity: Decimal
    day: date


@dataclass(frozen=True)
class Claim:
    """A claim as it is sent (837P).

    Attributes:
        number: the hospital's, at most 20 characters (CLM01).
        frequency: 1 original, 7 replaces, 8 voids the claim `payer_claim_number`.
        sequence: P primary, S secondary, T tertiary.
        diagnoses: ICD-10 with its dot; the first is the main one.
        earlier: payers that have answered already, in their order.
    """

    number: str
    frequency: str
    sequence: str
    hospital: Hospital
    payer: Payer
    insured: Insured
    currency: str
    diagnoses: tuple[str, ...]
    lines: tuple[ClaimLine, ...]
    preauthorization: str = ""
    payer_claim_number: str = ""
    earlier: tuple[EarlierPayer, ...] = ()

    @property
    def charge(self) -> Decimal:
        """Of all lines."""
        return sum((line.charge for line in self.lines), Decimal(0))


@dataclass(frozen=True)
class Status:
    """Whether a claim was taken in (277CA).

    Attributes:
        accepted: it goes on to be adjudicated.
        category, code: health care claim status category and status code.
        payer_claim_number: the payer's number of an accepted claim.
    """

    number: str
    accepted: bool
    category: str
    code: str
    payer_claim_number: str = ""


@dataclass(frozen=True)
class ClaimAnswer:
    """What a payer made of one claim (CLP).

    Attributes:
        status: 1 processed as primary, 2 as secondary, 3 as tertiary, 4 denied, 22 reversal.
        patient: what the patient owes.
    """

    number: str
    status: str
    charge: Decimal
    paid: Decimal
    patient: Decimal
    payer_claim_number: str
    filing: str
    insured: Insured | None = None
    lines: tuple[LineAnswer, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()


@dataclass(frozen=True)
class Remittance:
    """A payment and what it is for (835).

    Attributes:
        trace_number: of the payment (TRN02).
        amount: what was paid (BPR02).
        withheld: what was taken off the whole payment (PLB): positive reduces it.
    """

    trace_number: str
    payer: Payer
    payee_code: str
    payee_name: str
    amount: Decimal
    currency: str
    paid_on: date
    claims: tuple[ClaimAnswer, ...]
    withheld: Decimal = Decimal(0)


class Unbalanced(Exception):
    """The sums of a remittance do not agree; its text says which."""


def check_balanced(remittance: Remittance) -> None:
    """Passes when payment, claims, lines and adjustments add up.

    These are the three balancing rules of the implementation guide 005010X221A1, section 1.10.2:
    of a service line, of a claim, of the whole.

    Raises:
        Unbalanced: a sum is off.
    """
    paid = sum((claim.paid for claim in remittance.claims), Decimal(0))
    if remittance.amount != paid - remittance.withheld:
        raise Unbalanced("the payment is not what the claims add up to")
    for claim in remittance.claims:
        _check_claim(claim)


def _check_claim(claim: ClaimAnswer) -> None:
    reasons = [*claim.adjustments, *(one for line in claim.lines for one in line.adjustments)]
    taken = sum((one.amount for one in reasons), Decimal(0))
    if claim.charge - taken != claim.paid:
        raise Unbalanced(f"claim {claim.number}: charge less adjustments is not what was paid")
    for line in claim.lines:
        if line.charge - sum(one.amount for one in line.adjustments) != line.paid:
            raise Unbalanced(f"claim {claim.number}: a line does not add up")
    if claim.lines and claim.charge != sum(line.charge for line in claim.lines):
        raise Unbalanced(f"claim {claim.number}: the lines are not the charge")
    patient = sum((one.amount for one in reasons if one.group == "PR"), Decimal(0))
    if claim.status != "22" and claim.patient != patient:
        raise Unbalanced(f"claim {claim.number}: the patient's part is not what the reasons say")
