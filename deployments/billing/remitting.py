"""Remittances: read, checked, and posted."""

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.billing.claim_schemas import Remittance, RemittanceRequest
from deployments.billing.desk import Desk
from deployments.billing.insurance_errors import (
    RemittanceUnbalanced,
    RemittanceUnreadable,
)
from deployments.billing.remittance_posting import post
from deployments.x12 import remittances as x12
from deployments.x12.reading import Unreadable, read
from deployments.x12.shapes import Remittance as Paid
from deployments.x12.shapes import Unbalanced, check_balanced


def read_remittance(content: str) -> tuple[Paid, str]:
    """An 835 whose sums agree, and its control number.

    Raises:
        RemittanceUnreadable: it is none, or does not keep to its implementation guide.
        RemittanceUnbalanced: its sums do not agree.
    """
    try:
        reading = read(content)
        if reading.faults:
            places = ", ".join(sorted({fault.place for fault in reading.faults})[:5])
            raise RemittanceUnreadable(f"not as the implementation guide says: {places}")
        paid = x12.read(reading)
        check_balanced(paid)
    except (Unreadable, ValueError, StopIteration, IndexError):
        raise RemittanceUnreadable("not a whole 835") from None
    except Unbalanced as error:
        raise RemittanceUnbalanced(str(error)) from None
    return paid, reading.control_number


class Remitting:
    """Operations on remittances.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def post(self, principal: Principal, request: RemittanceRequest) -> Remittance:
        """Posts an 835.

        Raises:
            RemittanceUnreadable: it is none.
            RemittanceUnbalanced: its sums do not agree.
            RemittancePosted: it was posted before.
            RemittanceUnmatched: something in it belongs to no claim that waits for an answer.
        """
        principal.require(Permission.BILLING_CLAIM)
        paid, control_number = read_remittance(request.content)

        def work(connection: Connection) -> Remittance:
            at = self._desk.clock()
            return post(connection, principal, paid, (control_number, request.content), at)

        return await self._desk.database.transact(work)
