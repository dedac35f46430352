"""Claims, 837P (005010X222A1): written by the hospital, read by the payer."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from deployments.x12.elements import adjustments_of, cas, day_of, money
from deployments.x12.reading import Found, Reading
from deployments.x12.shapes import (
    Claim,
    ClaimLine,
    EarlierPayer,
    Hospital,
    Insured,
    LineAnswer,
    Payer,
)
from deployments.x12.writing import Written, plain

OFFICE: Final = "11"
"""Place of service: the hospital's own rooms."""


def segments(claim: Claim, at: datetime) -> Iterator[Written]:
    """The claim between ST and SE."""
    yield from _parties(claim, at)
    yield (
        "CLM",
        claim.number,
        claim.charge,
        "",
        "",
        (OFFICE, "B", claim.frequency),
        "Y",
        "A",
        "Y",
        "Y",
    )
    if claim.preauthorization:
        yield "REF", "G1", claim.preauthorization
    if claim.payer_claim_number:
        yield "REF", "F8", claim.payer_claim_number
    codes = [code.replace(".", "") for code in claim.diagnoses]
    yield "HI", *(("ABF" if place else "ABK", code) for place, code in enumerate(codes))
    for place, earlier in enumerate(claim.earlier):
        yield from _earlier(earlier, claim.insured, "PST"[place])
    for place, line in enumerate(claim.lines, 1):
        yield "LX", place
        yield "SV1", ("ER", line.code), line.charge, "UN", line.quantity, "", "", ("1",)
        yield "DTP", "472", "D8", line.day
        yield "REF", "6R", line.control_number
        for earlier in claim.earlier:
            yield from _answered(earlier, line)


def _parties(claim: Claim, at: datetime) -> Iterator[Written]:
    hospital, payer, insured = claim.hospital, claim.payer, claim.insured
    name = plain(hospital.name)
    yield "BHT", "0019", "00", claim.number, at.date(), f"{at:%H%M%S}", "CH"
    yield "NM1", "41", "2", name, "", "", "", "", "46", hospital.code
    yield "PER", "IC", "BILLING", "TE", hospital.telephone
    yield "NM1", "40", "2", plain(payer.name), "", "", "", "", "46", payer.code
    yield "HL", "1", "", "20", "1"
    yield "CUR", "85", claim.currency
    yield "NM1", "85", "2", name
    yield "N3", plain(hospital.street, 55)
    yield "N4", plain(hospital.city, 30), "", "", hospital.country
    yield "REF", "EI", hospital.tax_number
    yield "HL", "2", "1", "22", "0"
    yield "SBR", claim.sequence, "18", "", "", "", "", "", "", payer.filing
    first = plain(insured.first_name, 35)
    yield "NM1", "IL", "1", plain(insured.last_name), first, "", "", "", "MI", insured.member_id
    yield "DMG", "D8", insured.birth_date, insured.sex
    yield "NM1", "PR", "2", plain(payer.name), "", "", "", "", "PI", payer.code


def _earlier(earlier: EarlierPayer, insured: Insured, sequence: str) -> Iterator[Written]:
    """Loop 2320: the payer that answered first, and what it paid."""
    payer = earlier.payer
    yield "SBR", sequence, "18", "", "", "", "", "", "", payer.filing
    yield "AMT", "D", earlier.paid
    yield "OI", "", "", "Y", "", "", "Y"
    first = plain(insured.first_name, 35)
    yield "NM1", "IL", "1", plain(insured.last_name), first, "", "", "", "MI", earlier.member_id
    yield "NM1", "PR", "2", plain(payer.name), "", "", "", "", "PI", payer.code


def _answered(earlier: EarlierPayer, line: ClaimLine) -> Iterator[Written]:
    """Loop 2430: what the earlier payer made of the line."""
    for answer in earlier.lines:
        if answer.control_number == line.control_number:
            code = earlier.payer.code
            yield "SVD", code, answer.paid, ("ER", answer.code), "", answer.quantity
            yield from cas(answer.adjustments)
            yield "DTP", "573", "D8", earlier.answered_on


def read(reading: Reading) -> Claim:
    """The claim inside.

    Raises:
        ValueError: something that we need is missing.
    """
    found = reading.segments
    claim = _only(found, "2300", "CLM")
    subscriber = _only(found, "2000B", "SBR")
    diagnoses = _only(found, "2300", "HI")
    references = {
        one.get("01"): one.get("02") for one in found if one[0] == "2300" and one.id == "REF"
    }
    return Claim(
        number=claim.get("01"),
        frequency=claim.get("05-3"),
        sequence=subscriber.get("01"),
        hospital=_hospital(found),
        payer=_payer(found, "2010BB", subscriber.get("09")),
        insured=_insured(found),
        currency=_only(found, "2000A", "CUR").get("02"),
        diagnoses=tuple(
            _dotted(diagnoses.composite(f"{n:02}")[1]) for n in range(1, len(diagnoses.segment) + 1)
        ),
        lines=tuple(_lines(found)),
        preauthorization=references.get("G1", ""),
        payer_claim_number=references.get("F8", ""),
        earlier=tuple(_earlier_payers(found)),
    )


def _only(found: Sequence[Found], loop: str, name: str) -> Found:
    for one in found:
        if one.loop == loop and one.id == name:
            return one
    raise ValueError(f"no {name} in {loop}")


def _dotted(code: str) -> str:
    """ICD-10 as people write it: the dot stands after the third character."""
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 else code


def _hospital(found: Sequence[Found]) -> Hospital:
    return Hospital(
        code=_only(found, "1000A", "NM1").get("09"),
        name=_only(found, "2010AA", "NM1").get("03"),
        tax_number=_only(found, "2010AA", "REF").get("02"),
        street=_only(found, "2010AA", "N3").get("01"),
        city=_only(found, "2010AA", "N4").get("01"),
        country=_only(found, "2010AA", "N4").get("04"),
        telephone=_only(found, "1000A", "PER").get("04"),
    )


def _payer(found: Sequence[Found], loop: str, filing: str) -> Payer:
    name = _only(found, loop, "NM1")
    return Payer(name.get("09"), name.get("03"), filing)


def _insured(found: Sequence[Found]) -> Insured:
    name, more = _only(found, "2010BA", "NM1"), _only(found, "2010BA", "DMG")
    return Insured(
        member_id=name.get("09"),
        last_name=name.get("03"),
        first_name=name.get("04"),
        birth_date=day_of(more.get("02")),
        sex=more.get("03"),
    )


def _groups(found: Sequence[Found], loop: str, first: str) -> Iterator[list[Found]]:
    """The segments from each `first` of a loop up to the next one."""
    group: list[Found] = []
    for one in found:
        if one.loop == loop and one.id == first:
            if group:
                yield group
            group = [one]
        elif group:
            group.append(one)
    if group:
        yield group


def _lines(found: Sequence[Found]) -> Iterator[ClaimLine]:
    for group in _groups(found, "2400", "LX"):
        service = _only(group, "2400", "SV1")
        yield ClaimLine(
            control_number=_reference(group, "2400"),
            code=service.get("01-2"),
            charge=money(service.get("02")),
            quantity=Decimal(service.get("04")),
            day=day_of(_only(group, "2400", "DTP").get("03")),
        )


def _reference(group: Sequence[Found], loop: str) -> str:
    for one in group:
        if one.loop == loop and one.id == "REF" and one.get("01") == "6R":
            return one.get("02")
    raise ValueError("a line without a control number")


def _earlier_payers(found: Sequence[Found]) -> Iterator[EarlierPayer]:
    lines = list(_groups(found, "2400", "LX"))
    for group in _groups(found, "2320", "SBR"):
        payer = _payer(group, "2330B", group[0].get("09"))
        answers = [answer for line in lines for answer in _answers(line, payer.code)]
        yield EarlierPayer(
            payer=payer,
            member_id=_only(group, "2330A", "NM1").get("09"),
            paid=money(_only(group, "2320", "AMT").get("02")),
            answered_on=answers[0][1] if answers else date.min,
            lines=tuple(answer for answer, _ in answers),
        )


def _answers(line: Sequence[Found], payer_code: str) -> Iterator[tuple[LineAnswer, date]]:
    for group in _groups(line, "2430", "SVD"):
        head = group[0]
        if head.get("01") == payer_code:
            yield (
                LineAnswer(
                    control_number=_reference(line, "2400"),
                    code=head.get("03-2"),
                    charge=money(_only(line, "2400", "SV1").get("02")),
                    paid=money(head.get("02")),
                    quantity=Decimal(head.get("05")),
                    day=day_of(_only(line, "2400", "DTP").get("03")),
                    adjustments=tuple(adjustments_of(group, "2430")),
                ),
                day_of(_only(group, "2430", "DTP").get("03")),
            )
