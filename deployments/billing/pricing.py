"""What a line costs: its price components, in one order, rounded once each. Pure.

base + surcharge - exemption - discount = net, and tax on the net:
- base: unit price by quantity;
- surcharge: percent of the base, by rule (`surcharge_percent`);
- exemption: percent of base and surcharge that a rule waives (`exemptions.py`);
- discount: percent or amount of what is left, never more than that;
- tax: percent of the net. That tax is on the discounted price is how Vietnamese VAT treats trade
  discounts (Circular 219/2013/TT-BTC, article 7); the rest of the order is ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from decimal import Decimal
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from deployments.billing import money
from deployments.billing.accounts import Area

TAX_PERCENT: Final[Mapping[Area, Decimal]] = MappingProxyType({Area.PHARMACY: Decimal(5)})
"""VAT by area, percent; what is not listed is not subject to it.

Viet Nam's Law on VAT 48/2024/QH15 (as 13/2008/QH12 before it): medical services are not subject
to VAT (article 5), medicines bear 5 % (article 9).
"""
URGENT_PERCENT: Final = Decimal(20)
"""Surcharge of tests that are done out of turn (ours)."""
OUT_OF_HOURS_PERCENT: Final = Decimal(30)
"""Surcharge of visits in the evening, at night and on Sundays (ours)."""
DAY_BEGINS: Final = time(7)
DAY_ENDS: Final = time(18)
SUNDAY: Final = 7


@dataclass(frozen=True)
class Line:
    """One charge with its price components, minor units.

    Attributes:
        unit_price: of one, without tax.
        tax_percent: None when not subject to tax.
    """

    quantity: Decimal
    unit_price: int
    base: int
    surcharge: int = 0
    exemption: int = 0
    discount: int = 0
    tax_percent: Decimal | None = None

    @property
    def left(self) -> int:
        """What a discount may take away."""
        return self.base + self.surcharge - self.exemption

    @property
    def net(self) -> int:
        """Without tax."""
        return self.left - self.discount

    @property
    def tax(self) -> int:
        """Tax on the net."""
        return money.part(self.net, self.tax_percent) if self.tax_percent else 0

    @property
    def total(self) -> int:
        """What is owed for it."""
        return self.net + self.tax


@dataclass(frozen=True)
class Rebate:
    """An approved discount: percent of a price, or an amount of minor units."""

    percent: Decimal | None = None
    amount: int | None = None

    def of(self, left: int) -> int:
        """How much it takes from what is left, which is the most that it takes."""
        wanted = money.part(left, self.percent) if self.percent else self.amount or 0
        return min(wanted, left)


def price(
    quantity: Decimal,
    unit_price: int,
    area: Area,
    *,
    surcharge: Decimal = Decimal(0),
    exemption: Decimal = Decimal(0),
) -> Line:
    """A line before discounts.

    Args:
        quantity: how much was done.
        unit_price: minor units.
        area: which decides on the tax.
        surcharge: percent of the base.
        exemption: percent of base and surcharge that is waived.
    """
    base = money.rounded(quantity * unit_price)
    more = money.part(base, surcharge)
    return Line(
        quantity=quantity,
        unit_price=unit_price,
        base=base,
        surcharge=more,
        exemption=money.part(base + more, exemption),
        tax_percent=TAX_PERCENT.get(area),
    )


def discounted(
    lines: Sequence[Line], own: Mapping[int, Rebate], common: Rebate | None
) -> list[Line]:
    """The lines after discounts.

    Args:
        lines: of a draft.
        own: by index, the discount of a line; it has no part in the common one.
        common: the discount of the draft; an amount is split over its lines by what they cost.
    """
    result = [
        replace(line, discount=own[index].of(line.left)) if index in own else line
        for index, line in enumerate(lines)
    ]
    others = [index for index in range(len(lines)) if index not in own]
    if common is None or not others:
        return result
    left = [lines[index].left for index in others]
    for index, part in zip(others, money.split(common.of(sum(left)), left), strict=True):
        result[index] = replace(lines[index], discount=min(part, lines[index].left))
    return result


def surcharge_percent(
    area: Area, performed_at: datetime, zone: ZoneInfo, *, urgent: bool
) -> Decimal:
    """The surcharge of a charge, percent: urgent tests, and visits out of hours.

    Args:
        area: where it was done.
        performed_at: when.
        zone: of the hospital.
        urgent: it was asked for out of turn.
    """
    if area is Area.LABORATORY and urgent:
        return URGENT_PERCENT
    local = performed_at.astimezone(zone)
    by_day = local.isoweekday() != SUNDAY and DAY_BEGINS <= local.time() < DAY_ENDS
    if area is Area.CONSULTATION and not by_day:
        return OUT_OF_HOURS_PERCENT
    return Decimal(0)
