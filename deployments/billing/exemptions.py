"""What is waived, by named rules. Pure; each rule looks at one charge and the facts about it.

The rules and their percentages are the house's own. What Vietnamese health insurance pays for
poor households, children under six and others is no exemption but the payer's share.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from deployments.billing.accounts import Area

FOLLOW_UP_WITHIN: Final = timedelta(days=3)
"""A visit to the same doctor within so long of the one before is free."""
NOTHING: Final = Decimal(0)
EVERYTHING: Final = Decimal(100)


class Category(StrEnum):
    """Why a patient pays less; shown by a document and approved by another person."""

    HARDSHIP = "hardship"
    STAFF = "staff"
    CLINICAL_TRIAL = "clinical-trial"


@dataclass(frozen=True)
class Facts:
    """What rules look at.

    Attributes:
        area: where it was done.
        code: what was done.
        performed_at: when.
        categories: of the patient, approved and valid on that day.
        previous_visit: when the patient was at the same doctor before, if that was charged.
    """

    area: Area
    code: str
    performed_at: datetime
    categories: Collection[Category]
    previous_visit: datetime | None = None


Rule = Callable[[Facts], Decimal]


def follow_up(facts: Facts) -> Decimal:
    """A visit soon after another to the same doctor is free."""
    if facts.area is not Area.CONSULTATION or facts.previous_visit is None:
        return NOTHING
    soon = facts.performed_at - facts.previous_visit <= FOLLOW_UP_WITHIN
    return EVERYTHING if soon else NOTHING


def hardship(facts: Facts) -> Decimal:
    """Who cannot pay is let off half of everything but drugs, which the hospital buys itself."""
    spared = Category.HARDSHIP in facts.categories and facts.area is not Area.PHARMACY
    return Decimal(50) if spared else NOTHING


def staff(facts: Facts) -> Decimal:
    """Staff are seen free of charge."""
    spared = Category.STAFF in facts.categories and facts.area is Area.CONSULTATION
    return EVERYTHING if spared else NOTHING


def clinical_trial(facts: Facts) -> Decimal:
    """The sponsor of a trial pays its tests."""
    spared = Category.CLINICAL_TRIAL in facts.categories and facts.area is Area.LABORATORY
    return EVERYTHING if spared else NOTHING


RULES: Final[tuple[Rule, ...]] = (follow_up, hardship, staff, clinical_trial)


@dataclass(frozen=True)
class Waiver:
    """How much is waived, and the rule that says so; an empty name when none does."""

    percent: Decimal
    rule: str


def waive(facts: Facts) -> Waiver:
    """The rule that waives most; rules do not add up."""
    best = max(RULES, key=lambda rule: rule(facts))
    percent = best(facts)
    return Waiver(percent, best.__name__ if percent else "")


def last_charged(visits: Sequence[datetime], at: datetime) -> datetime | None:
    """The last visit before `at` that was charged: free follow-ups do not make others free.

    Args:
        visits: to one doctor, oldest first.
        at: begin of the visit in question.
    """
    charged: datetime | None = None
    for visit in visits:
        if visit >= at:
            break
        if charged is None or visit - charged > FOLLOW_UP_WITHIN:
            charged = visit
    return charged
