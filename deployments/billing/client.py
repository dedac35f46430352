"""How other services ask billing, over its deployment handle."""

from deployments.access import Principal
from deployments.billing.price_schemas import PriceFileReceipt
from deployments.calls import Remote


class BillingClient:
    """Typed calls; each refusal is raised here as the `DomainError` it was there."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def load_prices(self, principal: Principal) -> PriceFileReceipt | None:
        """Loads the demo hospital's price list, unless there is a public one; idempotent."""
        receipt: PriceFileReceipt | None = await self._remote.call(
            "load_prices", principal, retry=True, timeout_s=30.0
        )
        return receipt
