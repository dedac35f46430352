"""HL7 v2 messages of analyzers, ORU^R01 (HL7 v2.5.1, chapter 7), and their answers (chapter 2)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final, Literal

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
LONGEST_VALUE: Final = 2000
SEPARATORS: Final = b"^~\\&"
ESCAPED: Final = re.compile(r"\\([FSTRE])\\")
ESCAPES: Final = {"F": "|", "S": "^", "T": "&", "R": "~", "E": "\\"}
"""HL7 v2.5.1, 2.7.1: separators inside of a text."""


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
    first = _lines(raw)[:1000].split(b"\r", 1)[0].decode("utf-8", "replace")
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
    segments = _segments(_lines(raw), header)
    measured = tuple(_measured(segments, header, zone))
    if not measured:
        raise Unreadable("AE", "the message has no result (OBX)")
    return Results(header, measured)


def _lines(raw: bytes) -> bytes:
    """Each segment ended by a return, as it should be: many senders end them otherwise."""
    plain = raw.lstrip().replace(b"\r\n", b"\r")
    return plain if b"\r" in plain else plain.replace(b"\n", b"\r")


def _segments(raw: bytes, header: Header) -> list[Segment]:
    fields = raw.split(b"\r", 1)[0].split(raw[3:4])
    fields += [b""] * (18 - len(fields))
    if fields[1] != SEPARATORS:
        raise Unreadable("AR", "the separators (MSH-2) must be the usual ones")
    if fields[8].split(b"^")[:2] != [b"ORU", b"R01"]:
        raise Unreadable("AR", "only ORU^R01 is taken here")
    if fields[10].split(b"^")[0] != b"P":
        raise Unreadable("AR", "only production is taken here: P in MSH-11")
    if header.version not in VERSIONS:
        raise Unreadable("AR", f"the version must be one of {', '.join(sorted(VERSIONS))}")
    if not header.control_id:
        raise Unreadable("AE", "the message has no number (MSH-10)")
    text = _text(raw, fields[17].decode("ascii", "replace").strip())
    try:
        message = parse_message(text, validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=False)
    except Exception as error:  # noqa: BLE001  # hl7apy raises many kinds, and the sender must know
        raise Unreadable("AE", f"the message cannot be read: {type(error).__name__}") from None
    return list(message.children)


def _text(raw: bytes, charset: str) -> str:
    if charset not in CHARSETS:
        raise Unreadable("AE", "unknown character set (MSH-18)")
    try:
        text = raw.decode(CHARSETS[charset])
    except UnicodeDecodeError:
        raise Unreadable("AE", f"the text is not {CHARSETS[charset]}") from None
    if "\x00" in text:
        raise Unreadable("AE", "the message has a NUL in it")
    return text


def _measured(segments: Sequence[Segment], header: Header, zone: tzinfo) -> list[Measured]:
    """Each OBX with the specimen of the OBR or SPM before it (or the SPM after its group)."""
    found: list[Measured] = []
    group: list[Segment] = []
    patient = ""
    for segment in [*segments, None]:
        if segment is None or segment.name in ("PID", "OBR"):
            found += (replace(one, patient=patient or None)
                      for one in _group(group, header, zone))  # fmt: skip
            group = []
        if segment is not None:
            group.append(segment)
            patient = _patient(segment) if segment.name == "PID" else patient
    return found


def _patient(segment: Segment) -> str:
    """Who the sender says it is of (PID-3)."""
    return _whole(_part(_field(segment, "pid_3")), LONGEST_FIELD)


def _group(segments: Sequence[Segment], header: Header, zone: tzinfo) -> list[Measured]:
    """The values of one OBR; their specimen is named by SPM-2, or else by OBR-3 or OBR-2."""
    request = next((one for one in segments if one.name == "OBR"), None)
    numbers = {_part(_field(one, "spm_2")) for one in segments if one.name == "SPM"} - {""}
    if len(numbers) > 1:
        raise Unreadable("AE", "one order has several specimens (SPM-2)")
    ordered = ""
    if request is not None:
        ordered = _field(request, "obr_7")
        numbers = numbers or {_part(_field(request, "obr_3")) or _part(_field(request, "obr_2"))}
    accession = next(iter(numbers), "")
    rows = [one for one in segments if one.name == "OBX"]
    return [_value(one, accession, header, _when(one, ordered, zone)) for one in rows]


def _value(
    segment: Segment, accession: str, header: Header, observed_at: datetime | None
) -> Measured:
    status = _field(segment, "obx_11")
    if status not in FINAL:
        raise Unreadable("AE", f"results of status {status[:1]!r} (OBX-11) are not taken")
    kind = _field(segment, "obx_2")
    value = "; ".join(_content(one, kind) for one in _repetitions(segment, "obx_5"))
    return Measured(
        accession=_whole(accession, LONGEST_FIELD),
        code=_whole(_part(_field(segment, "obx_3")), LONGEST_FIELD),
        value=_whole(value, LONGEST_VALUE),
        unit=_whole(_part(_field(segment, "obx_6")), LONGEST_FIELD) or None,
        observed_at=observed_at,
        correction=FINAL[status],
        instrument=_whole(_part(_field(segment, "obx_18")) or header.sender, LONGEST_FIELD),
    )


def _whole(text: str, longest: int) -> str:
    """Never cut: a part of a result may say something else than the whole."""
    if len(text) > longest:
        raise Unreadable("AE", f"a field is longer than {longest} letters")
    return text


def _content(sent: str, kind: str) -> str:
    """A value of OBX-5: `<^0.5` of type SN as `<0.5`; of coded values the code."""
    parts = sent.split("^")
    if kind == "SN":
        return _plain("".join(parts))
    return _plain(parts[0] if kind in ("CE", "CWE") else sent)


def _repetitions(segment: Segment, name: str) -> list[str]:
    """The repetitions of a field as they were sent, none when it is not there."""
    try:
        return [str(one.value or "").strip() for one in getattr(segment, name)]
    except (HL7apyException, AttributeError, IndexError):
        return []


def _field(segment: Segment, name: str) -> str:
    """The first repetition of a field, empty when it is not there."""
    return next(iter(_repetitions(segment, name)), "")


def _part(field: str) -> str:
    """The first component of a field."""
    return _plain(field.split("^", maxsplit=1)[0]).strip()


def _plain(text: str) -> str:
    """Without escapes."""
    return ESCAPED.sub(lambda match: ESCAPES[match[1]], text)


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
