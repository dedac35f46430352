"""Handing over: to a real SMTP server that is well, refuses, or is not there; to files."""

import email
import email.policy
import socket
from email.message import EmailMessage, Message
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from deployments.notifications.email import (
    FolderTransport,
    SmtpTransport,
    transport_of,
    write_email,
)
from deployments.notifications.outcomes import Never, NotNow
from deployments.notifications.rendering import EmailText
from storage.columns import new_id

pytestmark = pytest.mark.enable_socket


class Server:
    """Answers DATA, or an earlier command, as told; keeps what it accepts."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.data = "250 OK"
        self.recipient = "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.data.startswith("250"):
            parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.received.append(parsed)
        return self.data


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def transport(server):
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield SmtpTransport(f"smtp://127.0.0.1:{controller.port}", timeout_s=2)
    controller.stop()


def message(delivery_id: UUID | None = None, subject: str = "Lịch khám của bạn") -> Message:
    text = EmailText(subject, "Xin chào,\n\nlúc 09:30\n", "<p>lúc 09:30</p>")
    return write_email(
        text,
        delivery_id=delivery_id or new_id(),
        to="an@patients.example",
        sender="no-reply@medray.example",
        locale="vi",
    )


def test_a_message_arrives_whole(server, transport):
    delivery_id = new_id()
    transport.send(message(delivery_id))
    (received,) = server.received
    assert received["Subject"] == "Lịch khám của bạn"
    assert received["Message-ID"] == f"<{delivery_id}@medray.example>"
    assert received["Content-Language"] == "vi"
    assert "lúc 09:30" in received.get_body(("plain",)).get_content()
    assert "<p>lúc 09:30</p>" in received.get_body(("html",)).get_content()


@pytest.mark.parametrize("length", range(1, 12))
def test_a_long_subject_in_vietnamese_keeps_its_spaces(server, transport, length):
    subject = "Truy cập khẩn cấp vào một hồ sơ bệnh án " * length
    transport.send(message(subject=subject.strip()))
    (received,) = server.received
    assert received["Subject"] == subject.strip()


def test_the_same_delivery_keeps_its_message_id(server, transport):
    delivery_id = new_id()
    transport.send(message(delivery_id))
    transport.send(message(delivery_id))
    assert len({received["Message-ID"] for received in server.received}) == 1


@pytest.mark.parametrize(
    ("where", "answer", "expected"),
    [
        ("data", "451 try again", NotNow("smtp_451")),
        ("data", "554 no", Never("smtp_554")),
        ("recipient", "450 greylisted", NotNow("smtp_450")),
        ("recipient", "550 no such mailbox", Never("smtp_550")),
        ("recipient", "421 closing", NotNow("smtp_421")),
    ],
)
def test_answers_are_told_apart(server, transport, where, answer, expected):
    setattr(server, where, answer)
    with pytest.raises(type(expected)) as refused:
        transport.send(message())
    assert refused.value.args == expected.args
    assert server.received == []


def test_no_server_is_not_now():
    with pytest.raises(NotNow) as refused:
        SmtpTransport(f"smtp://127.0.0.1:{free_port()}").send(message())
    assert refused.value.args == ("ConnectionRefusedError",)


def test_a_silent_server_is_given_up_in_time():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(NotNow):
            SmtpTransport(f"smtp://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.2).send(
                message()
            )


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize(("password", "accepted"), [("r%40ght", True), ("wrong", False)])
def test_signing_in(server, password, accepted):
    def check(server, session, envelope, mechanism, credentials):
        return AuthResult(success=credentials.password == b"r@ght", handled=False)

    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=check,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    try:
        transport = SmtpTransport(f"smtp://medray:{password}@127.0.0.1:{controller.port}")
        if accepted:
            transport.send(message())
        else:
            with pytest.raises(NotNow, match="smtp_535"):
                transport.send(message())
    finally:
        controller.stop()
    assert len(server.received) == accepted


def test_files_are_the_default(settings):
    transport = transport_of(settings)
    delivery_id = new_id()
    transport.send(message(delivery_id))
    transport.send(message(delivery_id))
    (file,) = (settings.data_dir / "outbox").iterdir()
    assert file.name == f"{delivery_id}.eml"
    parsed = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert parsed["To"] == "an@patients.example"


def test_an_unwritable_folder_is_not_now(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotNow):
        FolderTransport(tmp_path / "file").send(message())
