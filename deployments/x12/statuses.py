"""Whether claims were taken in, 277CA (005010X214): written by the payer, read by the hospital."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from deployments.x12.reading import Reading
from deployments.x12.shapes import Claim, Status
from deployments.x12.writing import Written, plain

ACCEPTED: Final = frozenset({"A1", "A2"})
"""Status categories of claims that go on: received, accepted into adjudication."""


def segments(claim: Claim, status: Status, at: datetime) -> Iterator[Written]:
    """The answer to one claim between ST and SE."""
    taken = "WQ" if status.accepted else "U"
    today, total = at.date(), claim.charge
    yield "BHT", "0085", "08", claim.number, today, f"{at:%H%M%S}", "TH"
    yield "HL", "1", "", "20", "1"
    yield "NM1", "PR", "2", plain(claim.payer.name), "", "", "", "", "PI", claim.payer.code
    yield "TRN", "1", claim.number
    yield "DTP", "050", "D8", today
    yield "DTP", "009", "D8", today
    yield "HL", "2", "1", "21", "1"
    hospital = claim.hospital
    yield "NM1", "41", "2", plain(hospital.name), "", "", "", "", "46", hospital.code
    yield "TRN", "2", claim.number
    yield from _statistics(status, "PR", today, total)
    yield "HL", "3", "2", "19", "1"
    yield "NM1", "85", "2", plain(hospital.name), "", "", "", "", "FI", hospital.tax_number
    yield "TRN", "1", claim.number
    yield from _statistics(status, "85", today, total)
    yield "HL", "4", "3", "PT"
    insured = claim.insured
    yield (
        "NM1",
        "QC",
        "1",
        insured.last_name,
        insured.first_name,
        "",
        "",
        "",
        "MI",
        insured.member_id,
    )
    yield "TRN", "2", claim.number
    yield "STC", (status.category, status.code), today, taken, total
    if status.payer_claim_number:
        yield "REF", "1K", status.payer_claim_number
    days = [line.day for line in claim.lines]
    yield "DTP", "472", "RD8", f"{min(days):%Y%m%d}-{max(days):%Y%m%d}"


def _statistics(status: Status, entity: str, today: date, total: Decimal) -> Iterator[Written]:
    """How many claims were taken in, of the batch and of the hospital: here always one."""
    yield "STC", ("A1", "19", entity), "" if entity == "85" else today, "WQ", total
    quantities = {"PR": ("90", "AA"), "85": ("QA", "QC")}
    yield "QTY", quantities[entity][not status.accepted], "1"
    yield "AMT", "YU" if status.accepted else "YY", total


def read(reading: Reading) -> list[Status]:
    """What became of each claim inside.

    Raises:
        ValueError: a claim has no status.
    """
    found: list[Status] = []
    number = ""
    for one in reading.segments:
        if one.loop != "2200D":
            continue
        if one.id == "TRN":
            number = one.get("02")
        elif one.id == "STC":
            category = one.get("01-1")
            found.append(Status(number, category in ACCEPTED, category, one.get("01-2")))
        elif one.id == "REF" and one.get("01") == "1K":
            last = found.pop()
            found.append(Status(number, last.accepted, last.category, last.code, one.get("02")))
    if not found:
        raise ValueError("no claim in it")
    return found
