"""Counters of legal numbers: a number is taken in the transaction that uses it, or not at all."""

from typing import Final

from sqlalchemy import Connection, text

TAKE: Final = text(
    "INSERT INTO number_counters (series, year, last) VALUES (:series, :year, 1)"
    " ON CONFLICT (series, year) DO UPDATE SET last = number_counters.last + 1 RETURNING last"
)


def take(connection: Connection, series: str, year: int) -> int:
    """The next number of a series in a year, from 1.

    The counter stays locked until the transaction ends, and goes back when it fails: so take it
    last, when nothing can be refused any more.
    """
    return int(connection.execute(TAKE, {"series": series, "year": year}).scalar_one())
