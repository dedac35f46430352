"""Brings the terminology files of `data` into the database, once for each release of them."""

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from deployments.clock import utc_now
from deployments.logs import get_logger
from deployments.medical_records.terminology import code_key, fold
from deployments.medical_records.terminology_schemas import CodeSystem
from storage.database import psycopg2_url
from storage.medical_records import concepts

log = get_logger("terminology")

DATA: Final = Path(__file__).parent / "data"
LAYOUT: Final = "3"
"""Grows when the same files are to be loaded in another way."""
FILES: Final = {
    CodeSystem.ICD_10_CM: DATA / "icd-10-cm.tsv.gz",
    CodeSystem.LOINC: DATA / "loinc.tsv.gz",
    CodeSystem.CVX: DATA / "cvx.tsv.gz",
    CodeSystem.RXNORM: DATA / "rxnorm.tsv.gz",
    CodeSystem.UCUM: DATA / "ucum.tsv",
}
VIETNAMESE: Final = DATA / "vietnamese.tsv"
UNCOMMON: Final = 1000
"""Added to the weight of a code that nobody found common enough to translate."""

Row = tuple[str, str, str, str | None, str, str | None, str, str, str]


class Translation(NamedTuple):
    """Our Vietnamese for a code, and words that people use for it in either language."""

    display: str
    also: str


NO_TRANSLATION: Final = Translation("", "")


def load_at(url: str) -> bool:
    """Loads the files into the database at the URL; True when they were not there yet."""
    engine = create_engine(psycopg2_url(url), poolclass=NullPool, hide_parameters=True)
    with engine.begin() as connection:
        return load(connection)


def load(connection: Connection) -> bool:
    """Loads the files, unless the database has this release; True when they were loaded.

    Takes about 3 s for some 100,000 codes. Searches wait meanwhile.
    """
    wanted = release()
    if concepts.lock_release(connection) == wanted:
        return False
    rows = sorted(_rows(), key=_place)  # a search then reads one page after the other
    concepts.replace(connection, rows, wanted, utc_now())
    concepts.analyze(connection)
    log.info("terminology loaded", extra={"release": wanted})
    return True


@cache
def release() -> str:
    """What the files are, in one word: it changes with any of them."""
    digest = hashlib.sha256(LAYOUT.encode())
    for path in (*FILES.values(), VIETNAMESE):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _rows() -> Iterator[Row]:
    translated = translations()
    for system, path in FILES.items():
        for line in _read(path).splitlines():
            code, display, leaf, parent, also = line.split("\t")
            translation = translated.get((system.value, code), NO_TRANSLATION)
            category = _category(translated, system, code)
            words = {*fold(" ".join((display, also, *translation, *category)))}
            yield (
                system.value,
                code,
                display,
                translation.display or None,
                "t" if leaf == "1" else "f",
                parent or None,
                code_key(code),
                " ".join(words),
                str(_weight(code, display, common=bool(translation.display))),
            )


def _category(
    translated: Mapping[tuple[str, str], Translation], system: CodeSystem, code: str
) -> Translation:
    """Words of the ICD-10 category (three characters) that a code is in: E11.9 is a diabetes."""
    if system is not CodeSystem.ICD_10_CM:
        return NO_TRANSLATION
    return translated.get((system.value, code[:3]), NO_TRANSLATION)


def _weight(code: str, display: str, *, common: bool) -> int:
    """Common codes first, then categories before what is below them, then short names."""
    return (0 if common else UNCOMMON) + 100 * len(code) + min(len(display), 99)


def _place(row: Row) -> tuple[str, int, str]:
    system, code, *_, weight = row
    return system, int(weight), code


def translations() -> dict[tuple[str, str], Translation]:
    """Our Vietnamese, by system and code."""
    found = {}
    for line in _read(VIETNAMESE).splitlines():
        system, code, display, also = line.split("\t")
        found[system, code] = Translation(display, also)
    return found


def _read(path: Path) -> str:
    """The lines of a file; those of our own may have comments."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    return "\n".join(line for line in text.split("\n") if line and not line.startswith("#"))
