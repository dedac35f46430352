"""Who pays what of a visit: pure rules, in whole minor units.

For each line: what the payer pays, and for everything else a reason. The reasons are claim
adjustment reason codes (CARC, the external code list of X12), so that an estimate and a payer's
answer speak of the same thing. Payer and patient together are always the charge.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

from deployments.billing.accounts import Area
from deployments.billing.benefits import Benefits
from deployments.billing.money import LARGEST, part

FULL: Final = Decimal(100)


class Reason(StrEnum):
    """Why the patient pays (CARC)."""

    DEDUCTIBLE = "1"
    COINSURANCE = "2"
    COPAY = "3"
    NOT_COVERED = "96"
    CEILING = "119"
    WAITING = "179"


OWN: Final = frozenset({Reason.COINSURANCE, Reason.COPAY})
"""Reasons that count towards the co-payments of the year."""


@dataclass(frozen=True)
class Charge:
    """One line of a visit.

    Attributes:
        amount: minor units, zero or more.
    """

    area: Area
    code: str
    amount: int


@dataclass(frozen=True)
class Used:
    """What a policy has used up in a year.

    Attributes:
        deductible: of the deductible, paid by the patient.
        paid: by the payer.
        own: co-payments and co-insurance of the patient.
    """

    deductible: int = 0
    paid: int = 0
    own: int = 0

    def plus(self, other: "Used") -> "Used":
        """Both together."""
        return Used(
            self.deductible + other.deductible, self.paid + other.paid, self.own + other.own
        )

    def minus(self, other: "Used") -> "Used":
        """What is left when the other is taken away."""
        return Used(
            self.deductible - other.deductible, self.paid - other.paid, self.own - other.own
        )


@dataclass(frozen=True)
class Policy:
    """A plan as one person has it on the day of a visit.

    Attributes:
        level: benefit level of the person.
        insured_days: since the beginning of the insurance.
        long_insured: for five years without a gap.
        used: in the year, before this visit.
    """

    benefits: Benefits
    level: str = ""
    insured_days: int = 0
    long_insured: bool = False
    used: Used = field(default_factory=Used)


@dataclass(frozen=True)
class LineShare:
    """Who pays a line.

    Attributes:
        payer: what the payer pays.
        reasons: what the patient pays, by reason; nothing is zero.
    """

    payer: int
    reasons: tuple[tuple[Reason, int], ...] = ()

    @property
    def patient(self) -> int:
        """What the patient pays."""
        return sum(amount for _, amount in self.reasons)

    def moved(self, reason: Reason, amount: int) -> "LineShare":
        """With an amount moved from the payer to the patient."""
        if amount == 0:
            return self
        return LineShare(self.payer - amount, (*self.reasons, (reason, amount)))


@dataclass(frozen=True)
class Shares:
    """Who pays a visit, line by line, and what that uses up of the policy."""

    lines: tuple[LineShare, ...]

    @property
    def payer(self) -> int:
        """What the payer pays altogether."""
        return sum(line.payer for line in self.lines)

    @property
    def patient(self) -> int:
        """What the patient pays altogether."""
        return sum(line.patient for line in self.lines)

    @property
    def used(self) -> Used:
        """What the visit uses up."""
        reasons = [one for line in self.lines for one in line.reasons]
        return Used(
            deductible=sum(amount for why, amount in reasons if why == Reason.DEDUCTIBLE),
            paid=self.payer,
            own=sum(amount for why, amount in reasons if why in OWN),
        )


def share(charges: Sequence[Charge], policy: Policy) -> Shares:
    """Who pays a visit under one policy.

    In this order: exclusions and waiting periods, deductible of the year, co-pay of the visit,
    co-insurance, ceilings of visit and year.
    """
    benefits = policy.benefits
    lines = [_covered(charge, policy) for charge in charges]
    exempt = policy.level in benefits.exempt_levels
    if not exempt and sum(charge.amount for charge in charges) >= benefits.full_below:
        left = max(benefits.deductible - policy.used.deductible, 0)
        lines = _take(lines, Reason.DEDUCTIBLE, left)
        copay = min(benefits.copay, _own_left(policy, policy.used.own))
        lines = _take(lines, Reason.COPAY, copay)
        lines = _coinsure(lines, policy)
    return Shares(tuple(_cap(lines, policy)))


def coordinate(charges: Sequence[Charge], policies: Sequence[Policy]) -> list[Shares]:
    """Who pays a visit under several policies in their order.

    Each next payer is asked for what the earlier ones left to the patient. The patient pays what
    the last one leaves.
    """
    shares: list[Shares] = []
    for policy in policies:
        shares.append(share(charges, policy))
        left = [line.patient for line in shares[-1].lines]
        charges = [replace(one, amount=rest) for one, rest in zip(charges, left, strict=True)]
    return shares


def _covered(charge: Charge, policy: Policy) -> LineShare:
    benefits, line = policy.benefits, LineShare(charge.amount)
    if charge.area in benefits.excluded_areas or charge.code in benefits.excluded_codes:
        return line.moved(Reason.NOT_COVERED, charge.amount)
    if policy.insured_days < benefits.waiting_days.get(charge.area, 0):
        return line.moved(Reason.WAITING, charge.amount)
    return line


def _take(lines: Sequence[LineShare], reason: Reason, amount: int) -> list[LineShare]:
    """Moves an amount to the patient, from the lines in their order as far as they reach."""
    moved: list[LineShare] = []
    for line in lines:
        taken = min(line.payer, amount)
        moved.append(line.moved(reason, taken))
        amount -= taken
    return moved


def _own_left(policy: Policy, own: int) -> int:
    """How much more the patient co-pays in the year."""
    limit = policy.benefits.full_beyond
    return max(limit - own, 0) if limit is not None and policy.long_insured else LARGEST


def _coinsure(lines: Sequence[LineShare], policy: Policy) -> list[LineShare]:
    rate = FULL - policy.benefits.percent_of(policy.level)
    own = policy.used.own + Shares(tuple(lines)).used.own
    moved: list[LineShare] = []
    for line in lines:
        taken = min(part(line.payer, rate), _own_left(policy, own))
        moved.append(line.moved(Reason.COINSURANCE, taken))
        own += taken
    return moved


def _cap(lines: Sequence[LineShare], policy: Policy) -> list[LineShare]:
    benefits = policy.benefits
    rooms = [
        ceiling
        for ceiling in (
            benefits.visit_ceiling,
            None
            if benefits.year_ceiling is None
            else max(benefits.year_ceiling - policy.used.paid, 0),
        )
        if ceiling is not None
    ]
    if not rooms:
        return list(lines)
    room = min(rooms)
    capped: list[LineShare] = []
    for line in lines:
        paid = min(line.payer, room)
        capped.append(line.moved(Reason.CEILING, line.payer - paid))
        room -= paid
    return capped
