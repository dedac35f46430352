"""Price lists as files: CSV with kind,code,name_en,name_vi,price; the price as people write it."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from deployments.billing import money
from deployments.billing.errors import PriceFileInvalid
from deployments.billing.price_schemas import Code, Price

COLUMNS: Final = ("kind", "code", "name_en", "name_vi", "price")
MOST_LINES: Final = 20_000
CODE: Final[TypeAdapter[str]] = TypeAdapter(Code)


def read_prices(content: bytes, currency: str) -> list[Price]:
    """The prices in a file, in minor units.

    Args:
        content: UTF-8, the first line names the columns.
        currency: of the prices; it has no more decimals than the file gives.

    Raises:
        PriceFileInvalid: it cannot be read; the detail names the line.
    """
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise PriceFileInvalid(f"the first line must be {','.join(COLUMNS)}")
        rows = list(reader)
    except UnicodeDecodeError:
        raise PriceFileInvalid("the file is not UTF-8") from None
    except csv.Error as error:
        raise PriceFileInvalid(f"not CSV: {error}") from None
    if not 0 < len(rows) <= MOST_LINES:
        raise PriceFileInvalid(f"1 to {MOST_LINES} lines")
    return list(_each_once(_price(number, row, currency) for number, row in enumerate(rows, 2)))


def _price(number: int, row: dict[str | Any, Any], currency: str) -> Price:
    if None in row or None in row.values():
        raise PriceFileInvalid(f"line {number}: {len(COLUMNS)} columns")
    try:
        amount = Decimal(row["price"])
        if not 0 <= amount.scaleb(money.exponent(currency)) <= money.LARGEST:
            raise PriceFileInvalid(f"line {number}: the price is too small or too large")
        minor = money.to_minor(amount, currency)
        if money.to_major(minor, currency) != amount:
            raise PriceFileInvalid(f"line {number}: {currency} has no such decimals")
        values = {name: row[name] for name in COLUMNS if name != "price"}
        CODE.validate_python(row["code"])
        price = Price.model_validate({**values, "unit_price": minor})
    except InvalidOperation:
        raise PriceFileInvalid(f"line {number}: the price is no number") from None
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "code"
        raise PriceFileInvalid(f"line {number}: {where}: {error.errors()[0]['msg']}") from None
    if not (price.name_en and price.name_vi):
        raise PriceFileInvalid(f"line {number}: names in both languages")
    return price


def _each_once(prices: Iterator[Price]) -> Iterator[Price]:
    seen: set[tuple[str, str]] = set()
    for number, price in enumerate(prices, 2):
        key = (price.kind, price.code)
        if key in seen:
            raise PriceFileInvalid(f"line {number}: {price.kind} {price.code} stands there twice")
        seen.add(key)
        yield price


@cache
def demo_prices() -> bytes:
    """The demo hospital's price list in VND, for everything that it has."""
    return (files("deployments.billing") / "data" / "prices.csv").read_bytes()
