"""Searching names."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, text

from storage.columns import new_id
from storage.users import directory
from storage.users.directory import PatientFilter
from storage.users.tables import PatientProfile, User

PEOPLE = 3_000


@pytest.fixture
def crowd(users_database):
    now = datetime(2026, 11, 23, tzinfo=UTC)
    ids = [new_id() for _ in range(PEOPLE)]
    names = [f"le van {number:05d}" for number in range(PEOPLE - 1)] + ["nguyen thi mai"]
    with users_database.engine.begin() as connection:
        connection.execute(
            insert(User),
            [
                {
                    "id": user_id,
                    "status": "active",
                    "roles": ["patient"],
                    "family_name": "x",
                    "given_name": "x",
                    "search_name": name,
                    "locale": "vi",
                    "time_zone": "UTC",
                    "created_at": now,
                    "updated_at": now,
                }
                for user_id, name in zip(ids, names, strict=True)
            ],
        )
        connection.execute(
            insert(PatientProfile),
            [
                {"user_id": user_id, "medical_record_number": str(place), "gender": "unknown"}
                for place, user_id in enumerate(ids)
            ],
        )
        connection.execute(text("ANALYZE users, patient_profiles"))
    return ids


def test_a_name_can_be_found_by_trigram_index(users_database, crowd):
    with users_database.engine.begin() as connection:
        found = directory.patients(connection, PatientFilter(terms=("nguyen", "mai")), None, 21)
        connection.execute(text("SET LOCAL enable_seqscan = off"))  # so few fit on a page
        plan = connection.execute(
            text("EXPLAIN SELECT id FROM users WHERE search_name LIKE '%nguyen%'")
        ).scalars()
        steps = "\n".join(plan)
    assert [row.id for row in found] == [crowd[-1]]
    assert "ix_users_search_name_trigrams" in steps


def test_a_page_goes_on_after_the_last_row(users_database, crowd):
    with users_database.engine.begin() as connection:
        first = directory.patients(connection, PatientFilter(), None, 10)
        position = (first[-1].search_name, first[-1].id)
        second = directory.patients(connection, PatientFilter(), position, 10)
    assert [row.id for row in (*first, *second)] == crowd[:20]
