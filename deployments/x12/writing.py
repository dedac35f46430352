"""Writing interchanges: segments, delimiters, counts and trailers are pyx12's; values are ours."""

import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from pyx12.segment import Segment
from pyx12.x12file import X12Writer

Kind = Literal["837P", "277CA", "835"]
Element = str | int | Decimal | date | tuple[str, ...]
"""A tuple is a composite element; a date is written CCYYMMDD."""
Written = Sequence[Element]
"""A segment: its identifier, then its elements."""
SEGMENT_END: Final = "~"
BETWEEN: Final = "*"
WITHIN: Final = ":"
NOT_ALLOWED: Final = re.compile(r"[^A-Z0-9 !\"&'()+,\-./;?=]+")
LARGEST_CONTROL_NUMBER: Final = 999_999_999


class _Words(NamedTuple):
    group: str
    version: str
    transaction: str


KINDS: Final[Mapping[Kind, _Words]] = {
    "837P": _Words("HC", "005010X222A1", "837"),
    "277CA": _Words("HN", "005010X214", "277"),
    "835": _Words("HP", "005010X221A1", "835"),
}
"""GS01, GS08 and ST01 of the implementation guides (X12 TR3)."""


@dataclass(frozen=True)
class Header:
    """Who writes to whom.

    Attributes:
        sender, receiver: ISA06 and ISA08, at most 15 characters.
        control_number: ISA13; 1 to 999,999,999, never used twice by a sender.
        at: when it was written.
    """

    kind: Kind
    sender: str
    receiver: str
    control_number: int
    at: datetime


def write(header: Header, segments: Iterable[Written]) -> str:
    """One interchange with one transaction in it.

    Raises:
        ValueError: the control number has more than nine digits.
    """
    if not 0 < header.control_number <= LARGEST_CONTROL_NUMBER:
        raise ValueError("interchange control numbers have nine digits")
    words = KINDS[header.kind]
    number = f"{header.control_number:09d}"
    version = () if header.kind == "835" else (words.version,)
    text = io.StringIO()
    with X12Writer(text, SEGMENT_END, BETWEEN, WITHIN) as writer:
        for segment in (
            ("ISA", "00", " " * 10, "00", " " * 10, "ZZ", f"{header.sender:15}", "ZZ",
             f"{header.receiver:15}", f"{header.at:%y%m%d}", f"{header.at:%H%M}", "^", "00501",
             number, "0", "P", WITHIN),
            ("GS", words.group, header.sender, header.receiver, f"{header.at:%Y%m%d}",
             f"{header.at:%H%M%S}", str(header.control_number), "X", words.version),
            ("ST", words.transaction, "0001", *version),
            *segments,
        ):  # fmt: skip
            writer.Write(_segment(segment))
    return text.getvalue()


def plain(text: str, longest: int = 60) -> str:
    """Text in the basic character set of X12: Latin capitals without marks (Nguyễn: NGUYEN).

    What has no Latin letter becomes a space; the answer may be empty.
    """
    parts = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    marks_off = "".join(one for one in parts if not unicodedata.combining(one)).upper()
    return " ".join(NOT_ALLOWED.sub(" ", marks_off).split())[:longest].strip()


def _segment(written: Written) -> Segment:
    identifier, *elements = written
    text = BETWEEN.join([str(identifier), *(_element(one) for one in elements)])
    return Segment(text, SEGMENT_END, BETWEEN, WITHIN)


def _element(value: Element) -> str:
    if isinstance(value, tuple):
        return WITHIN.join(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return f"{value:%Y%m%d}"
    return str(value)
