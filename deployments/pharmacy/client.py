"""How other services ask the pharmacy, over its deployment handle."""

from deployments.access import Principal
from deployments.calls import Remote
from deployments.pharmacy.formulary_schemas import ImportReceipt


class PharmacyClient:
    """Typed calls; each refusal is raised here as the `DomainError` it was there."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def import_formulary(self, principal: Principal) -> ImportReceipt:
        """Brings the formulary up to date with the one that ships with the program; idempotent."""
        receipt: ImportReceipt = await self._remote.call(
            "import_formulary", principal, retry=True, timeout_s=30.0
        )
        return receipt
