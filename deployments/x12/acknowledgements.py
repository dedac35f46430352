"""Whether an interchange could be read, 999 (005010X231A1): written by pyx12, read by us."""

from dataclasses import dataclass
from typing import Final

from deployments.x12.reading import Reading

TAKEN: Final = frozenset({"A", "E"})
"""IK501 and AK901: accepted, accepted with errors noted."""


@dataclass(frozen=True)
class Acknowledgement:
    """The answer to a functional group.

    Attributes:
        group_number: GS06 of what is answered.
        accepted: it was taken in.
        faults: segments and codes that were refused: `CLM:8`.
    """

    group_number: str
    accepted: bool
    faults: tuple[str, ...]


def read(reading: Reading) -> Acknowledgement:
    """The acknowledgement inside.

    Raises:
        ValueError: it answers nothing.
    """
    group = next((one for one in reading.segments if one.id == "AK1"), None)
    verdict = next((one for one in reading.segments if one.id == "AK9"), None)
    if group is None or verdict is None:
        raise ValueError("it answers nothing")
    faults = [f"{one.get('01')}:{one.get('04')}" for one in reading.segments if one.id == "IK3"] + [
        f"{one.get('01-1')}:{one.get('03')}" for one in reading.segments if one.id == "IK4"
    ]
    return Acknowledgement(group.get("02"), verdict.get("01") in TAKEN, tuple(faults))
