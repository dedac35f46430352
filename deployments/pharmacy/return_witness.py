"""Two people say alike what comes back of a controlled drug; pure, on rows.

Source: Viet Nam, Circular 20/2017/TT-BYT on controlled medicines (see `controlled`); that the
second person says what they saw before it is taken in is ours.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import RowMapping

from deployments.access import Principal
from deployments.pharmacy.dispensing_states import DispensingStatus
from deployments.pharmacy.errors import MoveNotAllowed
from deployments.pharmacy.stock_errors import SamePerson, WitnessNeeded
from deployments.pharmacy.stock_moves import is_controlled

Back = tuple[RowMapping, Decimal]
"""An item of a dispensing, and how much of it comes back."""
NO_WITNESS: Final[Mapping[str, None]] = {"return_witness_id": None, "return_witnessed": None}
"""The columns when it is taken in: a signature holds once."""


def check_handed_over(row: RowMapping) -> None:
    """Passes when something was handed over that can come back.

    Raises:
        MoveNotAllowed: nothing was.
    """
    if row["status"] != DispensingStatus.COMPLETED:
        raise MoveNotAllowed(f"the dispensing is {row['status']}")


def as_seen(back: Sequence[Back]) -> dict[str, Any]:
    """The controlled part of what comes back, as JSON: quantities by item."""
    return {
        str(item["id"]): f"{quantity.normalize():f}"
        for item, quantity in back
        if is_controlled(item["schedule"])
    }


def check_witnessed(principal: Principal, row: RowMapping, back: Sequence[Back]) -> None:
    """Passes when nothing controlled comes back, or somebody else signed for exactly that.

    Raises:
        WitnessNeeded: nobody did, or for something else.
        SamePerson: the caller did.
    """
    controlled = as_seen(back)
    if not controlled:
        return
    if row["return_witness_id"] is None or row["return_witnessed"] != controlled:
        raise WitnessNeeded("a second person signs for what comes back")
    if row["return_witness_id"] == principal.user_id:
        raise SamePerson
