"""HL7 v2 messages of analyzers, ORU^R01 (HL7 v2.5.1, chapter 7), and their answers (chapter 2)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final, Literal

from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.core import Segment
from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message

from deployments.laboratory.measured import Measured

Acknowledgement = Literal["AA", "AE", "AR"]
CHARSETS: Final = {"": "utf-8", "UNICODE UTF-8": "utf-8", "ASCII": "ascii", "8859/1": "latin-1"}
VERSIONS: Final = frozenset({"2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6"})
FINAL: Final = {"F": False, "P": False, "": False, "C": True}
"""OBX-11: final, preliminary or not said; C corrects what was sent before."""
TIME: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:\.\d+)?(?:([+-])(\d\d)(\d\d))?")
LONGEST_FIELD: Final = 200


class Unreadable(Exception):
    """The message cannot be taken: reason code and words."""

    @property
    def answer(self) -> Acknowledgement:
        """AR for what will never be taken here, AE for what may be mended and sent again."""
        answer: Acknowledgement = self.args[0]
        return answer

    @property
    def words(self) -> str:
        """Why, in a sentence without what the message says of anybody."""
        return str(self.args[1])


@dataclass(frozen=True)
class Header:
    """What the first segment says.

    Attributes:
        sender: application and facility (MSH-3, MSH-4).
        control_id: MSH-10.
    """

    sender: str
    control_id: str
    version: str


@dataclass(frozen=True)
class Results:
    """A message that can be taken."""

    header: Header
    measured: tuple[Measured, ...]


def read_header(raw: bytes) -> Header | None:
    """Sender and number, as far as they can be made out; None when this is no HL7 at all."""
    first = raw[:1000].split(b"\r", 1)[0].decode("utf-8", "replace")
    if not first.startswith("MSH") or len(first) < 9 or first[3].isalnum():
        return None
    fields = [field[:LONGEST_FIELD].replace("\x00", "") for field in first.split(first[3])]
    fields += [""] * (12 - len(fields))
    sender = "|".join(field for field in fields[2:4] if field)
    return Header(sender, fields[9], fields[11].split("^")[0])


def read(raw: bytes, zone: tzinfo = UTC) -> Results:
    """Everything measured in a message.

    Args:
        raw: between the frames.
        zone: of times without one: analyzers send local time (HL7 v2.5.1, 2.A.75).

    Raises:
        Unreadable: with the answer to give, and why.
    """
    header = read_header(raw)
    if header is None:
        raise Unreadable("AR", "this is not HL7 v2: MSH must come first")
    segments = _segments(raw, header)
    measured = tuple(_measured(segments, header, zone))
    if not measured:
        raise Unreadable("AE", "the message has no result (OBX)")
    return Results(header, measured)


def _segments(raw: bytes, header: Header) -> list[Segment]:
    fields = raw.split(b"\r", 1)[0].split(raw[3:4])
    kind = fields[8].decode("ascii", "replace") if len(fields) > 8 else ""
    if not kind.startswith("ORU" + chr(raw[4]) + "R01"):
        raise Unreadable("AR", "only ORU^R01 is taken here")
    if header.version not in VERSIONS:
        raise Unreadable("AR", f"the version must be one of {', '.join(sorted(VERSIONS))}")
    if not header.control_id:
        raise Unreadable("AE", "the message has no number (MSH-10)")
    charset = fields[17].decode("ascii", "replace").strip() if len(fields) > 17 else ""
    try:
        text = raw.decode(CHARSETS[charset])
        message = parse_message(text, validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=False)
    except KeyError:
        raise Unreadable("AE", "unknown character set (MSH-18)") from None
    except UnicodeDecodeError:
        raise Unreadable("AE", f"the text is not {CHARSETS[charset]}") from None
    except (HL7apyException, ValueError, AttributeError, IndexError, TypeError) as error:
        raise Unreadable("AE", f"the message cannot be read: {type(error).__name__}") from None
    if "\x00" in text:
        raise Unreadable("AE", "the message has a NUL in it")
    return list(message.children)


def _measured(segments: Sequence[Segment], header: Header, zone: tzinfo) -> list[Measured]:
    """Each OBX with the specimen of the OBR or SPM before it (or the SPM after its group)."""
    found: list[Measured] = []
    group: list[Segment] = []
    for segment in [*segments, None]:
        if segment is None or segment.name == "OBR":
            found += _group(group, header, zone)
            group = []
        if segment is not None:
            group.append(segment)
    return found


def _group(segments: Sequence[Segment], header: Header, zone: tzinfo) -> list[Measured]:
    accession = ""
    for segment in segments:
        if segment.name == "SPM":
            accession = _part(_field(segment, "spm_2"), 0) or accession
        elif segment.name == "OBR":
            accession = (
                _part(_field(segment, "obr_3"), 0) or _part(_field(segment, "obr_2"), 0)
            ) or accession
    ordered = next((_field(one, "obr_7") for one in segments if one.name == "OBR"), "")
    rows = [one for one in segments if one.name == "OBX"]
    return [_value(one, accession, header, _when(one, ordered, zone)) for one in rows]


def _value(
    segment: Segment, accession: str, header: Header, observed_at: datetime | None
) -> Measured:
    status = _field(segment, "obx_11")
    if status not in FINAL:
        raise Unreadable("AE", f"results of status {status[:1]!r} (OBX-11) are not taken")
    value = _field(segment, "obx_5")
    if _field(segment, "obx_2") in ("SN", "CE", "CWE"):
        value = _structured(value, _field(segment, "obx_2"))
    return Measured(
        accession=accession[:LONGEST_FIELD],
        code=_part(_field(segment, "obx_3"), 0)[:LONGEST_FIELD],
        value=value[:2000],
        unit=_part(_field(segment, "obx_6"), 0)[:LONGEST_FIELD] or None,
        observed_at=observed_at,
        correction=FINAL[status],
        instrument=(_part(_field(segment, "obx_18"), 0) or header.sender)[:LONGEST_FIELD],
    )


def _structured(value: str, kind: str) -> str:
    """`<^0.5` of type SN as `<0.5`; of coded values the code."""
    parts = value.split("^")
    return "".join(parts[:2]) if kind == "SN" else parts[0]


def _field(segment: Segment, name: str) -> str:
    """The first repetition of a field as it was sent, empty when it is not there."""
    try:
        value: Any = getattr(segment, name).value
    except (HL7apyException, AttributeError, IndexError):
        return ""
    return str(value or "").split("~")[0].strip()


def _part(field: str, place: int) -> str:
    return field.split("^")[place].strip()


def _when(segment: Segment, ordered: str, zone: tzinfo) -> datetime | None:
    """When it was measured, in UTC; None when the sender does not say, or no time."""
    match = TIME.match(_field(segment, "obx_14") or ordered)
    if match is None:
        return None
    *parts, sign, hours, minutes = match.groups()
    year, month, day, hour, minute = (int(one) for one in parts[:5])
    try:
        if sign:
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            zone = timezone(offset if sign == "+" else -offset)
        local = datetime(year, month, day, hour, minute, int(parts[5] or 0), tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def acknowledge(
    header: Header | None, answer: Acknowledgement, at: datetime, number: str, words: str = ""
) -> bytes:
    """The answer to a message.

    Args:
        header: of the message; None when it could not be made out.
        answer: AA taken, AE mend it and send it again, AR never send it here.
        at: now.
        number: of the answer.
        words: why it was not taken.
    """
    sender, control_id = (header.sender, header.control_id) if header else ("", "")
    application, _, facility = sender.partition("|")
    version = header.version if header and header.version in VERSIONS else "2.5.1"
    stamp = f"{at.astimezone(UTC):%Y%m%d%H%M%S}+0000"
    lines = [
        (
            f"MSH|^~\\&|MEDRAY|LABORATORY|{application}|{facility}|{stamp}||ACK^R01^ACK"
            f"|{number}|P|{version}||||||UNICODE UTF-8"
        ),
        f"MSA|{answer}|{control_id}",
    ]
    if words:
        code = "200^Unsupported message type" if answer == "AR" else "207^Application error"
        plain = re.sub(r"[|^~\\&\r\n]", " ", words)
        lines.append(f"ERR|||{code}^HL70357|E||||{plain}")
    return ("\r".join(lines) + "\r").encode()
