"""Made-up values for every variable: what a preview shows, and what a new text is tried with."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

SAMPLE: Final[Mapping[str, Any]] = {
    "reader": "Nguyễn Thị <Hoa> & Con",
    "patient": "Nguyễn Thị <Hoa> & Con",
    "practitioner": "Dr. Trần Minh",
    "start": datetime(2026, 11, 24, 2, 30, tzinfo=UTC),
    "previous_start": datetime(2026, 11, 23, 18, 0, tzinfo=UTC),
    "occurred_at": datetime(2026, 11, 24, 1, 5, tzinfo=UTC),
    "enabled": True,
    "parameter": "K",
    "flag": "HH",
    "url": "https://medray.example/link?token=abc&x=1",
    "expires_at": datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
    "subject": "New opening hours",
    "message": "The hospital opens at 06:30 from Monday.\n\nThank you for your patience.",
}
