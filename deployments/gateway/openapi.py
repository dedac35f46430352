"""OpenAPI 3.1 of every application as one document, true to the routes that run."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from deployments.gateway.ingress import assemble
from deployments.gateway.policy import RoutePolicy, policy_of
from deployments.gateway.problems import MEDIA_TYPE, Problem

TITLE: Final = "medray"
VERSION: Final = "1"
GUIDE: Final = (
    "Sign in with `POST /api/v1/users/sign-in`, then press Authorize and paste the access token. "
    "Errors are `application/problem+json`; changes accept `Idempotency-Key` and `If-Match`."
)
ALWAYS: Final = {"422": "Invalid request", "429": "Too many requests", "503": "Try again shortly"}
PROBLEM_SCHEMA: Final = {"$ref": "#/components/schemas/Problem"}


def merged(applications: Mapping[str, Sequence[APIRouter]]) -> dict[str, Any]:
    """One document for all applications.

    Args:
        applications: routers by route prefix, `/api/v1/users`.
    """
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": VERSION, "description": GUIDE},
        "paths": {},
        "components": {
            "schemas": {},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }
    for prefix, routers in applications.items():
        _add(document, prefix, routers)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    document["components"]["schemas"] |= problem.pop("$defs", {}) | {"Problem": problem}
    return document


def routes_of(routers: Sequence[APIRouter]) -> list[APIRoute]:
    """The HTTP routes of the routers."""
    return [route for router in routers for route in router.routes if isinstance(route, APIRoute)]


def _add(document: dict[str, Any], prefix: str, routers: Sequence[APIRouter]) -> None:
    part = get_openapi(title=TITLE, version=VERSION, routes=assemble(routers).routes)
    policies = {
        (route.path_format, method.lower()): policy_of(route.endpoint)
        for route in routes_of(routers)
        for method in route.methods or ()
    }
    for path, operations in part.get("paths", {}).items():
        for method, operation in operations.items():
            _declare(operation, method, policies[path, method])
        document["paths"][f"{prefix.rstrip('/')}{path.rstrip('/')}" or "/"] = operations
    document["components"]["schemas"] |= part.get("components", {}).get("schemas", {})


def _declare(operation: dict[str, Any], method: str, policy: RoutePolicy) -> None:
    """Adds what the edge does to each route: security, keys, and its own refusals."""
    operation["summary"] = operation.get("description", operation["summary"]).split("\n")[0]
    if policy.retirement is not None:
        operation["deprecated"] = True
    refusals = dict(ALWAYS)
    if not policy.public:
        operation["security"] = [{"bearer": []}]
        operation["x-permissions"] = [str(permission) for permission in policy.any_of]
        refusals |= {"401": "Sign in first", "403": "Not allowed"}
    if method != "get" and policy.idempotent:
        refusals |= {"409": "Conflict"}
        operation.setdefault("parameters", []).append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": policy.key_required,
                "description": "the same key and body get the same answer, once done",
                "schema": {"type": "string", "maxLength": 255},
            }
        )
    for status, title in refusals.items():
        content = {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}}
        if status == "422" or status not in operation["responses"]:
            operation["responses"][status] = {"description": title, "content": content}
