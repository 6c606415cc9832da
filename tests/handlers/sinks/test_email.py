"""Reports by e-mail: over TLS or not at all, and what each refusal of a mail server means."""

from __future__ import annotations

import socket
import threading
import traceback
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import orjson
import pytest

from handlers.ports import Delivery, DeliveryError, Parked, Retryable, SinkPaused
from handlers.sinks.email import EmailSettings, EmailSink
from handlers.sinks.network import Limits
from tests.waiting import Watch

from .conftest import QUICK
from .mailserver import PASSWORD, USER, MailServer
from .reports import CANARY, delivery
from .servers import Certificate, TcpServer, closed_port, waits


def sink(port: int, limits: Limits | None = None, **settings: str) -> EmailSink:
    given = {"host": "127.0.0.1", "port": str(port), "sender": "gateway@example.org", "recipient": "desk@example.net"}
    return EmailSink("mail", EmailSettings.from_settings(given | settings), limits=limits)


def failure(mail: EmailSink, sent: Delivery | None = None) -> DeliveryError:
    """What the delivery raises, which must come soon and say nothing it should not."""
    watch = Watch()
    with pytest.raises(DeliveryError) as caught:
        mail.deliver(sent or delivery())
    assert watch.seconds < 5
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert not [word for word in ("127.0.0.1", "example.", "canary") if word in told]
    return caught.value


def read(letter: bytes) -> EmailMessage:
    message = message_from_bytes(letter, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_report_arrives_by_starttls_with_a_login(tls: Certificate) -> None:
    with MailServer(tls.context, login=True) as server:
        sink(server.port, ca_file=str(tls.path), username=USER, password=PASSWORD).deliver(delivery())

        assert server.letters.secured == [True]
        assert server.letters.users == [USER.encode()]
        message = read(server.letters.letters[0])
    assert message["subject"] == "Report 7KQ4 revision 3"
    assert message["to"] == "desk@example.net"
    words, attached, _printed = message.iter_parts()
    assert all(CANARY in part.get_content() for part in words.iter_parts())
    assert orjson.loads(attached.get_content()) == orjson.loads(delivery().document)
    assert attached.get_filename() == "report-7KQ4-3.json"


def test_a_report_arrives_by_implicit_tls(tls: Certificate) -> None:
    with MailServer(tls.context, implicit=True) as server:
        sink(server.port, tls="implicit", ca_file=str(tls.path)).deliver(delivery())
        assert len(server.letters.letters) == 1


def test_plain_to_this_machine() -> None:
    with MailServer() as server:
        sink(server.port, tls="none").deliver(delivery())
        assert server.letters.secured == [False]


def test_a_repeat_is_the_same_letter() -> None:
    """F5, F10: a mailbox can tell it by its Message-ID; another revision is another letter of the same thread."""
    with MailServer() as server:
        mail = sink(server.port, tls="none")
        mail.deliver(delivery(attempt=1))
        mail.deliver(delivery(attempt=2))
        mail.deliver(delivery(revision=4))
        first, second, other = server.letters.letters
    assert first == second
    assert read(first)["message-id"] != read(other)["message-id"]
    assert read(first)["references"] == read(other)["references"]


def test_without_starttls_nothing_is_said(tls: Certificate) -> None:
    with MailServer() as server:
        assert isinstance(failure(sink(server.port, ca_file=str(tls.path))), SinkPaused)
        assert server.letters.letters == []


def test_an_unknown_authority_is_refused(tls: Certificate) -> None:
    with MailServer(tls.context) as server:
        problem = failure(sink(server.port))
        assert isinstance(problem, Retryable)
        assert str(problem) == "certificate refused"
        assert server.letters.letters == []


def test_a_wrong_password_pauses_the_sink(tls: Certificate) -> None:
    with MailServer(tls.context, login=True) as server:
        mail = sink(server.port, ca_file=str(tls.path), username=USER, password="canary-wrong")
        problem = failure(mail)
    assert isinstance(problem, SinkPaused)
    assert str(problem) == "smtp 535 session"


def test_a_login_the_server_does_not_offer_pauses_the_sink(tls: Certificate) -> None:
    with MailServer() as server:
        problem = failure(sink(server.port, tls="none", username=USER, password=PASSWORD))
    assert isinstance(problem, SinkPaused)


def test_a_login_that_is_required_and_missing_pauses_the_sink(tls: Certificate) -> None:
    with MailServer(tls.context, login=True) as server:
        problem = failure(sink(server.port, ca_file=str(tls.path)))
    assert isinstance(problem, SinkPaused)
    assert str(problem) == "smtp 530 sender"


@pytest.mark.parametrize(
    ("step", "answer", "kind", "cause"),
    [
        ("rcpt", "450 desk@example.net is busy", Retryable, "smtp 450 recipient"),
        ("rcpt", "451 greylisted", Retryable, "smtp 451 recipient"),
        ("rcpt", "550 desk@example.net does not exist", Parked, "smtp 550 recipient"),
        ("rcpt", "552 mailbox full", Parked, "smtp 552 recipient"),
        ("data", "421 going down", Retryable, "smtp 421 content"),
        ("data", "451 later", Retryable, "smtp 451 content"),
        ("data", "554 canary words refused", Parked, "smtp 554 content"),
        ("mail", "451 later", Retryable, "smtp 451 sender"),
        ("mail", "552 too big", Parked, "smtp 552 content"),
        ("mail", "550 gateway@example.org may not send", SinkPaused, "smtp 550 sender"),
    ],
)
def test_each_refusal_has_its_meaning(step: str, answer: str, kind: type[DeliveryError], cause: str) -> None:
    """F9 in the words of SMTP, and the next report goes through."""
    with MailServer() as server:
        server.letters.answers[step] = [answer]
        mail = sink(server.port, tls="none")

        problem = failure(mail)
        assert type(problem) is kind
        assert str(problem) == cause
        mail.deliver(delivery(4))
        assert len(server.letters.letters) == 1


@pytest.mark.parametrize(
    ("greeting", "kind", "cause"),
    [
        (b"421 busy\r\n", Retryable, "smtp 421 session"),
        (b"554 no service for 127.0.0.1\r\n", SinkPaused, "smtp 554 session"),
        (b"HTTP/1.1 400 Bad Request\r\n", Retryable, "bad answer"),
        (b"", Retryable, "connection lost"),
    ],
)
def test_a_server_that_does_not_want_us(greeting: bytes, kind: type[DeliveryError], cause: str) -> None:
    with TcpServer(lambda connection: connection.sendall(greeting)) as server:
        problem = failure(sink(server.port))
    assert type(problem) is kind
    assert str(problem) == cause


def test_a_server_that_hangs() -> None:
    with TcpServer(waits) as server:
        assert str(failure(sink(server.port, QUICK))) == "timeout"


def test_a_server_that_drips() -> None:
    def talk(connection: socket.socket) -> None:
        for byte in b"220 " + b"a" * 5000:
            connection.sendall(bytes([byte]))
            if server.closing.wait(0.02):
                return

    with TcpServer(talk) as server:
        assert str(failure(sink(server.port, QUICK))) == "timeout"


def test_a_server_that_hangs_in_the_handshake(tls: Certificate) -> None:
    with TcpServer(waits) as server:
        assert str(failure(sink(server.port, QUICK, tls="implicit", ca_file=str(tls.path)))) == "timeout"


def test_a_server_that_hangs_in_the_handshake_of_starttls(tls: Certificate) -> None:
    """That one wait is as short as connecting is."""

    def talk(connection: socket.socket) -> None:
        for said in (b"220 hello\r\n", b"250-hello\r\n250 STARTTLS\r\n", b"220 go\r\n"):
            connection.sendall(said)
            connection.recv(1000)
        server.closing.wait(20)

    with TcpServer(talk) as server:
        assert str(failure(sink(server.port, Limits(connect=0.2), ca_file=str(tls.path)))) == "timeout"


def test_what_comes_before_tls_is_not_taken_for_what_comes_after(tls: Certificate) -> None:
    """An attacker's line slipped in before the handshake would shift every answer by one."""

    def talk(connection: socket.socket) -> None:
        for said in (b"220 hello\r\n", b"250-hello\r\n250 STARTTLS\r\n", b"220 go\r\n250 slipped in\r\n"):
            connection.sendall(said)
            if b"220 go" not in said:
                connection.recv(1000)
        with tls.context.wrap_socket(connection, server_side=True) as secured:
            for said in (b"250 hello\r\n", b"250 sender\r\n", b"550 nobody\r\n"):
                secured.recv(1000)
                secured.sendall(said)

    with TcpServer(talk) as server:
        problem = failure(sink(server.port, ca_file=str(tls.path)))
    assert str(problem) == "smtp 550 recipient"


def test_nobody_listens() -> None:
    with closed_port() as port:
        assert str(failure(sink(port))) == "connection refused"


def test_a_document_that_is_none_is_parked() -> None:
    broken = Delivery("r-1", 1, "complete", "avon-rail", b"not json", 1.0, 1)
    assert isinstance(failure(sink(1, tls="none"), broken), Parked)


def test_a_mailbox_is_spared_what_only_machines_follow() -> None:
    """CONVERSATION 12."""
    kinds = ["alert", "started", "updated", "unfinished", "complete", "added", "stopped"]
    assert [kind for kind in kinds if sink(1).wants(kind)] == ["alert", "unfinished", "complete", "added", "stopped"]


def test_threads_share_a_sink(tls: Certificate) -> None:
    with MailServer(tls.context) as server:
        mail = sink(server.port, ca_file=str(tls.path))
        threads = [threading.Thread(target=mail.deliver, args=(delivery(number),)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        subjects = sorted(read(letter)["subject"] for letter in server.letters.letters)
    assert subjects == [f"Report 7KQ4 revision {number}" for number in range(8)]
