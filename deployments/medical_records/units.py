"""Units of measurement, UCUM: which ones a quantity may come in, and the conversion.

A unit in a request is looked up in `ACCEPTED` before it reaches the library: UCUM allows
exponents, and one of the library's answers to `10*9999999999` is minutes of arithmetic.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from threading import Lock
from typing import Any, Final

PERCENT: Final = "%"
SCORE: Final = "{score}"
ACCEPTED: Final[Mapping[str, frozenset[str]]] = {
    "kg": frozenset({"kg", "g", "[lb_av]", "[oz_av]"}),
    "cm": frozenset({"cm", "m", "mm", "[in_i]", "[ft_i]"}),
    "Cel": frozenset({"Cel", "[degF]", "K"}),
    "mm[Hg]": frozenset({"mm[Hg]", "kPa"}),
    "/min": frozenset({"/min", "{beats}/min", "{breaths}/min", "/s"}),
    "L/min": frozenset({"L/min", "mL/min"}),
    "kg/m2": frozenset({"kg/m2"}),
    PERCENT: frozenset({PERCENT}),
    SCORE: frozenset({SCORE}),
}
"""By the unit that we keep, those that are taken in."""

_loading: Final = Lock()


def convert(value: Decimal, unit: str, to: str, decimals: int) -> Decimal:
    """The quantity in another unit, rounded to `decimals`; as it is in its own.

    Args:
        value: in `unit`.
        unit: one of `ACCEPTED[to]`.
        to: a unit that we keep.
        decimals: digits behind the point of a converted value.
    """
    if unit == to:
        return value
    scale, offset = _line(unit, to)
    return round(value * scale + offset, decimals)


@cache
def _line(unit: str, to: str) -> tuple[Decimal, Decimal]:
    """Scale and offset between two units, from the library; asked once for each pair."""
    convert_float = _converter(unit, to)
    offset = convert_float(0.0)
    scale = convert_float(1.0) - offset
    return Decimal(f"{scale:.12g}"), Decimal(f"{offset:.12g}")


def _converter(unit: str, to: str) -> Callable[[float], float]:
    with _loading:
        registry = _registry()
        source, target = (registry.from_ucum(one).units for one in (unit, to))
    return lambda value: float(registry.Quantity(value, source).to(target).magnitude)


@cache
def _registry() -> Any:
    """UCUM for pint: 0.9 s to load, so only when the first value comes in a foreign unit."""
    from ucumvert import PintUcumRegistry  # noqa: PLC0415

    return PintUcumRegistry()
