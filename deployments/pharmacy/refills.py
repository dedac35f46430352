"""How much of a prescription's item may still be dispensed, and from which day on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from deployments.pharmacy.stock_errors import TooEarlyToRefill, TooMuchDispensed


@dataclass(frozen=True, slots=True)
class Authorised:
    """What the prescriber allows.

    Attributes:
        per_fill: dispensing units of one fill.
        repeats: fills after the first.
        days_supply: days that one fill lasts; None when nobody can say (as needed).
        fastest_days: days that it lasts at least, taken as often as is allowed.
    """

    per_fill: Decimal
    repeats: int
    days_supply: int | None
    fastest_days: int | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """What the patient was handed on a day and did not bring back, dispensing units."""

    day: date
    quantity: Decimal


def remaining(authorised: Authorised, fills: Iterable[Fill]) -> Decimal:
    """Dispensing units that may still be handed over: authorised less what was kept."""
    total = authorised.per_fill * (1 + authorised.repeats)
    return total - sum((fill.quantity for fill in fills), Decimal(0))


def open_in_fill(authorised: Authorised, fills: Iterable[Fill]) -> Decimal:
    """Dispensing units up to the end of the present fill; a whole one when none is begun."""
    given = sum((fill.quantity for fill in fills), Decimal(0))
    return authorised.per_fill - given % authorised.per_fill


def earliest_refill(
    authorised: Authorised, fills: Sequence[Fill], tolerance: Decimal
) -> date | None:
    """The first day of the next fill; None when it is today or a fill is not complete.

    A refill is due when `tolerance` of the last fill's days have passed since it was begun; of
    what is taken as needed, the days that it lasts at the most that is allowed (ours).
    Source: the "refill too soon" edit of pharmacy benefit claims (NCPDP reject code 79), which
    commonly stands at 75 to 85 percent of the days' supply.

    Args:
        authorised: what the prescriber allows.
        fills: oldest first.
        tolerance: share of the days' supply, 0 to 1.
    """
    lasts = authorised.days_supply or authorised.fastest_days
    if lasts is None:
        return None
    given, begun = Decimal(0), None
    for fill in fills:
        if fill.quantity <= 0:
            continue
        if given % authorised.per_fill == 0:
            begun = fill.day
        given += fill.quantity
    if begun is None or given % authorised.per_fill:
        return None
    days = (lasts * tolerance).to_integral_value(ROUND_CEILING)
    return begun + timedelta(days=int(days))


def taken_until(
    known: datetime | None, handed: Iterable[Authorised], now: datetime, as_needed_days: int
) -> datetime:
    """Until when the patient may take what is handed over now, or has been told to take.

    Args:
        known: as far as it was known before; counted from the signing.
        handed: what is handed over; it may be collected days after it was prescribed.
        now: the time.
        as_needed_days: for what nobody can say how long it lasts.
    """
    lasting = [now + timedelta(days=one.days_supply or as_needed_days) for one in handed]
    return max([known, *lasting] if known else lasting)


def check_fill(
    authorised: Authorised,
    fills: Sequence[Fill],
    quantity: Decimal,
    today: date,
    tolerance: Decimal,
) -> None:
    """Passes when `quantity` may be handed over today.

    Raises:
        TooMuchDispensed: it is more than remains, or goes beyond the present fill.
        TooEarlyToRefill: the last fill still lasts.
    """
    left = remaining(authorised, fills)
    if quantity > left:
        raise TooMuchDispensed(f"{left:f} may still be dispensed")
    due = earliest_refill(authorised, fills, tolerance)
    if due is not None and today < due:
        raise TooEarlyToRefill(f"the next fill is due on {due.isoformat()}")
    open_now = open_in_fill(authorised, fills)
    if quantity > open_now:
        raise TooMuchDispensed(f"{open_now:f} may be dispensed in this fill")
