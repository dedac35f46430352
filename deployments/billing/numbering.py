"""Legal numbers: consecutive in each series and calendar year, never missing, never twice. Pure.

Up to eight digits that begin at 1 on the first of January and end at 99,999,999, as Viet Nam's
Decree 123/2020/ND-CP (article 10) has it for invoices; the letters in front are ours.
"""

from enum import StrEnum
from typing import Final

LAST: Final = 99_999_999


class Series(StrEnum):
    """What is numbered: invoices (hoá đơn) and credit notes (hoá đơn điều chỉnh)."""

    INVOICE = "HD"
    CREDIT_NOTE = "DC"


def legal_number(series: Series, year: int, sequence: int) -> str:
    """HD-2026-00000017.

    Raises:
        ValueError: the year has used up its numbers.
    """
    if not 1 <= sequence <= LAST:
        raise ValueError("a year has 99,999,999 numbers")
    return f"{series}-{year}-{sequence:08}"
