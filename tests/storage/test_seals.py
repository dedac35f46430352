"""Whoever tampers with the audit log is found, and the first bad row named."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from deployments.sealing import sealing_key
from storage import seals
from storage.audit import AuditRow, write_rows
from storage.columns import new_id
from storage.seals import EMPTY, Fault, Head

KEY = sealing_key("a secret of the hospital", "appointments")
TAMPERINGS = {
    "edit": ("UPDATE audit_log SET action = 'nothing' WHERE position = 4", Fault(4, "changed")),
    "edit of who": ("UPDATE audit_log SET actor_id = NULL WHERE position = 4", Fault(4, "changed")),
    "removal": ("DELETE FROM audit_log WHERE position = 4", Fault(4, "missing")),
    "removal, the rest moved up": (
        """DELETE FROM audit_log WHERE position = 4;
        UPDATE audit_log SET position = position - 1 WHERE position > 4""",
        Fault(4, "changed"),
    ),
    "swap": (
        """UPDATE audit_log SET position = -4 WHERE position = 4;
        UPDATE audit_log SET position = 4 WHERE position = 5;
        UPDATE audit_log SET position = 5 WHERE position = -4""",
        Fault(4, "changed"),
    ),
    "forgery": (
        """INSERT INTO audit_log (at, actor_role, action, object_type, outcome, position, seal)
        VALUES (now(), 'doctor', 'read', 'Condition', 'success', 11, '\\x00')""",
        Fault(11, "changed"),
    ),
    "truncation": ("DELETE FROM audit_log WHERE position > 8", Fault(9, "cut_off")),
    "everything gone": ("DELETE FROM audit_log", Fault(1, "cut_off")),
}


@pytest.fixture
def sealed(appointments_database, clock):
    """Ten sealed rows, and the end that a witness was told."""
    with appointments_database.engine.begin() as connection:
        write_rows(
            connection,
            [
                AuditRow(
                    actor_id=new_id(),
                    actor_role="doctor",
                    action="read",
                    object_type="Condition",
                    object_id=None,
                    at=clock() + timedelta(seconds=number),
                )
                for number in range(10)
            ],
        )
        return seals.seal_due(connection, KEY)


def tamper(connection: Connection, statement: str) -> None:
    """As somebody who owns the database could, past the trigger."""
    connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER only_sealing"))
    connection.execute(text(statement))
    connection.execute(text("ALTER TABLE audit_log ENABLE TRIGGER only_sealing"))


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found_and_named(appointments_database, sealed: Head, name, red) -> None:
    statement, fault = TAMPERINGS[name]
    with appointments_database.engine.begin() as connection:
        assert seals.find_fault(connection, KEY, sealed) is None
        tamper(connection, statement)
        anchor = EMPTY if red("anchor") else sealed
        assert seals.find_fault(connection, KEY, anchor) == fault


def test_rows_are_never_changed_without_taking_the_trigger_away(
    appointments_database, sealed
) -> None:
    for statement in ("UPDATE audit_log SET action = 'nothing'", "DELETE FROM audit_log"):
        with (
            pytest.raises(Exception, match="never changed"),
            appointments_database.engine.begin() as connection,
        ):
            connection.execute(text(statement))


def test_another_key_makes_another_chain(appointments_database, sealed) -> None:
    with appointments_database.engine.begin() as connection:
        assert seals.find_fault(connection, sealing_key("a guess", "appointments")) == Fault(
            1, "changed"
        )


def test_the_chain_goes_on_where_it_ended(appointments_database, sealed, clock) -> None:
    with appointments_database.engine.begin() as connection:
        assert seals.seal_due(connection, KEY) is None
        write_rows(connection, [AuditRow(None, "service", "read", "Patient", None, clock())])
        assert seals.seal_due(connection, KEY).position == sealed.position + 1
        assert seals.find_fault(connection, KEY, sealed) is None


def test_one_sealer_at_a_time(appointments_database, sealed, clock) -> None:
    engine = appointments_database.engine
    with engine.begin() as connection:
        write_rows(connection, [AuditRow(None, "service", "read", "Patient", None, clock())])
    with engine.begin() as one, engine.begin() as other:
        assert seals.seal_due(one, KEY) is not None
        assert seals.seal_due(other, KEY) is None
