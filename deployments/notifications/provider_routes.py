"""Where providers call: signed, not signed in."""

from typing import Annotated

from fastapi import Depends, Path, Request

from deployments.errors import Malformed, Unavailable
from deployments.gateway.dependencies import service_of
from deployments.gateway.policy import PUBLIC, policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.notifications.errors import ProviderUnknown, SignatureRefused
from deployments.notifications.replies import ProviderCalls

router = gateway_router(tags=["notifications"])
Calls = Annotated[ProviderCalls, Depends(service_of(ProviderCalls, "providers"))]


@router.post(
    "/webhooks/{provider}",
    status_code=204,
    responses=declared(ProviderUnknown, SignatureRefused, Malformed, Unavailable),
)
@policy(PUBLIC, cost=0, idempotent=False)  # the signature says who it is; many receipts are normal
async def take_call(
    provider: Annotated[str, Path(max_length=60)], request: Request, calls: Calls
) -> None:
    """A receipt of a provider, or the reply of a person; see `signing.py` for the signature."""
    await calls.take(provider, request.headers, await request.body())
