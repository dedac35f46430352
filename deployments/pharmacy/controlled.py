"""Reading the running register of controlled drugs.

Source: Viet Nam, Circular 20/2017/TT-BYT on controlled medicines: narcotic, psychotropic and
precursor medicines are entered in a register of receipts and issues; one person does, another
checks.
"""

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.pagination import Page, decode_cursor, page_of
from deployments.pharmacy.recording import write_audit
from deployments.pharmacy.stock_desk import StockDesk, to_sequence
from deployments.pharmacy.stock_schemas import RegisterEntry, RegisterQuery
from storage.pharmacy import controlled


class ControlledRegister:
    """The register; movements write it, nobody changes it."""

    def __init__(self, desk: StockDesk) -> None:
        self._desk = desk

    async def list_page(self, principal: Principal, query: RegisterQuery) -> Page[RegisterEntry]:
        """A page of the register of a drug at a place, by number; the read is audited.

        Raises:
            InvalidCursor: the cursor is not from this list.
        """
        principal.require(Permission.PHARMACY_DISPENSE, Permission.PHARMACY_STOCK)
        (after,) = decode_cursor(query.cursor, to_sequence) if query.cursor else (0,)

        def work(connection: Connection) -> list[RegisterEntry]:
            write_audit(
                connection,
                principal,
                action="list_register",
                object_type="Medication",
                object_id=query.medication_id,
                at=self._desk.clock(),
            )
            place, drug, limit = query.location_id, query.medication_id, query.limit + 1
            rows = controlled.list_page(connection, place, drug, after=after, limit=limit)
            return [RegisterEntry.model_validate(dict(row)) for row in rows]

        found = await self._desk.database.transact(work, keyed=False)
        return page_of(found, query.limit, lambda one: (one.number,))
