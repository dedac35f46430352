"""History and reminders: parts of the statement that changes the appointment itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CTE, Text, Uuid, bindparam, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

from storage.appointments.tables import MOVES, REMINDERS
from storage.columns import new_id

INSTANT: Final = TIMESTAMP(timezone=True)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of history: who did what, and when."""

    move: str
    actor_id: UUID
    actor_role: str
    at: datetime
    from_status: str | None = None
    previous_start: datetime | None = None

    def parameters(self) -> dict[str, Any]:
        """What `history` needs."""
        return {
            "step_move": self.move,
            "step_actor_id": self.actor_id,
            "step_actor_role": self.actor_role,
            "step_at": self.at,
            "step_from_status": self.from_status,
            "step_previous_start": self.previous_start,
        }


@dataclass(frozen=True, slots=True)
class Planned:
    """A reminder to be written with the change."""

    kind: str
    due_at: datetime


def planned_parameters(reminders: Sequence[Planned]) -> dict[str, Any]:
    """What `planned` needs."""
    return {
        "reminder_ids": [new_id() for _ in reminders],
        "reminder_kinds": [reminder.kind for reminder in reminders],
        "reminder_due": [reminder.due_at for reminder in reminders],
    }


def history(changed: CTE) -> CTE:
    """Writes a line of history for each changed row; needs `Step.parameters`."""
    line = select(
        changed.c.id,
        changed.c.version,
        bindparam("step_move", type_=Text),
        bindparam("step_from_status", type_=Text),
        changed.c.status,
        changed.c.start,
        bindparam("step_previous_start", type_=INSTANT),
        bindparam("step_actor_id", type_=Uuid),
        bindparam("step_actor_role", type_=Text),
        bindparam("step_at", type_=INSTANT),
    )
    names = ["appointment_id", "version", "move", "from_status", "to_status", "start"]
    names += ["previous_start", "actor_id", "actor_role", "at"]
    return insert(MOVES).from_select(names, line).cte("history")


def planned(changed: CTE) -> CTE:
    """Writes the reminders of the changed row; needs `planned_parameters`."""
    wanted = (
        func.unnest(
            bindparam("reminder_ids", type_=ARRAY(Uuid)),
            bindparam("reminder_kinds", type_=ARRAY(Text)),
            bindparam("reminder_due", type_=ARRAY(INSTANT)),
        )
        .table_valued("id", "kind", "due_at", name="wanted")
        .render_derived()
    )
    lines = select(
        wanted.c.id, changed.c.id, wanted.c.kind, wanted.c.due_at, literal("scheduled")
    ).select_from(changed.join(wanted, literal(True)))
    names = ["id", "appointment_id", "kind", "due_at", "status"]
    return insert(REMINDERS).from_select(names, lines).cte("planned")
