"""Every route and role, as declared: `python -m tests.architecture.matrix` writes the expectation.

The expectation is checked in and read by people: a change of who may call what shows as a diff.
"""

from pathlib import Path

from fastapi.routing import APIRoute, APIWebSocketRoute

from deployments.access import Role
from deployments.gateway.policy import policy_of
from deployments.routers import all_routers

EXPECTED = Path(__file__).parent / "matrix.txt"


def lines() -> list[str]:
    """`METHOD path: roles`, sorted; `anybody` when no sign-in is needed."""
    found = []
    for prefix, routers in all_routers().items():
        for router in routers:
            for route in router.routes:
                assert isinstance(route, APIRoute | APIWebSocketRoute)
                declared = policy_of(route.endpoint)
                allowed = [str(role) for role in Role if declared.allows(role)]
                who = "anybody" if declared.public else ", ".join(allowed)
                methods = sorted(getattr(route, "methods", None) or {"WS"})
                found += [f"{method} {prefix.rstrip('/')}{route.path}: {who}" for method in methods]
    return sorted(found)


if __name__ == "__main__":
    EXPECTED.write_text("\n".join(lines()) + "\n")
