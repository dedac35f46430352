"""Errors as HTTP says them: RFC 9457 problem+json, one shape for everything that goes wrong."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import Request

from deployments import errors
from deployments.errors import DomainError, FieldError
from deployments.logs import fault, get_logger, request_id
from deployments.schemas import Schema
from storage.database import CommitUnknown, DatabaseUnavailable
from storage.idempotency import KeyInFlight

log = get_logger("problems")

MEDIA_TYPE: Final = "application/problem+json"
STATUS: Final[Mapping[type[DomainError], int]] = {
    errors.Malformed: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.TooLarge: 413,
    errors.Invalid: 422,
    errors.TooMany: 429,
    errors.Unavailable: 503,
    DomainError: 422,
}


class ProblemField(Schema):
    """What is wrong with one field."""

    pointer: str
    code: str
    message: str


class Problem(Schema):
    """RFC 9457 problem details.

    Attributes:
        type: stable name of the kind of problem.
        code: the same, short, for programs.
        request_id: to quote when asking for help.
        errors: field by field, by JSON pointer.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None = None
    errors: tuple[ProblemField, ...] = ()


class BadMethod(DomainError):
    """The path exists, the method does not."""

    code = "method_not_allowed"
    title = "Method not allowed"


class KeyBusy(errors.Conflict):
    """A request with the same Idempotency-Key is being worked on."""

    code = "idempotency_key_in_flight"
    title = "Same key in flight"


class KeyReused(errors.Invalid):
    """The Idempotency-Key was used with another request."""

    code = "idempotency_key_reused"
    title = "Key used for another request"


class KeyMissing(errors.Malformed):
    """Where money moves, an Idempotency-Key is required."""

    code = "idempotency_key_missing"
    title = "Send an Idempotency-Key"


class Internal(DomainError):
    """A fault of ours; the log has it under the request id."""

    code = "internal"
    title = "Something went wrong on our side"


def status_of(error: type[DomainError]) -> int:
    """The HTTP status of a refusal: that of its nearest ancestor in the table."""
    if issubclass(error, BadMethod):
        return 405
    if issubclass(error, Internal):
        return 500
    return next(STATUS[ancestor] for ancestor in error.__mro__ if ancestor in STATUS)


def declared(*refusals: type[DomainError]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for what a route may refuse: `responses=declared(SlotTaken, ...)`."""
    by_status: dict[int | str, list[str]] = {}
    for refusal in refusals:
        by_status.setdefault(status_of(refusal), []).append(f"{refusal.title} (`{refusal.code}`)")
    return {
        status: {
            "description": "; ".join(titles),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, titles in by_status.items()
    }


def respond(error: DomainError) -> JSONResponse:
    """The response for a refusal."""
    status = status_of(type(error))
    problem = Problem(
        type=f"urn:medray:problem:{error.code}",
        title=error.title,
        status=status,
        detail=error.detail,
        code=error.code,
        request_id=request_id(),
        errors=tuple(ProblemField(**vars(field)) for field in error.errors),
    )
    body = {**error.extensions, **problem.model_dump(mode="json")}
    return JSONResponse(body, status, _headers(error, status), MEDIA_TYPE)


def _headers(error: DomainError, status: int) -> dict[str, str]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return {"Retry-After": str(error.args[2] if len(error.args) > 2 else 1)}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": "1"}
    return {}


def as_refusal(error: Exception) -> DomainError:
    """What to answer for any exception; text of unknown ones never leaves the house."""
    match error:
        case DomainError():
            return error
        case RequestValidationError():
            return errors.Invalid("see errors", _fields(error.errors()))
        case HTTPException():
            return _framework(error)
        case KeyInFlight():
            return KeyBusy("a request with this Idempotency-Key has not finished")
        case DatabaseUnavailable():
            return errors.Unavailable("nothing was changed; try again")
        case CommitUnknown():
            return errors.Unavailable("the outcome is unknown; try again with the same key")
    log.error("unexpected", extra=fault(error))
    return Internal()


def _framework(error: HTTPException) -> DomainError:
    kinds: dict[int, DomainError] = {
        400: errors.Malformed("the body cannot be read"),
        404: errors.NotFound("no such path"),
        405: BadMethod("this path has other methods"),
        413: errors.TooLarge(),
    }
    return kinds.get(error.status_code, errors.Malformed(f"status {error.status_code}"))


def _fields(found: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    return [
        FieldError(
            pointer=_pointer(item["loc"]),
            code=str(item["type"]),
            message=str(item["msg"]),
        )
        for item in found[:50]
    ]


def _pointer(location: Sequence[str | int]) -> str:
    source, *path = location
    if source == "body":
        return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
    return ".".join(str(part) for part in path)


async def handle(_request: Request, error: Exception) -> JSONResponse:
    """Starlette's exception handler for everything."""
    response = respond(as_refusal(error))
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)  # Allow of a 405 (RFC 9110, 15.5.6)
    return response
