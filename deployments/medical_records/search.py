"""Search in one chart, in both languages."""

from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.medical_records.desk import Desk
from deployments.medical_records.search_schemas import ChartSearch, Match, Matches
from deployments.medical_records.terminology import MOST_WORDS, fold
from deployments.medical_records.terminology_schemas import SYSTEM_OF
from storage.medical_records import search

SYSTEMS: Final = {uri: system.value for uri, system in SYSTEM_OF.items()}


class Search:
    """Operations that look for words."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def search(self, principal: Principal, patient_id: UUID, query: ChartSearch) -> Matches:
        """Entries of a chart that have every word, the best first; of kinds that may be read.

        Raises:
            RecordNotFound: no chart that the caller may know of.
        """
        words = fold(query.q)[:MOST_WORDS]
        wanted = frozenset(query.kind) or search.KINDS

        def work(connection: Connection, visible: frozenset[str]) -> Matches:
            if not words:
                return Matches(items=[])
            rows = search.search(connection, patient_id, visible, words, SYSTEMS, query.limit)
            return Matches(items=[Match.model_validate(dict(row)) for row in rows])

        return await self._desk.gate.read_kinds(
            principal, patient_id, wanted, work, action="chart-search"
        )
