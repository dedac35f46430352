"""Terminologies: does a code exist, what does it mean, and which one is being typed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.errors import FieldError
from deployments.letters import plain_letters
from deployments.medical_records.errors import CodeNotFound, UnknownCode
from deployments.medical_records.terminology_schemas import CodeSystem, Concept, ConceptMatches
from deployments.schemas import Locale
from storage.database import Database
from storage.medical_records import concepts

SEPARATORS: Final = re.compile(r"[^a-z0-9]+")
MOST_WORDS: Final = 8
FILLERS: Final = frozenset(
    ["a", "an", "and", "at", "by", "for", "in", "of", "on", "or", "the", "to", "with"]
)
"""Words that nearly every display has; they find nothing and cost most."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A code that a request names, and where in its body."""

    system: CodeSystem
    code: str
    pointer: str = "/code"


class Terminology:
    """Operations about codes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def search(
        self,
        principal: Principal,
        system: CodeSystem,
        text: str,
        *,
        limit: int = 20,
        locale: Locale = "en",
    ) -> ConceptMatches:
        """Codes that begin with the text, then those whose display has words that do.

        Accents and case do not matter, and both languages are searched whichever is shown.
        """
        principal.require(Permission.RECORDS_TERMINOLOGY)
        return await self._database.read(
            lambda connection: ConceptMatches(items=search(connection, system, text, limit, locale))
        )

    async def get(
        self, principal: Principal, system: CodeSystem, code: str, *, locale: Locale = "en"
    ) -> Concept:
        """What a code means.

        Raises:
            CodeNotFound: the terminology does not have it.
        """
        principal.require(Permission.RECORDS_TERMINOLOGY)
        found = await self._database.read(lambda connection: find(connection, system, code, locale))
        if found is None:
            raise CodeNotFound(f"{system} has no code {code}")
        return found


def fold(text: str) -> list[str]:
    """Words in lower case without accents: "Đái tháo đường" gives dai, thao, duong."""
    return [word for word in SEPARATORS.split(plain_letters(text)) if word]


def code_key(code: str) -> str:
    """A code as people type it: `E11.9` and `e119` are the same."""
    return "".join(fold(code))


def find(
    connection: Connection, system: CodeSystem, code: str, locale: Locale = "en"
) -> Concept | None:
    """The concept with exactly this code, if there is one."""
    rows = concepts.list_known(connection, [(system.value, code)])
    return Concept.of(rows[0], locale) if rows else None


def check(
    connection: Connection,
    system: CodeSystem,
    code: str,
    *,
    pointer: str = "/code",
    locale: Locale = "en",
) -> Concept:
    """The concept of a code in a request.

    Raises:
        UnknownCode: the terminology does not have it; `errors` points at it.
    """
    return check_all(connection, [Coded(system, code, pointer)], locale)[0]


def check_all(
    connection: Connection, wanted: Iterable[Coded], locale: Locale = "en"
) -> list[Concept]:
    """The concepts of all codes of a request, in their order, with one statement.

    Raises:
        UnknownCode: some do not exist; `errors` points at each of them.
    """
    named = list(wanted)
    if not named:
        return []
    pairs = {(one.system.value, one.code) for one in named}
    rows = {(row["system"], row["code"]): row for row in concepts.list_known(connection, pairs)}
    unknown = [one for one in named if (one.system.value, one.code) not in rows]
    if unknown:
        raise UnknownCode("see errors", [_error(one) for one in unknown])
    return [Concept.of(rows[one.system.value, one.code], locale) for one in named]


def search(
    connection: Connection, system: CodeSystem, text: str, limit: int, locale: Locale = "en"
) -> list[Concept]:
    """Up to `limit` concepts for what has been typed so far, best first."""
    words = fold(text)[:MOST_WORDS]
    if not words:
        return []
    rows = list(concepts.search_codes(connection, system.value, "".join(words), limit))
    telling = [word for word in words if _tells(word)]
    if telling and len(rows) < limit:
        rows += concepts.search_words(connection, system.value, telling, limit)
    found = {row["code"]: Concept.of(row, locale) for row in reversed(rows)}
    return list(reversed(found.values()))[:limit]


def _tells(word: str) -> bool:
    """Whether a word narrows the search; a letter begins a word of nearly every code."""
    return word not in FILLERS and (len(word) > 1 or word.isdigit())


def _error(one: Coded) -> FieldError:
    return FieldError(one.pointer, "unknown_code", f"{one.system} has no code {one.code}")
