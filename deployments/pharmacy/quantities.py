"""Amounts in dispensing units: what is counted comes whole, what is measured to a thousandth."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, Field, PlainSerializer

from deployments.errors import FieldError
from deployments.pharmacy.stock_errors import QuantityNotPossible

MEASURED: Final = frozenset({"mL", "L", "g", "mg"})
"""UCUM units that a pharmacy measures; everything else (tablets, ampoules) is counted."""

MOST: Final = 1_000_000_000
"""Fewer dispensing units than this stand in one column."""


def _trimmed(value: Decimal) -> Decimal:
    """Without zeros at the end, and never in exponents: 10, not 1E+1."""
    return Decimal(format(value.normalize(), "f"))


_as_number: Callable[[Decimal], float] = float
Amount = Annotated[
    Decimal,
    Field(ge=0, lt=MOST, decimal_places=3),
    AfterValidator(_trimmed),
    PlainSerializer(_as_number, return_type=float, when_used="json"),
]
"""Zero or more dispensing units; a number in JSON."""
Quantity = Annotated[Amount, Field(gt=0)]
"""More than zero dispensing units."""
Change = Annotated[
    Decimal,
    Field(gt=-MOST, lt=MOST, decimal_places=3),
    AfterValidator(_trimmed),
    PlainSerializer(_as_number, return_type=float, when_used="json"),
]
"""Dispensing units, signed."""


def check_quantity(quantity: Decimal, unit: str, pointer: str) -> None:
    """Passes when so much of the unit can be handled.

    Raises:
        QuantityNotPossible: a part of something that is counted, or a billion and more.
    """
    if abs(quantity) >= MOST:
        message = f"Less than {MOST} {unit}."
        raise QuantityNotPossible(message, [FieldError(pointer, "too_much", message)])
    if unit not in MEASURED and quantity != quantity.to_integral_value():
        message = f"{unit} is counted: send a whole number."
        raise QuantityNotPossible(message, [FieldError(pointer, "not_whole", message)])
