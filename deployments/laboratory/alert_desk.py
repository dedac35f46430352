"""Answering critical values, and telling the next ones when nobody does."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.errors import FieldError
from deployments.laboratory.alert_schemas import (
    Acknowledgement,
    AlertHop,
    AlertQuery,
    Call,
    CriticalAlert,
)
from deployments.laboratory.alerting import escalate, told, write_hop
from deployments.laboratory.catalogue_shapes import Snapshot
from deployments.laboratory.desk import Desk
from deployments.laboratory.errors import (
    AlertNotFound,
    MoveNotAllowed,
    NobodyTold,
    PatientNotFound,
    WrongReadBack,
)
from deployments.laboratory.events import CriticalValueAcknowledged
from deployments.laboratory.recording import write_audit
from deployments.pagination import Page, decode_cursor, page_of
from deployments.publishing import publish
from storage.laboratory import alerts

OBJECT: Final = "Flag"
BATCH: Final = 20
Work = Callable[[Connection, Row[Any]], object]
LADDER: Final = Principal.for_service("laboratory-alerts")


class AlertDesk:
    """Operations on alerts.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._patience = timedelta(minutes=desk.settings.alert_step_minutes)

    async def get(self, principal: Principal, alert_id: UUID) -> CriticalAlert:
        """One alert, with who knew of it when.

        Raises:
            AlertNotFound: none that the caller may know of.
            CannotCheck: only medical records could say, and does not answer.
        """
        return await self._do(principal, alert_id, "read", lambda _connection, row: row)

    async def list_page(self, principal: Principal, query: AlertQuery) -> Page[CriticalAlert]:
        """Alerts, newest first; see `AlertQuery`.

        Raises:
            PatientNotFound: none that the caller may know of.
            CannotCheck: only medical records could say, and does not answer.
            InvalidCursor: of another list.
        """
        principal.require(Permission.LABORATORY_ACKNOWLEDGE)
        if query.patient_id is not None:
            await self._desk.sight.check(
                principal, query.patient_id, OBJECT, refusal=PatientNotFound
            )
        everything = principal.has(Permission.LABORATORY_READ_ANY) or query.patient_id is not None
        snapshot = await self._desk.catalogue.current()
        before = decode_cursor(query.cursor, UUID)[0] if query.cursor else None

        def work(connection: Connection) -> Page[CriticalAlert]:
            rows = alerts.list_page(
                connection,
                status=query.status,
                practitioner_id=None if everything else principal.user_id,
                patient_id=query.patient_id,
                before=before,
                limit=query.limit + 1,
            )
            page = page_of(rows, query.limit, lambda row: (row.id,))
            hops = alerts.hops_of(connection, [row.id for row in page.items])
            now = self._desk.clock()
            write_audit(connection, principal, "alert.list", OBJECT, None, now, query.patient_id)
            shown = [_alert(row, hops[row.id], snapshot) for row in page.items]
            return Page[CriticalAlert](items=shown, next_cursor=page.next_cursor)

        return await self._desk.database.transact(work, keyed=False)

    async def acknowledge(
        self, principal: Principal, alert_id: UUID, request: Acknowledgement
    ) -> CriticalAlert:
        """The value was read back right, and somebody acts.

        Raises:
            AlertNotFound: none that the caller may know of.
            WrongReadBack: what was read back is not the value; that is noted.
            MoveNotAllowed: somebody else has answered, or the value was withdrawn.
            Forbidden: only the laboratory acknowledges for somebody whom it called.
            NobodyTold: the laboratory, which treats nobody, does not say whom it called.
        """

        def misread(connection: Connection, row: Row[Any]) -> None:
            at = self._desk.clock()
            write_hop(
                connection, row, "misread", principal.user_id, at, person_id=principal.user_id
            )

        def work(connection: Connection, row: Row[Any]) -> None:
            at = self._desk.clock()
            if row.status != "open":
                raise MoveNotAllowed(f"the alert is {row.status}")
            alerts.change(
                connection, [row.id], status="acknowledged", next_step_at=None,
                acknowledged_by=request.told_to or principal.user_id, acknowledged_at=at,
                read_back=request.read_back, action=request.action,
            )  # fmt: skip
            by = request.told_to or principal.user_id
            write_hop(connection, row, "acknowledged", principal.user_id, at, person_id=by)
            known = told(row)
            publish(
                connection, CriticalValueAcknowledged(**known, occurred_at=at, acknowledged_by=by)
            )

        check_told(principal, request.told_to)
        found = await self._desk.database.read(lambda c: alerts.find(c, alert_id))
        if found is not None and found.status == "open" and not reads_back(found, request):
            await self._do(principal, alert_id, "misread", misread)
            error = FieldError("/read_back", "wrong", "this is not the value that was reported")
            raise WrongReadBack("read the value back again", [error])
        return await self._do(principal, alert_id, "acknowledge", work)

    async def note_call(self, principal: Principal, alert_id: UUID, request: Call) -> CriticalAlert:
        """Somebody was called by telephone, whether they answered or not.

        Raises:
            AlertNotFound: none that the caller may know of.
        """

        def work(connection: Connection, row: Row[Any]) -> None:
            write_hop(
                connection, row, "called", principal.user_id, self._desk.clock(),
                person_id=request.person_id, note=request.note,
            )  # fmt: skip

        return await self._do(principal, alert_id, "call", work)

    async def climb(self) -> int:
        """Tells the next ones of every alert that nobody answered in time; how many there were.

        Every replica does it; rows that another one has are left to it.
        """
        snapshot = await self._desk.catalogue.current()
        roles = [role.value for role in self._desk.settings.alert_roles]

        def work(connection: Connection) -> int:
            at = self._desk.clock()
            due = alerts.lock_due(connection, at, BATCH)
            for row in due:
                code = snapshot.parameter(row.parameter_id).code
                escalate(
                    connection, row, code, roles,
                    actor_id=LADDER.user_id, at=at, patience=self._patience,
                )  # fmt: skip
            return len(due)

        return await self._desk.database.transact(work, keyed=False)

    async def _do(
        self, principal: Principal, alert_id: UUID, action: str, work: Work
    ) -> CriticalAlert:
        principal.require(Permission.LABORATORY_ACKNOWLEDGE)
        snapshot = await self._desk.catalogue.current()
        found = await self._desk.database.read(lambda c: alerts.find(c, alert_id))
        mine = found is not None and found.practitioner_id == principal.user_id
        if not mine:
            patient_id = found.patient_id if found else None
            await self._desk.sight.check(principal, patient_id, OBJECT, refusal=AlertNotFound)

        def attempt(connection: Connection) -> CriticalAlert:
            row = alerts.lock(connection, alert_id)
            if row is None:
                raise AlertNotFound
            work(connection, row)
            now = self._desk.clock()
            name = f"alert.{action}"
            write_audit(connection, principal, name, OBJECT, alert_id, now, row.patient_id)
            changed = alerts.find(connection, alert_id)
            assert changed is not None  # noqa: S101  # locked above
            return _alert(changed, alerts.hops_of(connection, [alert_id])[alert_id], snapshot)

        return await self._desk.database.transact(attempt)


def check_told(principal: Principal, told_to: UUID | None) -> None:
    """The loop is closed by somebody who treats: the laboratory must have told one.

    Raises:
        Forbidden: somebody else than the laboratory speaks for another.
        NobodyTold: the laboratory speaks for itself.
    """
    if told_to is not None:
        principal.require(Permission.LABORATORY_READ_ANY)
    elif not principal.has(Permission.LABORATORY_READ_ANY):
        return
    if told_to in (None, principal.user_id):
        words = "name whoever treats the patient and was called"
        raise NobodyTold(words, [FieldError("/told_to", "missing", words)])


def reads_back(row: Row[Any], request: Acknowledgement) -> bool:
    """Whether what was read back is the value: the same number however it is written.

    A sign before it says that it is beyond what can be measured.
    """
    if request.unit is not None and request.unit != row.unit:
        return False
    if row.value is None:
        return bool(request.read_back.casefold() == (row.choice or "").casefold())
    try:
        number = request.read_back.strip().lstrip("<>").replace(",", ".")
        return bool(Decimal(number) == row.value)
    except InvalidOperation:
        return False


def _alert(row: Row[Any], hops: list[Row[Any]], snapshot: Snapshot) -> CriticalAlert:
    parameter = snapshot.parameter(row.parameter_id)
    made = {"parameter", "name_en", "name_vi", "hops"}
    plain = {name: getattr(row, name) for name in CriticalAlert.model_fields if name not in made}
    shown = [AlertHop(**{name: getattr(one, name) for name in AlertHop.model_fields})
             for one in hops]  # fmt: skip
    return CriticalAlert(
        **plain,
        parameter=parameter.code,
        name_en=parameter.name_en,
        name_vi=parameter.name_vi,
        hops=shown,
    )
