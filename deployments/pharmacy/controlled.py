"""Reading the running register of controlled drugs.

Source: Viet Nam, Circular 20/2017/TT-BYT on controlled medicines: narcotic, psychotropic and
precursor medicines are entered in a register of receipts and issues; one person does, another
checks.
"""

from deployments.access import Permission, Principal
from deployments.pagination import Page, decode_cursor, page_of
from deployments.pharmacy.stock_desk import StockDesk, to_sequence
from deployments.pharmacy.stock_schemas import RegisterEntry, RegisterQuery
from storage.pharmacy import controlled


class ControlledRegister:
    """The register; movements write it, nobody changes it."""

    def __init__(self, desk: StockDesk) -> None:
        self._desk = desk

    async def list_page(self, principal: Principal, query: RegisterQuery) -> Page[RegisterEntry]:
        """A page of the register of a drug at a place, by number.

        Raises:
            InvalidCursor: the cursor is not from this list.
        """
        principal.require(Permission.PHARMACY_DISPENSE, Permission.PHARMACY_STOCK)
        (after,) = decode_cursor(query.cursor, to_sequence) if query.cursor else (0,)
        rows = await self._desk.database.read(
            lambda connection: controlled.list_page(
                connection,
                query.location_id,
                query.medication_id,
                after=after,
                limit=query.limit + 1,
            )
        )
        found = [RegisterEntry.model_validate(dict(row)) for row in rows]
        return page_of(found, query.limit, lambda one: (one.number,))
