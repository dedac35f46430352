"""Words in a patient's chart, in either language, one statement over the tables of all kinds.

A chart is found by its index and read whole: some hundred rows, whose words are folded as they
are read. Measured over 10,000 charts of 50 such entries: 0.4 ms a table this way, 55 ms through
an index of trigrams over everybody's words (36 MB), which the planner leaves aside. And no
stored copy of the words can fall behind the entries.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.sql.selectable import TextualSelect

SHORTEST_MISSPELT: Final = 5
"""Shorter words are alike by chance."""
ALIKE: Final = 0.6
"""Share of a word's trigrams that a misspelt one still has; pg_trgm's own default."""
SEARCHED: Final = 20_000
"""Characters of a long note in which misspelt words are looked for."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the words of a kind stand: `e` is the entry."""

    table: str
    words: str
    title: str = "e.code_text"
    at: str = "e.recorded_at"
    coded: bool = True
    only: str = "true"


_SOURCES: Final[Mapping[str, _Source]] = {
    "Condition": _Source(
        "conditions", "e.note, e.onset_text", at="coalesce(e.onset_on::timestamptz, e.recorded_at)"
    ),
    "AllergyIntolerance": _Source("allergies", "e.note, e.reactions::text"),
    "MedicationStatement": _Source("medication_statements", "e.dosage_text, e.note"),
    "Procedure": _Source(
        "procedures",
        "e.body_site, e.reason, e.outcome, e.note",
        at="coalesce(e.performed_from, e.recorded_at)",
    ),
    "CarePlan": _Source("care_plans", "e.description, e.note", title="e.title", coded=False),
    "FamilyMemberHistory": _Source("medical_histories", "e.relationship, e.value, e.note"),
    "Immunization": _Source(
        "immunizations", "e.lot_number, e.status_reason, e.note", at="e.occurred_at"
    ),
    "Composition": _Source(
        "notes",
        "(SELECT string_agg(part ->> 'text', ' ') FROM jsonb_array_elements(e.sections) AS part)",
        title="e.title",
        at="e.signed_at",
        coded=False,
        only="e.signed_at IS NOT NULL",
    ),
}
KINDS: Final = frozenset(_SOURCES)


def search(
    connection: Connection,
    patient_id: UUID,
    kinds: Collection[str],
    words: Sequence[str],
    systems: Mapping[str, str],
    limit: int,
) -> Sequence[RowMapping]:
    """Entries that have every word, or one much like it; the best first, then the latest.

    Voided entries and drafts are left out. Words of a code count in both languages.

    Args:
        connection: to read with.
        patient_id: whose chart.
        kinds: of `KINDS`, at least one.
        words: folded: lower case, no accents, letters and digits only.
        systems: our short names of terminologies by their FHIR URIs.
        limit: how many.

    Returns:
        kind, id, text, text_vi (of the code, if there is one), at, rank from 0 to 1.
    """
    values = {
        "patient": patient_id,
        "words": list(words),
        "phrase": " ".join(words),
        "systems": dict(systems),
        "limit": limit,
    }
    return connection.execute(_statement(frozenset(kinds)), values).mappings().all()


@cache
def _statement(kinds: frozenset[str]) -> TextualSelect:
    found = " UNION ALL ".join(_part(kind, _SOURCES[kind]) for kind in sorted(kinds))
    plain = "regexp_replace(fold({}), '[^[:alnum:]]+', ' ', 'g')"
    statement = text(
        f"SELECT kind, id, text, text_vi, at, round(rank::numeric, 3) AS rank FROM ("  # noqa: S608
        f" SELECT *, greatest(word_similarity(:phrase, {plain.format('heading')}),"
        f"  0.8 * word_similarity(:phrase, left(folded, {SEARCHED}))) AS rank"
        f" FROM (SELECT *, ' ' || {plain.format('words')} AS folded FROM ({found}) AS entry)"
        "  AS folded_entry"
        " WHERE NOT EXISTS (SELECT FROM unnest(CAST(:words AS text[])) AS word"
        "  WHERE strpos(folded, ' ' || word) = 0"
        f"  AND (length(word) < {SHORTEST_MISSPELT}"
        f"   OR word_similarity(word, left(folded, {SEARCHED})) < {ALIKE}))"
        ") AS ranked ORDER BY rank DESC, at DESC, id LIMIT :limit"
    )
    return statement.bindparams(
        bindparam("patient", type_=Uuid),
        bindparam("words", type_=ARRAY(Text)),
        bindparam("systems", type_=JSONB),
    ).columns(id=Uuid)


def _part(kind: str, source: _Source) -> str:
    code_words = CODE_WORDS if source.coded else "NULL"
    return (
        f"SELECT '{kind}' AS kind, e.id, {source.title} AS text,"  # noqa: S608
        f" {'c.display_vi' if source.coded else 'NULL::text'} AS text_vi, {source.at} AS at,"
        f" concat_ws(' ', {source.title}, {'c.display_vi' if source.coded else 'NULL'}) AS heading,"
        f" concat_ws(' ', {source.title}, {code_words}, {source.words}) AS words"
        f" FROM {source.table} AS e {CONCEPT if source.coded else ''}"
        f" WHERE e.patient_id = :patient AND e.voided_at IS NULL AND {source.only}"
    )


CODE_WORDS: Final = "e.code, e.code_display, c.display_en, c.display_vi, category.display_vi"
CONCEPT: Final = (
    "LEFT JOIN concepts AS c ON c.system = CAST(:systems AS jsonb) ->> e.code_system"
    " AND c.code = e.code"
    " LEFT JOIN concepts AS category ON category.system = 'icd-10-cm'"
    " AND c.system = 'icd-10-cm' AND category.code = left(c.code, 3)"
)
"""The code, and of ICD-10 its category of three characters: that has words in both languages."""
