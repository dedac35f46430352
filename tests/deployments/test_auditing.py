"""`medray audit`: the chains of all services against the ends that users was told."""

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from deployments.launch.auditing import check_chains
from deployments.sealing import Sealer, sealing_key
from deployments.users.authority import Authority
from storage.audit import AuditRow, write_rows
from storage.seals import Fault
from storage.settings import BUILT, StorageSettings

SECRET = "a secret of the hospital"


def settings_for(urls) -> StorageSettings:
    return StorageSettings(**{f"{name}_database_url": SecretStr(url) for name, url in urls.items()})


async def test_what_is_cut_off_is_found(
    users_database, appointments_database, database_urls, clock
) -> None:
    authority = Authority(users_database, keys=None, clock=clock)  # type: ignore[arg-type]
    sealer = Sealer(
        appointments_database, "appointments", sealing_key(SECRET, "appointments"), authority
    )
    with appointments_database.engine.begin() as connection:
        rows = [AuditRow(None, "service", "read", "Patient", None, clock()) for _ in range(3)]
        write_rows(connection, rows)
    await sealer.seal_due()
    storage = settings_for(database_urls)
    assert {it.service: it.fault for it in check_chains(storage, SECRET)} == dict.fromkeys(BUILT)
    with appointments_database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER only_sealing"))
        connection.execute(text("DELETE FROM audit_log WHERE position = 3"))
        connection.execute(text("ALTER TABLE audit_log ENABLE TRIGGER only_sealing"))
    found = {it.service: it.fault for it in check_chains(storage, SECRET)}
    assert found["appointments"] == Fault(3, "cut_off")


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM audit_log WHERE position > 1",
        "UPDATE audit_log SET action = 'nothing', position = NULL, seal = NULL WHERE position > 1",
    ],
)
async def test_what_is_sealed_anew_is_found(
    users_database, appointments_database, database_urls, clock, tampering
) -> None:
    authority = Authority(users_database, keys=None, clock=clock)  # type: ignore[arg-type]
    key = sealing_key(SECRET, "appointments")
    for statement in (None, tampering):
        with appointments_database.engine.begin() as connection:
            if statement:
                connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER only_sealing"))
                connection.execute(text(statement))
                connection.execute(text("ALTER TABLE audit_log ENABLE TRIGGER only_sealing"))
            rows = [AuditRow(None, "service", "read", "Patient", None, clock()) for _ in range(3)]
            write_rows(connection, rows)
        await Sealer(appointments_database, "appointments", key, authority).seal_due()
    storage = settings_for(database_urls)
    found = {it.service: it.fault for it in check_chains(storage, SECRET)}
    assert found["appointments"] == Fault(3, "changed")
