"""What an insurance plan pays, as data: the rules that `shares` calculates with."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field

from deployments.billing.accounts import Area
from deployments.billing.money import LARGEST
from deployments.schemas import Schema

Amount = Annotated[int, Field(ge=0, le=LARGEST)]
Percent = Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)]
Days = Annotated[int, Field(ge=0, le=3650)]
Level = Annotated[str, Field(min_length=1, max_length=20)]
Code = Annotated[str, Field(min_length=1, max_length=48)]
ANY_LEVEL: Final = "*"
LONG_INSURED: Final = timedelta(days=5 * 365 + 1)


class Benefits(Schema):
    """The rules of one plan. Amounts are minor units of the plan's currency.

    Attributes:
        percent: what the payer pays of covered charges, by benefit level; `*` is any level.
        copay: the patient's part of each visit, before percentages.
        deductible: what the patient pays first in a year.
        visit_ceiling: the most that the payer pays for a visit.
        year_ceiling: the most that the payer pays in a year.
        full_below: a visit that costs less is paid in full.
        full_beyond: once the patient's co-payments of the year reach it, the rest is paid in full;
            only after five years of insurance without a gap.
        exempt_levels: benefit levels without co-pay, deductible and co-insurance.
        waiting_days: by area, how long after the beginning nothing is paid.
        excluded_areas: never covered.
        excluded_codes: never covered.
        preauthorized_codes: covered only when the payer agreed before.
        filing_days: how long after the service a claim is taken.
    """

    percent: dict[Level, Percent] = Field(min_length=1)
    copay: Amount = 0
    deductible: Amount = 0
    visit_ceiling: Amount | None = None
    year_ceiling: Amount | None = None
    full_below: Amount = 0
    full_beyond: Amount | None = None
    exempt_levels: frozenset[Level] = frozenset()
    waiting_days: dict[Area, Days] = Field(default_factory=dict)
    excluded_areas: frozenset[Area] = frozenset()
    excluded_codes: frozenset[Code] = frozenset()
    preauthorized_codes: frozenset[Code] = frozenset()
    filing_days: Annotated[int, Field(ge=1, le=3650)] = 365

    def percent_of(self, level: str) -> Decimal:
        """What is paid of covered charges at a benefit level; nothing at one that is not known."""
        rates: Mapping[str, Decimal] = self.percent
        return rates.get(level, rates.get(ANY_LEVEL, Decimal(0)))


def insured_long(starts_on: date, day: date) -> bool:
    """Whether somebody has been insured for five years without a gap."""
    return day - starts_on >= LONG_INSURED
