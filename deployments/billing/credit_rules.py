"""How much a credit note takes away. Pure; the last part of a line takes what is left of it."""

from dataclasses import dataclass
from decimal import Decimal

from deployments.billing import money


@dataclass(frozen=True)
class Billed:
    """A line of an invoice, and what was credited of it.

    Attributes:
        quantity: on the invoice.
        total: with tax.
        tax: in it.
        credited_quantity: credited before.
        credited_total: credited before, with tax.
        credited_tax: in it.
    """

    quantity: Decimal
    total: int
    tax: int
    credited_quantity: Decimal = Decimal(0)
    credited_total: int = 0
    credited_tax: int = 0

    @property
    def left(self) -> int:
        """What can be credited yet."""
        return self.total - self.credited_total


@dataclass(frozen=True)
class Credit:
    """What is credited of a line; the tax is in the total."""

    total: int
    tax: int


def credit_quantity(line: Billed, quantity: Decimal) -> Credit:
    """Credits so many of a line; with the last one goes all that is left.

    Raises:
        ValueError: more than is left.
    """
    reached = line.credited_quantity + quantity
    if quantity <= 0 or reached > line.quantity:
        raise ValueError("more than was billed")
    if reached == line.quantity:
        return Credit(line.left, line.tax - line.credited_tax)
    amount = money.rounded(Decimal(line.total) * quantity / line.quantity)
    return _taxed(line, min(amount, line.left))


def credit_amount(line: Billed, amount: int) -> Credit:
    """Credits an amount, tax included, of a line.

    Raises:
        ValueError: more than is left.
    """
    if not 0 < amount <= line.left:
        raise ValueError("more than was billed")
    return _taxed(line, amount)


def _taxed(line: Billed, amount: int) -> Credit:
    """With the tax that brings all that was credited to its share of the tax.

    Rounded over all credits together, not each by itself: else what was lost by rounding many
    small ones would be more tax than amount in the last.
    """
    if amount == line.left:
        return Credit(amount, line.tax - line.credited_tax)
    reached = money.rounded(Decimal(line.tax) * (line.credited_total + amount) / line.total)
    return Credit(amount, max(0, reached - line.credited_tax))


@dataclass(frozen=True)
class Parts:
    """Who owes less by how much, and what of it was paid already and is to be given back."""

    patient: int
    payer: int
    patient_surplus: int
    payer_surplus: int


def divide(
    amount: int,
    *,
    patient_weight: int,
    payer_weight: int,
    patient_share: int,
    payer_share: int,
    patient_settled: int,
    payer_settled: int,
) -> Parts:
    """Divides a credit between patient and payer.

    As the credited lines were divided when they were issued, but nobody is credited more than
    their share of the invoice as it is now.

    Args:
        amount: of the credit note; at most both shares together.
        patient_weight: the patient's part of the credited lines at issue.
        payer_weight: the payer's.
        patient_share: of the invoice now.
        payer_share: of the invoice now.
        patient_settled: what the patient paid of it.
        payer_settled: what the payer paid of it.
    """
    patient, _ = money.split(amount, [patient_weight, payer_weight])
    patient = min(max(patient, amount - payer_share), patient_share)
    payer = amount - patient
    return Parts(
        patient=patient,
        payer=payer,
        patient_surplus=max(patient_settled - (patient_share - patient), 0),
        payer_surplus=max(payer_settled - (payer_share - payer), 0),
    )
