"""One value on its way into the laboratory, whoever sends it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID


@dataclass(frozen=True)
class Measured:
    """A value as it was sent, nothing in it believed yet.

    Attributes:
        accession: number of the specimen.
        code: code of the parameter, or its LOINC code.
        unit: as the sender spells it.
        observed_at: when it was measured; None when the sender does not say.
        correction: the sender says that an earlier value was wrong.
        instrument: as the analyzer names itself.
        patient: of whom the sender says it is.
    """

    accession: str
    code: str
    value: str
    unit: str | None = None
    observed_at: datetime | None = None
    correction: bool = False
    instrument: str | None = None
    comment: str | None = None
    patient: str | None = None

    def is_of_another(self, patient_id: UUID) -> bool:
        """Whether the sender names another patient; what is no id of ours names nobody."""
        try:
            return UUID(self.patient or "") != patient_id
        except ValueError:
            return False

    def as_json(self) -> dict[str, Any]:
        """For a JSON column."""
        at = self.observed_at
        return {**vars(self), "observed_at": at.isoformat() if at else None}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Reads what `as_json` made."""
        at = values["observed_at"]
        return cls(**{**values, "observed_at": datetime.fromisoformat(at) if at else None})
