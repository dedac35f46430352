"""HL7 v2 as analyzers speak it, and as nobody should."""

from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.laboratory.hl7 import Unreadable, acknowledge, read, read_header
from tests.factories.analyzers import cbc, code_of, oru

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def test_every_value_of_a_blood_count_with_its_specimen() -> None:
    message = read(oru("261124000017", *cbc(), control_id="c1", at="20261124100500+0700"))
    assert (message.header.sender, message.header.control_id) == ("XN-1000|LAB", "c1")
    assert len(message.measured) == 14
    first = message.measured[0]
    assert (first.accession, first.code, first.value, first.unit) == (
        "261124000017", "WBC", "6.5", "10*9/L",
    )  # fmt: skip
    assert first.observed_at == datetime(2026, 11, 24, 3, 5, tzinfo=UTC)
    assert first.instrument == "XN-1000"
    assert not first.correction


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("20261124100500+0900", "01:05"),
        ("20261124100500", "03:05"),
        ("202611241005", "03:05"),
        ("20261124", None),
        ("20261324100500", None),
        ("20261124100500+9999", None),
    ],
)
def test_times_without_a_zone_are_those_of_the_hospital(sent, meant) -> None:
    message = read(oru("1", ("K", "4", "mmol/L"), at=sent), ZoneInfo("Asia/Ho_Chi_Minh"))
    at = message.measured[0].observed_at
    assert (at and f"{at:%H:%M}") == meant


def test_two_orders_in_one_message_and_a_correction() -> None:
    raw = (
        b"MSH|^~\\&|A|B|||20261124||ORU^R01|7|P|2.5.1\r"
        b"OBR|1||111111111111|K\rOBX|1|NM|2823-3^K^LN||4.1|mmol/L|||||F\r"
        b"OBR|2||222222222222|NA\rSPM|1|333333333333\rOBX|1|SN|NA||<^120|mmol/L|||||C\r"
    )
    one, two = read(raw).measured
    assert (one.accession, one.code, one.correction) == ("111111111111", "2823-3", False)
    assert (two.accession, two.value, two.correction) == ("333333333333", "<120", True)


@pytest.mark.parametrize(
    ("raw", "answer", "words"),
    [
        (b"", "AR", "not HL7"),
        (b"MSA|AA|1\r", "AR", "not HL7"),
        (oru("1", *cbc()).replace(b"2.5.1", b"3.0"), "AR", "version"),
        (oru("1", *cbc()).replace(b"ORU^R01", b"ORM^O01"), "AR", "ORU"),
        (oru("1", *cbc(), control_id=""), "AE", "number"),
        (oru("1", *cbc(), charset="EBCDIC"), "AE", "character set"),
        (oru("1", *cbc(), sender="Máy").replace("á".encode(), b"\xff"), "AE", "text is not"),
        (oru("1", *cbc(), status="D"), "AE", "OBX-11"),
        (oru("1"), "AE", "no result"),
        (oru("1", *cbc()).replace(b"|P|", b"|T|"), "AR", "MSH-11"),
        (oru("1", *cbc()).replace(b"^~\\&", b"^~\\$"), "AR", "separators"),
        (oru("1", ("BCORG", "x" * 2001, "")), "AE", "longer than 2000"),
        (oru("1", ("x" * 201, "1", "")), "AE", "longer than 200"),
        (oru("1", ("K", "4", "mmol/L")) + b"SPM|1|7\rSPM|2|8\r", "AE", "several specimens"),
    ],
)
def test_what_cannot_be_taken_says_why(raw, answer, words) -> None:
    with pytest.raises(Unreadable) as refused:
        read(raw)
    assert refused.value.answer == answer
    assert words in refused.value.words


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_segments_may_end_as_senders_like(end) -> None:
    message = read(b"\n" + oru("7", *cbc(), control_id="c1").replace(b"\r", end))
    assert (message.header.control_id, len(message.measured)) == ("c1", 14)


def test_each_value_knows_of_whom_the_sender_says_it_is() -> None:
    raw = (
        b"MSH|^~\\&|A|B|||20261124||ORU^R01|7|P|2.5.1\r"
        b"PID|1||one^^^H~x\rOBR|1||111111111111\rOBX|1|NM|K||4.1|mmol/L|||||F\r"
        b"PID|2||two\rOBR|1||222222222222\rOBX|1|NM|K||4.2|mmol/L|||||F\r"
        b"OBR|2||333333333333\rOBX|1|NM|K||4.3|mmol/L|||||F\r"
    )
    found = [(one.accession[0], one.value, one.patient) for one in read(raw).measured]
    assert found == [("1", "4.1", "one"), ("2", "4.2", "two"), ("3", "4.3", "two")]


def test_texts_keep_their_repetitions_and_escaped_letters() -> None:
    raw = oru("1", ("BCORG", "S. aureus~E. coli \\T\\ others", ""), ("WBC", "6", "10\\S\\9/L"))
    first, second = read(raw.replace(b"|NM|BCORG", b"|TX|BCORG")).measured
    assert first.value == "S. aureus; E. coli & others"
    assert second.unit == "10^9/L"


def test_answers_name_the_message_and_the_reason() -> None:
    header = read_header(oru("1", *cbc(), control_id="c9"))
    answer = acknowledge(header, "AE", NOW, "a1", "a | pipe")
    assert code_of(answer) == "AE"
    assert b"MSA|AE|c9\r" in answer
    assert b"a   pipe" in answer
    assert answer.startswith(b"MSH|^~\\&|MEDRAY|LABORATORY|XN-1000|LAB|20261124030000+0000||ACK")


@given(st.binary(max_size=300))
def test_nothing_but_a_reason_comes_of_noise(noise) -> None:
    for raw in (noise, b"MSH|^~\\&|" + noise, oru("1", *cbc())[:90] + noise):
        with suppress(Unreadable):
            read(raw)
