"""Payments and what they are for, 835 (005010X221A1): payers write, hospitals read."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from deployments.x12.elements import adjustments_of, cas, day_of, money
from deployments.x12.reading import Found, Reading
from deployments.x12.shapes import ClaimAnswer, LineAnswer, Payer, Remittance
from deployments.x12.writing import Written, plain

NO_PAYMENT: Final = "NON"


def segments(remittance: Remittance) -> Iterator[Written]:
    """The remittance between ST and SE."""
    payer, day = remittance.payer, remittance.paid_on
    amount = remittance.amount
    how = ("I", amount, "C", "BOP") if amount else ("H", amount, "C", NO_PAYMENT)
    yield "BPR", *how, *[""] * 11, day
    yield "TRN", "1", remittance.trace_number, f"1{payer.code[:9]:0>9}"
    yield "CUR", "PR", remittance.currency
    yield "N1", "PR", plain(payer.name), "XV", payer.code
    yield "N3", "HEAD OFFICE"
    yield "N4", "HA NOI", "", "", "VN"
    yield "PER", "BL", "CLAIMS"
    yield "N1", "PE", plain(remittance.payee_name), "FI", remittance.payee_code
    yield "LX", "1"
    for claim in remittance.claims:
        yield from _claim(claim)
    if remittance.withheld:
        reference = ("WO", remittance.trace_number)
        yield "PLB", remittance.payee_code, day, reference, remittance.withheld


def _claim(claim: ClaimAnswer) -> Iterator[Written]:
    patient = claim.patient or ""
    head = claim.number, claim.status, claim.charge, claim.paid, patient
    yield "CLP", *head, claim.filing, claim.payer_claim_number
    yield from cas(claim.adjustments)
    insured = claim.insured
    if insured is None:
        yield "NM1", "QC", "1"
    else:
        name = insured.last_name, insured.first_name
        yield "NM1", "QC", "1", *name, "", "", "", "MI", insured.member_id
    for line in claim.lines:
        yield "SVC", ("ER", line.code), line.charge, line.paid, "", line.quantity
        yield "DTM", "472", line.day
        yield from cas(line.adjustments)
        yield "REF", "6R", line.control_number


def read(reading: Reading) -> Remittance:
    """The remittance inside.

    Raises:
        ValueError: something that we need is missing, or is no number.
    """
    found = reading.segments
    money_, trace = _first(found, "BPR"), _first(found, "TRN")
    payer = next(one for one in _all(found, "N1") if one.get("01") == "PR")
    payee = next(one for one in _all(found, "N1") if one.get("01") == "PE")
    sign = -1 if money_.get("03") == "D" else 1
    return Remittance(
        trace_number=trace.get("02"),
        payer=Payer(payer.get("04"), payer.get("02")),
        payee_code=payee.get("04"),
        payee_name=payee.get("02"),
        amount=sign * money(money_.get("02")),
        currency=next((one.get("02") for one in _all(found, "CUR")), ""),
        paid_on=day_of(money_.get("16")),
        claims=tuple(_claims(found)),
        withheld=sum((_withheld(one) for one in _all(found, "PLB")), Decimal(0)),
    )


def _all(found: Sequence[Found], name: str) -> Iterator[Found]:
    return (one for one in found if one.id == name)


def _first(found: Sequence[Found], name: str) -> Found:
    for one in _all(found, name):
        return one
    raise ValueError(f"no {name}")


def _withheld(adjustment: Found) -> Decimal:
    places = range(4, len(adjustment.segment) + 1, 2)
    return sum((money(adjustment.get(f"{place:02}")) for place in places), Decimal(0))


def _split(found: Sequence[Found], first: str) -> Iterator[list[Found]]:
    """The segments from each `first` up to the next one."""
    starts = [place for place, one in enumerate(found) if one.id == first]
    for start, end in zip(starts, [*starts[1:], len(found)], strict=True):
        yield list(found[start:end])


def _claims(found: Sequence[Found]) -> Iterator[ClaimAnswer]:
    for group in _split(found, "CLP"):
        head = group[0]
        yield ClaimAnswer(
            number=head.get("01"),
            status=head.get("02"),
            charge=money(head.get("03")),
            paid=money(head.get("04")),
            patient=money(head.get("05") or "0"),
            payer_claim_number=head.get("07"),
            filing=head.get("06"),
            lines=tuple(_lines(group)),
            adjustments=tuple(adjustments_of(group, "2100")),
        )


def _lines(claim: Sequence[Found]) -> Iterator[LineAnswer]:
    for group in _split(claim, "SVC"):
        head = group[0]
        references = {one.get("01"): one.get("02") for one in _all(group, "REF")}
        yield LineAnswer(
            control_number=references.get("6R", ""),
            code=head.get("01-2"),
            charge=money(head.get("02")),
            paid=money(head.get("03")),
            quantity=money(head.get("05") or "1"),
            day=day_of(_first(group, "DTM").get("02")),
            adjustments=tuple(adjustments_of(group, "2110")),
        )
