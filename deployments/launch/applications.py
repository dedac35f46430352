"""Serve's applications, through the REST API of the Ray dashboard."""

import http.client
import json
import time
from collections.abc import Callable
from typing import Any

from deployments.launch.errors import LaunchError

_PATH = "/api/serve/applications/"
_REQUEST_PATIENCE_S = 30.0
_BROKEN = ("DEPLOY_FAILED", "UNHEALTHY")


class Applications:
    """What is deployed on one Ray.

    Args:
        dashboard: `host:port` of the Ray dashboard.
        token: Ray's token.
    """

    def __init__(self, dashboard: str, token: str) -> None:
        self._dashboard = dashboard
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def reachable(self) -> bool:
        """Whether the API answers."""
        try:
            self.details()
        except (OSError, http.client.HTTPException, LaunchError):
            return False
        return True

    def details(self) -> dict[str, Any]:
        """Serve's details by application name.

        Raises:
            OSError: nobody answers.
            LaunchError: the answer is a refusal.
        """
        answer: dict[str, dict[str, Any]] = json.loads(self._request("GET"))
        return answer["applications"]

    def deploy(self, configuration: dict[str, Any]) -> None:
        """Make Serve run exactly the applications of `configuration`; it does so in its own time.

        Raises:
            LaunchError: Serve refuses the configuration.
        """
        self._request("PUT", configuration)

    def remove(self) -> None:
        """Drain and stop all applications and Serve itself."""
        self._request("DELETE")

    def wait_until_running(
        self, names: list[str], patience_s: float, report: Callable[[int], None]
    ) -> None:
        """Return when all `names` run; `report` is told how many do.

        Raises:
            LaunchError: one cannot run, or they need longer than `patience_s`.
        """
        deadline = time.monotonic() + patience_s
        while True:
            found = self.details()
            states = {name: found.get(name, {}).get("status", "NOT_STARTED") for name in names}
            for name, state in states.items():
                if state in _BROKEN:
                    raise LaunchError(f"application {name} {state}: {_reason(found[name])}")
            running = [name for name, state in states.items() if state == "RUNNING"]
            report(len(running))
            if len(running) == len(names):
                return
            if time.monotonic() > deadline:
                late = ", ".join(name for name in names if name not in running)
                raise LaunchError(f"not running after {patience_s:.0f} s: {late}")
            time.sleep(0.25)

    def _request(self, method: str, body: dict[str, Any] | None = None) -> str:
        connection = http.client.HTTPConnection(self._dashboard, timeout=_REQUEST_PATIENCE_S)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, _PATH, body=content, headers=self._headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status >= http.client.BAD_REQUEST:
            raise LaunchError(f"Ray Serve refused: {_last_line(text)}")
        return text


def _reason(application: dict[str, Any]) -> str:
    """The innermost error of an application that cannot run."""
    messages = [application.get("message", "")]
    messages += [d.get("message", "") for d in application.get("deployments", {}).values()]
    return _last_line(
        next((message for message in reversed(messages) if message), "no reason given")
    )


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "no reason given"
