"""Automatic log-off: how long people may be away, and sign-ins that end when users is back."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from deployments.access import Role
from deployments.errors import Unavailable
from deployments.notifications import logging_off
from deployments.notifications.live import Close, LiveInbox
from deployments.notifications.logging_off import LogOff
from deployments.notifications.settings import NotificationSettings
from tests.factories.notifications import principal


@pytest.mark.parametrize(
    ("roles", "minutes"),
    [
        ({Role.PATIENT}, 15),
        ({Role.DOCTOR}, 5),
        ({Role.PATIENT, Role.DOCTOR}, 5),
        ({Role.PATIENT, Role.NURSE}, 15),
        ({Role.SERVICE}, None),
    ],
)
def test_the_shortest_of_the_roles_counts(roles, minutes):
    settings = NotificationSettings(
        idle_minutes_by_role={Role.DOCTOR: 5, Role.NURSE: 30}, idle_minutes=15
    )
    expected = None if minutes is None else timedelta(minutes=minutes)
    assert settings.idle_after(roles) == expected


class SignIns:
    """Users, who is away at first."""

    def __init__(self):
        self.away, self.ended = 2, asyncio.Queue()

    async def end_idle_session(self, user_id, session_id):
        if self.away:
            self.away -= 1
            raise Unavailable("users is away")
        self.ended.put_nowait((user_id, session_id))


async def test_the_socket_closes_at_once_and_the_sign_in_ends_when_users_is_back(monkeypatch):
    monkeypatch.setattr(logging_off, "RETRY_S", 0.01)
    live, users = LiveInbox(None, lambda _: True), SignIns()
    log_off, me = LogOff(live, users), principal(uuid4())
    idle, stays = live.join(me, 0), live.join(principal(uuid4()), 0)
    log_off.idle({idle.device_id})
    assert idle.closed.result() == Close.IDLE
    assert not stays.closed.done()
    running = asyncio.create_task(log_off.run())
    async with asyncio.timeout(2):
        assert await users.ended.get() == (me.user_id, me.session_id)
    assert users.ended.empty()
    running.cancel()
