"""Accession numbers: unique, without gaps, with a check digit.

`YYMMDD`, the number on that day in at least five digits, and the check digit of ISO/IEC 7064,
MOD 11,10: a digit that was misread, or two that were swapped, never make another valid number.
"""

from datetime import date

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from storage.laboratory.tables import ACCESSION_SERIES

_NEW = insert(ACCESSION_SERIES)
_TAKE = _NEW.on_conflict_do_update(
    index_elements=["day"], set_={"last": ACCESSION_SERIES.c.last + _NEW.excluded.last}
).returning(ACCESSION_SERIES.c.last)


def next_accessions(connection: Connection, day: date, count: int) -> list[str]:
    """Takes the next numbers of a day.

    The row of the day stays locked until the caller's transaction ends, so that one that is
    rolled back leaves no gap.
    """
    if count == 0:
        return []
    last = connection.execute(_TAKE, {"day": day, "last": count}).scalar_one()
    return [accession(day, number) for number in range(last - count + 1, last + 1)]


def accession(day: date, number: int) -> str:
    """The number as it is printed."""
    digits = f"{day:%y%m%d}{number:05d}"
    return digits + check_digit(digits)


def check_digit(digits: str) -> str:
    """The check digit of ISO/IEC 7064, MOD 11,10."""
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)
