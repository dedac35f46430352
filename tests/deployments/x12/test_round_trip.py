"""What is written keeps to the implementation guides, and is read back as it was."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployments.x12 import acknowledgements, professional_claims, remittances, statuses
from deployments.x12.reading import Unreadable, read
from deployments.x12.shapes import (
    Adjustment,
    Claim,
    ClaimAnswer,
    ClaimLine,
    EarlierPayer,
    Hospital,
    Insured,
    LineAnswer,
    Payer,
    Remittance,
    Status,
    Unbalanced,
    check_balanced,
)
from deployments.x12.writing import Header, plain, write

AT = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
HOSPITAL = Hospital("MEDRAY", "BENH VIEN", "0101234567", "1 PHO HUE", "HA NOI", "VN", "02412345678")
PAYER, OTHER = Payer("VSS01", "BAO HIEM", "OF"), Payer("AN01", "AN KHANG", "15")
diagnoses = st.lists(
    st.sampled_from(["I10", "E11.9", "J18.9"]), min_size=1, max_size=3, unique=True
).map(tuple)
amounts = st.integers(0, 10**9).map(Decimal)
days = st.dates(date(2020, 1, 1), date(2026, 11, 1))
codes = st.text("ABCDEFGHJKL0123456789-.", min_size=1, max_size=20).filter(
    lambda it: it.strip("-.")
)
insured = st.builds(
    Insured,
    member_id=st.from_regex(r"[A-Z]{2}[1-5][0-9]{12}", fullmatch=True),
    last_name=st.sampled_from(["NGUYEN", "TRAN", "O'NEIL"]),
    first_name=st.sampled_from(["VAN DUC", "THI HOA"]),
    birth_date=days,
    sex=st.sampled_from("MFU"),
)
claim_lines = st.lists(
    st.builds(ClaimLine, st.just(""), codes, amounts, st.integers(1, 99).map(Decimal), days),
    min_size=1,
    max_size=6,
).map(lambda them: tuple(replace(it, control_number=str(n)) for n, it in enumerate(them, 1)))


@st.composite
def answers(draw, lines):
    """A payer's answer to lines: each adds up."""
    answered = []
    for line in lines:
        left, reasons = int(line.charge), []
        for group, code in draw(
            st.lists(st.sampled_from([("PR", "1"), ("PR", "2"), ("CO", "45")]), unique=True)
        ):
            taken = draw(st.integers(0, left))
            if taken:
                reasons.append(Adjustment(group, code, Decimal(taken)))
            left -= taken
        reasons.sort(key=lambda one: one.group)
        answered.append(
            LineAnswer(
                line.control_number,
                line.code,
                line.charge,
                Decimal(left),
                line.quantity,
                line.day,
                tuple(reasons),
            )
        )
    return tuple(answered)


@st.composite
def claims(draw):
    lines = draw(claim_lines)
    claim = Claim(
        number="MEDRAY0000000001", frequency="1", sequence="P", hospital=HOSPITAL, payer=PAYER,
        insured=draw(insured), currency="VND", lines=lines,
        diagnoses=draw(diagnoses),
        preauthorization=draw(st.sampled_from(["", "PA00000001"])),
    )  # fmt: skip
    if not draw(st.booleans()):
        return claim
    answered = draw(answers(lines))
    paid = sum((one.paid for one in answered), Decimal(0))
    earlier = EarlierPayer(OTHER, "AN-20240101-0123", paid, date(2026, 11, 20), answered)
    return replace(
        claim, sequence="S", frequency="7", payer_claim_number="ICN1", earlier=(earlier,)
    )


few = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@few
@given(claims())
def test_a_claim_is_read_back_as_it_was(claim) -> None:
    header = Header("837P", "MEDRAY", "VSS01", 17, AT)
    reading = read(write(header, professional_claims.segments(claim, AT)))
    assert reading.faults == ()
    assert (reading.sender, reading.receiver, reading.control_number) == (
        "MEDRAY", "VSS01", "000000017",
    )  # fmt: skip
    assert professional_claims.read(reading) == claim
    taken = acknowledgements.read(read(reading.acknowledge()))
    assert (taken.accepted, taken.group_number) == (True, "17")


@few
@given(claims(), st.booleans())
def test_a_status_is_read_back_as_it_was(claim, accepted) -> None:
    status = Status(claim.number, accepted, *(("A2", "20", "ICN1") if accepted else ("A3", "33")))
    header = Header("277CA", "VSS01", "MEDRAY", 18, AT)
    reading = read(write(header, statuses.segments(claim, status, AT)))
    assert reading.faults == ()
    assert statuses.read(reading) == [status]


@few
@given(st.data())
def test_a_remittance_is_read_back_as_it_was_and_adds_up(data) -> None:
    lines = data.draw(answers(data.draw(claim_lines)))
    charge, paid = sum(it.charge for it in lines), sum(it.paid for it in lines)
    patient = sum((r.amount for it in lines for r in it.adjustments if r.group == "PR"), Decimal(0))
    answer = ClaimAnswer("N1", "1", charge, paid, patient, "ICN1", "OF", lines=lines)
    withheld = Decimal(data.draw(st.integers(0, int(paid))))
    remittance = Remittance(
        "VSS01000000000001", PAYER, "0101234567", "BENH VIEN", paid - withheld, "VND",
        date(2026, 11, 25), (answer,), withheld,
    )  # fmt: skip
    header = Header("835", "VSS01", "MEDRAY", 19, AT)
    reading = read(write(header, remittances.segments(remittance)))
    assert reading.faults == ()
    back = remittances.read(reading)
    assert back == replace(remittance, payer=Payer("VSS01", "BAO HIEM"))
    check_balanced(back)
    with pytest.raises(Unbalanced):
        check_balanced(replace(back, amount=back.amount + 1))


def test_a_fault_is_named_without_the_value_and_refused_by_the_999() -> None:
    claim = Claim(
        "N1", "1", "P", HOSPITAL, PAYER,
        Insured("DN4010123456789", "NGUYEN", "DUC", date(1980, 1, 2), "X"), "VND", ("I10",),
        (ClaimLine("1", "GLU", Decimal(1), Decimal(1), date(2026, 11, 1)),),
    )  # fmt: skip
    header = Header("837P", "MEDRAY", "VSS01", 17, AT)
    reading = read(write(header, professional_claims.segments(claim, AT)))
    assert [(fault.level, fault.place) for fault in reading.faults] == [("ele", "DMG03")]
    answer = acknowledgements.read(read(reading.acknowledge()))
    assert not answer.accepted
    assert answer.faults


@pytest.mark.parametrize("text", ["", "ISA", "x" * 300, "ISA*00*" + " " * 300, "~" * 200])
def test_what_is_no_interchange_is_unreadable(text) -> None:
    with pytest.raises(Unreadable):
        read(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [("Nguyễn Văn Đức", "NGUYEN VAN DUC"), ("a*b~c:d^e", "A B C D E"), ("李", "")],
)
def test_names_are_written_in_latin_capitals(text, written) -> None:
    assert plain(text) == written


@pytest.mark.parametrize("number", [0, 10**9])
def test_a_control_number_has_nine_digits(number) -> None:
    with pytest.raises(ValueError, match="nine digits"):
        write(Header("835", "A", "B", number, AT), [])
