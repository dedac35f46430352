"""The path of every request through the edge, around the handler of its route.

who is calling -> may they -> can they afford it -> was it answered before -> handler -> ETag.
"""

import hashlib
import hmac
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from deployments.access import Principal
from deployments.errors import Invalid, Malformed, TooLarge, Unauthenticated
from deployments.gateway.addresses import client_address
from deployments.gateway.policy import RoutePolicy, policy_of
from deployments.gateway.problems import KeyBusy, KeyMissing, KeyReused, as_refusal, respond
from deployments.runtime import EdgeRuntime
from storage import idempotency

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_KEY: Final = 255
JSON: Final = "application/json"


class GatewayRoute(APIRoute):
    """A route that goes through the edge; it refuses to exist without a policy."""

    def get_route_handler(self) -> Handler:
        """Wraps FastAPI's handler of the route."""
        declared = policy_of(self.endpoint)
        handler = super().get_route_handler()
        status = self.status_code or 200

        async def guarded(request: Request) -> Response:
            runtime: EdgeRuntime = request.app.state.runtime
            request.state.retirement = declared.retirement
            try:
                caller = await _authenticated(request, runtime, declared)
            except Unauthenticated:
                await _afford(request, runtime, declared, None)  # guessing tokens costs too
                raise
            await _afford(request, runtime, declared, caller)
            await _read_body(request, runtime.settings.body_limit_bytes)
            await _refuse_nul(request)
            if request.method in SAFE:
                return await _read(request, runtime, declared, caller, handler)
            return await _change(request, runtime, declared, caller, handler, status)

        return guarded


def gateway_router(*, tags: Sequence[str]) -> APIRouter:
    """A router whose routes go through the edge."""
    return APIRouter(route_class=GatewayRoute, tags=list(tags))


async def _authenticated(
    request: Request, runtime: EdgeRuntime, declared: RoutePolicy
) -> Principal | None:
    request.state.principal = None
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if declared.public:
        return None
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("send Authorization: Bearer <access token>")
    principal = await runtime.authenticator.authenticate(token.strip())
    if not principal.has(*declared.any_of):
        await _audit_refused(request, runtime, principal)
    principal.require(*declared.any_of)
    request.state.principal = principal
    return principal


async def _audit_refused(request: Request, runtime: EdgeRuntime, caller: Principal) -> None:
    """Who is kept from a patient's data by their role alone is written down too."""
    patient_id = _id(request.path_params.get("patient_id", ""))
    if patient_id is not None:
        await runtime.audit(caller, request.method.lower(), "Patient", patient_id, "denied")


async def _afford(
    request: Request, runtime: EdgeRuntime, declared: RoutePolicy, caller: Principal | None
) -> None:
    settings = runtime.settings
    if caller is not None:
        who, limit = f"user:{caller.user_id}", settings.rate_limit_per_minute
    else:
        address = client_address(request.scope, settings.trusted_proxies)
        who, limit = f"address:{address}", settings.anonymous_rate_limit_per_minute
    request.state.allowance = await runtime.rate_limiter.spend(who, declared.cost, limit)


async def _read_body(request: Request, limit: int) -> None:
    """Reads the body within its limit, where FastAPI will find it."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise TooLarge(f"at most {limit} bytes")
    request._body = bytes(body)  # noqa: SLF001  # Starlette's own cache of the body


async def _refuse_nul(request: Request) -> None:
    """PostgreSQL stores no NUL, so none comes in: by path, by query, or by body."""
    query, body = request.scope["query_string"], await request.body()
    in_target = "\x00" in request.scope["path"] or b"%00" in query or b"\x00" in query
    if in_target or b"\\u0000" in body or b"\x00" in body:
        raise Malformed("the NUL character is not accepted")


async def _read(
    request: Request,
    runtime: EdgeRuntime,
    declared: RoutePolicy,
    caller: Principal | None,
    handler: Handler,
) -> Response:
    key = None
    if declared.cache is not None:
        path = _same_ids(request.path_params)
        key = await runtime.cache.key(declared.cache, caller, _target(request), path)
        if key and (kept := await runtime.cache.find(key)) is not None:
            if declared.cache.audited and caller:
                patient_id = UUID(path["patient_id"])
                await runtime.audit(caller, "read", declared.cache.audited, patient_id, "success")
            return _tagged(request, Response(kept, media_type=JSON))
    response = await handler(request)
    if key and declared.cache and response.status_code == 200:
        await runtime.cache.keep(key, bytes(response.body), declared.cache.seconds)
    return _tagged(request, response)


async def _change(
    request: Request,
    runtime: EdgeRuntime,
    declared: RoutePolicy,
    caller: Principal | None,
    handler: Handler,
    status: int,
) -> Response:
    key = await _key(request, runtime, caller) if declared.idempotent else None
    if key is None and declared.key_required:
        raise KeyMissing("a new key for each thing that you want to happen once")
    if key is None:
        return _located(request, await handler(request))
    replayed = await _replayed(request, runtime, key, status)
    if replayed is not None:
        return replayed
    idempotency.begin(key)
    try:
        return _located(request, await handler(request))
    except Exception as error:  # noqa: BLE001  # answered as a problem, or replayed
        replayed = await _replayed(request, runtime, key, status)
        if replayed is not None:
            return replayed
        if isinstance(error, idempotency.KeyStored):
            raise KeyBusy("a request with this Idempotency-Key has not finished") from None
        return respond(as_refusal(error))


async def _key(
    request: Request, runtime: EdgeRuntime, caller: Principal | None
) -> idempotency.Key | None:
    sent = request.headers.get("idempotency-key")
    if sent is None:
        return None
    if not (0 < len(sent) <= LONGEST_KEY and sent.isascii() and sent.isprintable()):
        raise Invalid(f"Idempotency-Key: 1 to {LONGEST_KEY} printable ASCII characters")
    who = str(caller.user_id) if caller else "anonymous"
    target = f"{request.method} {_target(request)}\n"
    secret = runtime.settings.secret_key.get_secret_value().encode()
    fingerprint = hmac.digest(secret, target.encode() + await request.body(), "sha256")
    return idempotency.Key(f"{who} {request.method} {request.scope['path']}", sent, fingerprint)


def _same_ids(parameters: Mapping[str, str]) -> dict[str, str]:
    """Path parameters with every id written in one way: upper case is the same patient."""
    return {name: str(_id(value) or value) for name, value in parameters.items()}


def _id(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def _target(request: Request) -> str:
    """Path and query, whatever bytes they are made of: a URL object wants UTF-8."""
    query: bytes = request.scope["query_string"]
    return f"{request.scope['path']}?{query.decode('latin-1')}"


async def _replayed(
    request: Request, runtime: EdgeRuntime, key: idempotency.Key, status: int
) -> Response | None:
    """The stored answer to the key, if there is one.

    Raises:
        KeyReused: it was stored for another request.
        NotFound: the caller may no longer know what it says.
    """
    stored = await runtime.stored_answer(key.caller, key.key)
    if stored is None:
        return None
    if stored.fingerprint != key.fingerprint:
        raise KeyReused("send a new Idempotency-Key with a changed request")
    if stored.answer is None:
        response = Response(status_code=status)
    else:
        response = Response(stored.answer, status, media_type=JSON)
    caller: Principal | None = request.state.principal
    if caller and runtime.may_know_again:
        await runtime.may_know_again(caller, _answer(response) | request.path_params)
    response.headers["Idempotency-Replayed"] = "true"
    return _located(request, response)


def _located(request: Request, response: Response) -> Response:
    """Adds Location to what was created, and ETag to what has a version."""
    answer = _answer(response)
    if response.status_code == 201 and "id" in answer and "location" not in response.headers:
        response.headers["Location"] = f"{request.scope['path'].rstrip('/')}/{answer['id']}"
    if "version" in answer:
        response.headers["ETag"] = f'W/"{answer["version"]}"'
    return response


def _tagged(request: Request, response: Response) -> Response:
    """Adds ETag, and answers 304 when the caller has this already."""
    if response.status_code != 200 or response.headers.get("content-type") != JSON:
        return response
    version, digest = _answer(response).get("version"), hashlib.sha256(response.body).hexdigest()
    # more than what has the version may be in the answer, so the version alone is no validator
    etag = f'W/"{version}-{digest[:32]}"' if version is not None else f'W/"{digest[:32]}"'
    if etag in [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]:
        response = Response(status_code=304)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers.add_vary_header("Authorization")  # `/me` is another page for everybody
    return response


def _answer(response: Response) -> dict[str, Any]:
    if response.headers.get("content-type") != JSON or not response.body:
        return {}
    parsed = orjson.loads(response.body)
    return parsed if isinstance(parsed, dict) else {}
