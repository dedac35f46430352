"""Statements about codes of terminologies."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from io import StringIO
from typing import Any, Final

from sqlalchemy import (
    Connection,
    RowMapping,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY

from storage.medical_records.concept_tables import CONCEPTS, RELEASES

LOCK: Final = 0x7465726D73  # "terms"
LOADED: Final = (
    "system",
    "code",
    "display_en",
    "display_vi",
    "leaf",
    "parent",
    "code_key",
    "words",
    "weight",
)
_C: Final = CONCEPTS.c
_SHOWN: Final = (_C.system, _C.code, _C.display_en, _C.display_vi, _C.leaf, _C.parent)
_WANTED: Final = (
    func.unnest(bindparam("systems", type_=ARRAY(Text)), bindparam("codes", type_=ARRAY(Text)))
    .table_valued("system", "code", name="wanted")
    .render_derived()
)
_FIND: Final = select(*_SHOWN).join(
    _WANTED, (_C.system == _WANTED.c.system) & (_C.code == _WANTED.c.code)
)
_BY_CODE: Final = (
    select(*_SHOWN)
    .where(_C.system == bindparam("system"), _C.code_key.like(bindparam("prefix")))
    .order_by(_C.code_key)
    .limit(bindparam("limit"))
)
_BY_WORDS: Final = (
    select(*_SHOWN)
    .where(
        _C.system == bindparam("system"),
        _C.words.op("@@")(cast(bindparam("words", type_=Text), TSQUERY)),
    )
    .order_by(_C.weight, _C.code)
    .limit(bindparam("limit"))
)


def list_known(connection: Connection, wanted: Iterable[tuple[str, str]]) -> Sequence[RowMapping]:
    """Those of the (system, code) pairs that exist, in any order."""
    pairs = list(wanted)
    values = {"systems": [system for system, _ in pairs], "codes": [code for _, code in pairs]}
    return connection.execute(_FIND, values).mappings().all()


def search_codes(connection: Connection, system: str, key: str, limit: int) -> Sequence[RowMapping]:
    """Codes that begin with the key (letters and digits only), in their order."""
    values = {"system": system, "prefix": f"{key}%", "limit": limit}
    return connection.execute(_BY_CODE, values).mappings().all()


def search_words(
    connection: Connection, system: str, words: Sequence[str], limit: int
) -> Sequence[RowMapping]:
    """Codes whose text has, for each of the words, one that begins so; by weight."""
    query = " & ".join(f"{word}:*" for word in words)
    values = {"system": system, "words": query, "limit": limit}
    return connection.execute(_BY_WORDS, values).mappings().all()


def lock_release(connection: Connection) -> str | None:
    """The release that is loaded; nobody else loads until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    return connection.execute(select(RELEASES.c.release)).scalar_one_or_none()


def replace(
    connection: Connection, rows: Iterable[Sequence[str | None]], release: str, at: datetime
) -> None:
    """Puts the rows, in the columns of `LOADED`, in place of all that is there.

    The indexes are built after the rows are in, which takes a third of the time.
    """
    indexes = {str(index.name): index for index in CONCEPTS.indexes}
    for index in indexes.values():
        index.drop(connection)
    connection.execute(delete(CONCEPTS))
    driver: Any = connection.connection.dbapi_connection
    with driver.cursor() as cursor:
        cursor.copy_expert(f"COPY concepts ({', '.join(LOADED)}) FROM STDIN", _lines(rows))
    for index in indexes.values():
        index.create(connection)
    connection.execute(delete(RELEASES))
    connection.execute(insert(RELEASES), {"release": release, "loaded_at": at})


def analyze(connection: Connection) -> None:
    """Tells the planner what came."""
    connection.execute(text("ANALYZE concepts"))


def _lines(rows: Iterable[Sequence[str | None]]) -> StringIO:
    return StringIO("\n".join("\t".join(map(_escaped, row)) for row in rows) + "\n")


def _escaped(value: str | None) -> str:
    if value is None:
        return r"\N"
    return value.replace("\\", r"\\") if "\\" in value else value
