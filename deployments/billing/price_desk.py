"""Price lists and their versions: a draft is filled from a file, published, and never changed."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Permission, Principal
from deployments.billing.desk import Desk
from deployments.billing.errors import (
    PriceListExists,
    PriceListNotFound,
    PricesPublished,
    ValidityOverlaps,
)
from deployments.billing.price_files import demo_prices, read_prices
from deployments.billing.price_schemas import (
    Price,
    PriceFileReceipt,
    PriceList,
    PriceListRequest,
    PriceLists,
    PriceListVersion,
    PriceQuery,
    Publication,
)
from deployments.billing.recording import write_audit
from deployments.pagination import Page, decode_cursor, page_of
from storage.billing import prices
from storage.database import ConstraintViolated

MANAGE: Final = Permission.BILLING_MANAGE_PRICES
PUBLIC: Final = PriceListRequest(
    code="public", name_en="Public prices", name_vi="Bảng giá dịch vụ", currency="VND"
)
SINCE: Final = date(2020, 1, 1)
OVERLAP: Final = frozenset({"ex_price_list_versions_overlap", "ck_price_list_versions_some_days"})


class PriceDesk:
    """What can be done with price lists.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def add_list(self, principal: Principal, request: PriceListRequest) -> PriceList:
        """A new list, without versions.

        Raises:
            PriceListExists: of this code, or for this payer and currency.
        """
        principal.require(MANAGE)

        def work(connection: Connection) -> PriceList:
            now = self._desk.clock()
            values = {**request.model_dump(), "created_at": now}
            row = prices.add_list(connection, values)
            if row is None:
                raise PriceListExists
            self._audit(connection, principal, "price_list.add", row["id"])
            return _list(row, [])

        return await self._desk.database.transact(work)

    async def all_lists(self, principal: Principal) -> PriceLists:
        """Every list with its versions."""
        principal.require(Permission.BILLING_READ, MANAGE)

        def work(connection: Connection) -> PriceLists:
            rows = prices.all_lists(connection)
            return PriceLists(
                items=[_list(row, prices.versions(connection, row["id"])) for row in rows]
            )

        return await self._desk.database.read(work)

    async def read_file(
        self, principal: Principal, list_id: UUID, content: bytes
    ) -> PriceFileReceipt:
        """Makes the next version of a list, a draft, from a file.

        Raises:
            PriceListNotFound: no such list.
            PriceFileInvalid: the file cannot be read; nothing was taken.
        """
        principal.require(MANAGE)

        def work(connection: Connection) -> PriceFileReceipt:
            row = prices.find_list(connection, "id", list_id)
            if row is None:
                raise PriceListNotFound
            read = read_prices(content, row["currency"])
            return self._filled(connection, principal, row["id"], read)

        return await self._desk.database.transact(work)

    async def publish(
        self, principal: Principal, version_id: UUID, publication: Publication
    ) -> PriceListVersion:
        """Lets a draft hold from a day on; the version before it ends the day before.

        Raises:
            PriceListNotFound: no such version.
            PricesPublished: it holds already.
            ValidityOverlaps: another version holds from that day on, or a later one.
        """
        principal.require(MANAGE)

        def work(connection: Connection) -> PriceListVersion:
            version = prices.lock_version(connection, version_id)
            if version is None:
                raise PriceListNotFound
            if version["status"] != "draft":
                raise PricesPublished
            now, since = self._desk.clock(), publication.valid_from
            row = prices.publish(connection, version, since, principal.user_id, now)
            self._audit(connection, principal, "price_list.publish", version["price_list_id"])
            return _version(row)

        try:
            return await self._desk.database.transact(work)
        except ConstraintViolated as error:
            if error.constraint in OVERLAP:
                raise ValidityOverlaps from None
            raise

    async def list_prices(
        self, principal: Principal, version_id: UUID, query: PriceQuery
    ) -> Page[Price]:
        """The prices of a version, by kind and code.

        Raises:
            InvalidCursor: of another list.
        """
        principal.require(Permission.BILLING_READ, MANAGE)
        after = None
        if query.cursor:
            kind, code = decode_cursor(query.cursor, str, str)
            after = (kind, code)
        rows = await self._desk.database.read(
            lambda c: prices.prices_of(c, version_id, after, query.limit + 1)
        )
        page = page_of(rows, query.limit, lambda row: (row["kind"], row["code"]))
        shown = [Price(**{name: row[name] for name in Price.model_fields}) for row in page.items]
        return Page[Price](items=shown, next_cursor=page.next_cursor)

    async def load_demo(self, principal: Principal) -> PriceFileReceipt | None:
        """The demo hospital's public prices, published; None when there are public ones."""
        principal.require(MANAGE)
        read = read_prices(demo_prices(), PUBLIC.currency)

        def work(connection: Connection) -> PriceFileReceipt | None:
            now = self._desk.clock()
            row = prices.add_list(connection, {**PUBLIC.model_dump(), "created_at": now})
            if row is None:
                return None
            receipt = self._filled(connection, principal, row["id"], read)
            version = prices.lock_version(connection, receipt.version_id)
            if version is not None:
                prices.publish(connection, version, SINCE, principal.user_id, now)
            return receipt

        return await self._desk.database.transact(work, keyed=False)

    def _filled(
        self, connection: Connection, principal: Principal, list_id: UUID, read: Sequence[Price]
    ) -> PriceFileReceipt:
        now = self._desk.clock()
        version = prices.add_version(connection, list_id, principal.user_id, now)
        rows: list[dict[str, Any]] = [one.model_dump(mode="json") for one in read]
        prices.add_prices(connection, version["id"], rows)
        self._audit(connection, principal, "price_list.fill", list_id)
        return PriceFileReceipt(
            version_id=version["id"], number=version["number"], prices=len(rows)
        )

    def _audit(
        self, connection: Connection, principal: Principal, action: str, list_id: UUID
    ) -> None:
        write_audit(
            connection,
            principal,
            action=action,
            object_type="ChargeItemDefinition",
            object_id=list_id,
            at=self._desk.clock(),
        )


def _list(row: RowMapping, versions: Sequence[RowMapping]) -> PriceList:
    shown = {name: row[name] for name in PriceList.model_fields if name != "versions"}
    return PriceList(**shown, versions=[_version(one) for one in versions])


def _version(row: RowMapping) -> PriceListVersion:
    valid = row["valid"]
    return PriceListVersion(
        id=row["id"],
        number=row["number"],
        status=row["status"],
        valid_from=valid.lower if valid else None,
        valid_until=valid.upper if valid else None,
        created_at=row["created_at"],
        published_at=row["published_at"],
    )
