"""Reads FHIR files record by record; what cannot be read is said, and the rest is still read.

NDJSON is streamed. A Bundle is read whole; when it breaks off, what stands before is taken.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from itertools import count
from pathlib import Path
from typing import Any, Final

Json = dict[str, Any]

LONGEST_LINE: Final = 16 * 2**20
LARGEST_BUNDLE: Final = 256 * 2**20
BUNDLE_TYPES: Final = frozenset({"collection", "transaction", "searchset", "batch"})
_CHUNK: Final = 2**20
_BROKEN: Final = (OSError, EOFError, zlib.error)
_KIND: Final = re.compile(r"[A-Za-z]{1,64}")
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
_SEPARATOR: Final = re.compile(r"[\s,]*")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Entry:
    """One resource and where it stands, as `file:line` or `file:entry[number]`."""

    where: str
    resource: Json
    full_url: str | None = None

    @property
    def kind(self) -> str:
        """The resource type."""
        return str(self.resource["resourceType"])

    @property
    def name(self) -> str:
        """Type and id, for reports; an id that FHIR does not allow is not repeated."""
        given = str(self.resource.get("id", ""))
        return f"{self.kind}/{given if _ID.fullmatch(given) else '?'}"


@dataclass(frozen=True)
class Unreadable:
    """A place in a file that holds no resource, and why."""

    where: str
    reason: str


Read = Entry | Unreadable


def read(path: Path) -> Iterator[Read]:
    """Every resource of a file, by its name: .ndjson or .json, optionally followed by .gz."""
    kind = path.name.removesuffix(".gz").rsplit(".", 1)[-1]
    try:
        if kind == "ndjson":
            yield from _ndjson(path)
        elif kind == "json":
            yield from _json(path)
        else:
            endings = ".ndjson, .json, .ndjson.gz, .json.gz"
            yield Unreadable(str(path), f"the name ends in none of {endings}")
    except OSError as error:
        yield Unreadable(str(path), f"the file cannot be opened: {error.strerror}")


def _open(path: Path) -> gzip.GzipFile | BufferedReader:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _ndjson(path: Path) -> Iterator[Read]:
    with _open(path) as stream:
        for number in count(1):
            where = f"{path}:{number}"
            try:
                line = stream.readline(LONGEST_LINE + 1)
                too_long = len(line) > LONGEST_LINE
                if too_long:
                    _skip_line(stream, line)
            except _BROKEN:
                yield Unreadable(where, "damaged or cut off from here on")
                return
            if not line:
                return
            if too_long:
                yield Unreadable(where, f"the line is longer than {LONGEST_LINE >> 20} MiB")
            elif line.strip():
                yield _line(where, line)


def _skip_line(stream: gzip.GzipFile | BufferedReader, read: bytes) -> None:
    while read and not read.endswith(b"\n"):
        read = stream.readline(_CHUNK)


def _line(where: str, line: bytes) -> Read:
    try:
        return _checked(where, _parse(line.strip()))
    except ValueError as error:
        return Unreadable(where, str(error))


def _json(path: Path) -> Iterator[Read]:
    body, whole = _body(path)
    if len(body) > LARGEST_BUNDLE:
        yield Unreadable(str(path), f"larger than {LARGEST_BUNDLE >> 20} MiB: use NDJSON")
        return
    try:
        parsed = _parse(body)
    except ValueError as error:
        yield from _salvaged(path, body, str(error) if whole else "the file is cut off")
        return
    if parsed.get("resourceType") == "Bundle":
        yield from _bundle(path, parsed)
    else:
        yield _checked(f"{path}:1", parsed)


def _body(path: Path) -> tuple[bytes, bool]:
    """What can be read of the file, up to a chunk more than accepted, and whether it is whole."""
    body = bytearray()
    with _open(path) as stream:
        try:
            while len(body) <= LARGEST_BUNDLE and (chunk := stream.read1(_CHUNK)):
                body += chunk
        except _BROKEN:
            return bytes(body), False
    return bytes(body), True


def _bundle(path: Path, bundle: Json) -> Iterator[Read]:
    entries = bundle.get("entry", [])
    if str(bundle.get("type")) not in BUNDLE_TYPES:
        types = ", ".join(sorted(BUNDLE_TYPES))
        yield Unreadable(str(path), f"a Bundle of none of the types {types}")
    elif not isinstance(entries, list):
        yield Unreadable(str(path), "Bundle.entry is not a list")
    else:
        for number, entry in enumerate(entries):
            yield _bundled(f"{path}:entry[{number}]", entry)


def _salvaged(path: Path, body: bytes, reason: str) -> Iterator[Read]:
    """Entries of a Bundle that is no JSON as a whole, up to the break."""
    text = body.decode("utf-8", errors="replace")
    begin = re.search(r'"entry"\s*:\s*\[', text)
    if begin is None or not re.search(r'"resourceType"\s*:\s*"Bundle"', text[: begin.start()]):
        yield Unreadable(str(path), reason)
        return
    decoder = json.JSONDecoder(parse_constant=_refuse_constant)
    at, number = begin.end(), 0
    while True:
        start = _SEPARATOR.match(text, at).end()  # type: ignore[union-attr]  # matches nothing too
        try:
            entry, at = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            break
        yield _bundled(f"{path}:entry[{number}]", entry)
        number += 1
    yield Unreadable(f"{path}:entry[{number}]", f"damaged or cut off from here on: {reason}")


def _bundled(where: str, entry: Any) -> Read:
    if not isinstance(entry, dict) or not isinstance(entry.get("resource"), dict):
        return Unreadable(where, "the entry holds no resource")
    request = entry.get("request")
    if isinstance(request, dict) and str(request.get("method", "PUT")) not in {"POST", "PUT"}:
        return Unreadable(where, "the entry does not ask to store its resource")
    url = entry.get("fullUrl")
    return _checked(where, entry["resource"], url if isinstance(url, str) else None)


def _checked(where: str, resource: Json, full_url: str | None = None) -> Read:
    """The resource, when it says what it is and PostgreSQL can store its text."""
    if not _KIND.fullmatch(str(resource.get("resourceType", ""))):
        return Unreadable(where, "no resourceType")
    text = json.dumps(resource, ensure_ascii=False)
    if "\\u0000" in text or _SURROGATE.search(text) or "\ufffd" in text:
        return Unreadable(where, "text with characters that are no text")
    return Entry(where, resource, full_url)


def _parse(body: bytes) -> Json:
    """A JSON object.

    Raises:
        ValueError: it is none; the text says why, without quoting it.
    """
    try:
        parsed = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise ValueError(f"invalid UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"invalid JSON at character {error.pos}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(parsed, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - callers refuse ValueErrors
    return parsed


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
