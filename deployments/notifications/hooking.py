"""Carries web hooks: signed, to checked addresses, saying as much as their endpoint may hear."""

from collections.abc import Callable
from datetime import UTC
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row

from deployments.clock import Clock, utc_now
from deployments.notifications.codes import Level
from deployments.notifications.letters import Letter
from deployments.notifications.outcomes import Needless, Never, NotNow
from deployments.notifications.posting import Post, Unanswered, Unreached
from deployments.notifications.providers import check_taken
from deployments.notifications.signing import sign


class WebhookCourier:
    """Posts to the endpoints of people; an endpoint that takes a repeated id once sees each once.

    Args:
        post: how requests are made.
        secret_of: the signing secret, by id of the endpoint and version of the secret.
        clock: the time.
    """

    def __init__(
        self, post: Post, secret_of: Callable[[UUID, int], str], clock: Clock = utc_now
    ) -> None:
        self._post = post
        self._secret_of = secret_of
        self._clock = clock

    async def deliver(self, letter: Letter) -> None:
        """Posts what was told to the endpoint.

        Raises:
            NotNow: no answer, or one that may pass.
            Never: refused, redirected, or at an address that is not public.
            Needless: the endpoint is gone or disabled.
        """
        id_ = UUID(letter.row.target)
        hook = next((hook for hook in letter.standing.hooks if hook.id == id_), None)
        if hook is None:
            raise Needless("endpoint_gone")
        body = orjson.dumps(payload(letter.row, Level(hook.level)))
        secret = self._secret_of(hook.id, hook.secret_version)
        headers = sign(secret, str(letter.row.id), self._clock(), body)
        headers["Content-Type"] = "application/json"
        try:
            answer = await self._post(hook.url, headers, body)
        except Unreached as error:
            code = str(error.args[0])
            raise (Never if code == "forbidden_address" else NotNow)(code) from None
        except Unanswered:
            raise NotNow("no_answer") from None
        check_taken(answer.status)


def payload(row: Row[Any], level: Level) -> dict[str, Any]:
    """What a web hook says of a delivery."""
    said: dict[str, Any] = {
        "type": "notification",
        "timestamp": row.created_at.astimezone(UTC).isoformat(),
    }
    if level is Level.NONE:
        return said
    said["type"] = row.workflow
    said["data"] = {"notification_id": str(row.notification_id), **row.data}
    if level is Level.FULL:
        text = {"title": row.title, "body": row.body, "locale": row.locale}
        said["data"] |= {"recipient_id": str(row.recipient_id), **text}
    return said
