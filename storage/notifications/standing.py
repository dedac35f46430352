"""How people want to be reached: one statement for all of them, whatever they have said."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, and_, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.columns import new_id
from storage.notifications.tables import Address, Preference, QuietHours

READ: Final = text(
    "SELECT person.id,"
    " (SELECT jsonb_agg(jsonb_build_array(workflow, channel, enabled))"
    "  FROM preferences WHERE user_id = person.id) AS wishes,"
    " (SELECT jsonb_agg(jsonb_build_array(channel, address, status, source))"
    "  FROM addresses WHERE user_id = person.id) AS addresses,"
    " (SELECT jsonb_agg(jsonb_build_array(id, level, workflows, url, secret_version)"
    "  ORDER BY id) FROM endpoints WHERE owner_id = person.id AND disabled IS NULL) AS endpoints,"
    " quiet.begins, quiet.ends"
    " FROM unnest(CAST(:ids AS uuid[])) AS person(id)"
    " LEFT JOIN quiet_hours quiet ON quiet.user_id = person.id"
)
EVERY: Final = ""
"""The workflow of a wish about a channel as a whole."""


@dataclass(frozen=True)
class Hook:
    """A live endpoint; see `Endpoint`."""

    id: UUID
    level: str
    workflows: frozenset[str]
    url: str
    secret_version: int


@dataclass(frozen=True)
class Standing:
    """What one person has said about being told.

    Attributes:
        wishes: by workflow (`EVERY` for all) and channel, whether it is wanted.
        addresses: by channel and address: the status, and who said so.
        quiet: begin and end of the quiet hours, by the clock on the person's wall.
    """

    wishes: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    addresses: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    hooks: Sequence[Hook] = ()
    quiet: tuple[time, time] | None = None

    def granted(self, channel: str) -> list[str]:
        """Addresses of the channel with the person's consent, sorted."""
        return sorted(
            address
            for (of, address), (status, _) in self.addresses.items()
            if of == channel and status == "granted"
        )


def read(connection: Connection, user_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """The standing of each person."""
    rows = connection.execute(READ, {"ids": [str(id_) for id_ in user_ids]})
    return {row.id: _standing(row) for row in rows}


def _standing(row: Row[Any]) -> Standing:
    return Standing(
        wishes={(workflow, channel): enabled for workflow, channel, enabled in row.wishes or ()},
        addresses={
            (channel, address): (status, source)
            for channel, address, status, source in row.addresses or ()
        },
        hooks=[
            Hook(UUID(id_), level, frozenset(workflows), url, secret_version)
            for id_, level, workflows, url, secret_version in row.endpoints or ()
        ],
        quiet=None if row.begins is None else (row.begins, row.ends),
    )


def save_wishes(
    connection: Connection,
    user_id: UUID,
    wishes: Mapping[tuple[str, str], bool | None],
    at: datetime,
) -> None:
    """Writes wishes; None forgets one, so that the default holds again."""
    for (workflow, channel), enabled in sorted(wishes.items()):
        key = {"user_id": user_id, "workflow": workflow, "channel": channel}
        if enabled is None:
            same = [getattr(Preference, name) == value for name, value in key.items()]
            connection.execute(delete(Preference).where(and_(*same)))
            continue
        values = {"enabled": enabled, "changed_at": at}
        connection.execute(
            upsert(Preference)
            .values(**key, **values)
            .on_conflict_do_update(index_elements=list(key), set_=values)
        )


def save_quiet_hours(
    connection: Connection, user_id: UUID, quiet: tuple[time, time] | None, at: datetime
) -> None:
    """Writes the quiet hours; None takes them away."""
    if quiet is None:
        connection.execute(delete(QuietHours).where(QuietHours.user_id == user_id))
        return
    values = {"begins": quiet[0], "ends": quiet[1], "changed_at": at}
    connection.execute(
        upsert(QuietHours)
        .values(user_id=user_id, **values)
        .on_conflict_do_update(index_elements=["user_id"], set_=values)
    )


def save_consent(
    connection: Connection,
    user_id: UUID,
    channel: str,
    address: str,
    *,
    granted: bool,
    at: datetime,
    platform: str | None = None,
) -> Row[Any]:
    """Writes what the person says of an address; the row."""
    values = {
        "status": "granted" if granted else "withdrawn",
        "source": "person",
        "changed_at": at,
        "platform": platform,
    }
    statement = (
        upsert(Address)
        .values(id=new_id(), user_id=user_id, channel=channel, address=address, **values)
        .on_conflict_do_update(index_elements=["user_id", "channel", "address"], set_=values)
        .returning(*Address.__table__.columns)
    )
    return connection.execute(statement).one()


def take_device(connection: Connection, user_id: UUID, address: str) -> None:
    """Forgets a device of everybody else: who signs in on it next is its only owner."""
    connection.execute(
        delete(Address).where(
            Address.channel == "push", Address.address == address, Address.user_id != user_id
        )
    )


def list_addresses(connection: Connection, user_id: UUID) -> Sequence[Row[Any]]:
    """Everything the person, or others, have said of the person's addresses."""
    query = select(*Address.__table__.columns).where(Address.user_id == user_id)
    return connection.execute(query.order_by(Address.id)).all()


def forget_device(connection: Connection, user_id: UUID, device_id: UUID) -> bool:
    """Forgets a device; False when the person has none with this id."""
    gone = delete(Address).where(
        Address.id == device_id, Address.user_id == user_id, Address.channel == "push"
    )
    return connection.execute(gone).rowcount == 1


def answer(
    connection: Connection, channel: str, addresses: Sequence[str], *, stop: bool, source: str
) -> Sequence[UUID]:
    """Withdraws consent for addresses of whomever, or gives back what a reply had withdrawn.

    Returns:
        The people whose consent changed.
    """
    statement = update(Address).where(Address.channel == channel, Address.address.in_(addresses))
    if stop:
        statement = statement.where(Address.status == "granted").values(
            status="withdrawn", source=source
        )
    else:
        statement = statement.where(
            Address.status == "withdrawn", Address.source == "reply"
        ).values(status="granted", source=source)
    changed = connection.execute(statement.returning(Address.user_id))
    return sorted(row.user_id for row in changed)
