"""The doctor signs a request to the gateway's own address, and finds out why it would not hold (R15)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gateway.app import Parts, create_app
from gateway.channels.twilio import PublicUrls, TwilioChannel
from gateway.web.webhook import one_by_one
from handlers.ports import StatusNote
from tests.gateway.doctor.conftest import Patient
from tests.gateway.served import always, served

ACCOUNT, TOKEN = "AC" + "0" * 32, "the-token"
Wsgi = Callable[[Any, Any], Any]


class Running:
    """A gateway that runs, perhaps with other settings than the doctor's. `notes` is what it took in."""

    def __init__(self) -> None:
        self.notes: list[StatusNote] = []
        self._app: Wsgi | None = None

    def __call__(self, environ: Any, start_response: Any) -> Any:
        assert self._app is not None
        return self._app(environ, start_response)

    def starts(self, public_url: str, account: str = ACCOUNT, tokens: tuple[str, ...] = (TOKEN,)) -> None:
        """Starts it with these settings."""
        channel = TwilioChannel(account, tokens, PublicUrls.under(public_url))
        self._app = create_app(Parts([channel], one_by_one(lambda *_: None), self.notes.append))


@contextmanager
def _running(patient: Patient, folder: str = "") -> Iterator[tuple[Running, str]]:
    """A gateway behind a socket, below a folder that its proxy drops, and its address as the doctor has it."""
    gateway = Running()

    def proxy(environ: Any, start_response: Any) -> Any:
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(folder)
        return gateway(environ, start_response)

    with served(proxy) as address:
        patient.environ |= {
            "QUIETLINE_PUBLIC_URL": address + folder,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
        }
        yield gateway, address


def _refusal(patient: Patient) -> str:
    (refusal,) = (text for text in patient.musts if "(403)" in text)
    return refusal


def test_a_signature_that_holds_is_said(newcomer: Patient):
    with _running(newcomer) as (gateway, address):
        gateway.starts(address)

        assert "A request signed as the carrier does holds at QUIETLINE_PUBLIC_URL." in newcomer.infos
        assert newcomer.musts == []
    assert [note.status for note in gateway.notes] == ["delivered"] * 2
    assert len({note.external_id for note in gateway.notes}) == 2


def test_a_gateway_below_a_folder_is_reached(newcomer: Patient):
    with _running(newcomer, folder="/texts") as (gateway, address):
        gateway.starts(f"{address}/texts")

        assert newcomer.musts == []


def test_another_scheme_is_found(newcomer: Patient):
    with _running(newcomer) as (gateway, address):
        gateway.starts(address.replace("http:", "https:"))

        assert "has another scheme: its QUIETLINE_PUBLIC_URL is https://127.0.0.1:" in _refusal(newcomer)
    assert len(gateway.notes) == 1


def test_another_path_is_found(newcomer: Patient):
    with _running(newcomer, folder="/texts") as (gateway, address):
        gateway.starts(address)

        assert f"has another path: its QUIETLINE_PUBLIC_URL is {address}. Restart it" in _refusal(newcomer)


def test_another_host_is_found(newcomer: Patient):
    with _running(newcomer) as (gateway, address):
        gateway.starts(address.replace("127.0.0.1", "www.127.0.0.1"))

        assert "has another host: its QUIETLINE_PUBLIC_URL is http://www.127.0.0.1:" in _refusal(newcomer)


def test_a_gateway_that_was_started_without_the_setting_is_found(newcomer: Patient):
    newcomer.environ["PORT"] = "9123"
    with _running(newcomer) as (gateway, _):
        gateway.starts("http://127.0.0.1:9123")

        assert "host (it was started without the setting): its QUIETLINE_PUBLIC_URL is" in _refusal(newcomer)


def test_f14_a_gateway_that_still_has_only_the_old_token_is_found(newcomer: Patient):
    newcomer.environ["TWILIO_AUTH_TOKEN_SECONDARY"] = "the-old-token"
    with _running(newcomer) as (gateway, address):
        gateway.starts(address, tokens=("the-old-token",))

        assert "It takes only TWILIO_AUTH_TOKEN_SECONDARY" in _refusal(newcomer)


@pytest.mark.parametrize("other", [{"account": "AC" + "1" * 32}, {"tokens": ("another",)}])
def test_another_token_or_account_is_likely_where_no_address_fits(newcomer: Patient, other: dict[str, Any]):
    with _running(newcomer) as (gateway, address):
        gateway.starts(address, **other)

        assert "has another TWILIO_AUTH_TOKEN or TWILIO_ACCOUNT_SID" in _refusal(newcomer)
    assert gateway.notes == []


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("301 MOVED", "redirects (HTTP 301): set it to the address that the redirect names"),
        (
            "404 NOT FOUND",
            "Something other than the gateway answers at QUIETLINE_PUBLIC_URL (HTTP 404): look at its host",
        ),
        ("200 OK", "Something other than the gateway answers at QUIETLINE_PUBLIC_URL (HTTP 200)"),
        ("502 BAD GATEWAY", "is not ready (HTTP 502)"),
        ("500 OOPS", "answers a signed request with HTTP 500: see its log"),
    ],
)
def test_whatever_else_answers_is_said(newcomer: Patient, status: str, said: str):
    newcomer.environ |= {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
    with served(always(status, b"<html>", (("Location", "https://elsewhere.example.org/"),))) as address:
        newcomer.environ["QUIETLINE_PUBLIC_URL"] = address

        assert any(said in text for text in newcomer.musts)


def test_a_redirect_is_never_followed(newcomer: Patient):
    with _running(newcomer) as (gateway, address):
        gateway.starts(address)
        moved = always("307 MOVED", headers=(("Location", f"{address}/twilio/status"),))
        with served(moved) as old:
            newcomer.environ["QUIETLINE_PUBLIC_URL"] = old
            newcomer.advice()

    assert gateway.notes == []


def test_a_gateway_that_does_not_run_is_no_fault_in_development_and_one_in_production(
    newcomer: Patient, production: Patient
):
    nobody = newcomer.environ["QUIETLINE_PUBLIC_URL"]
    newcomer.environ |= {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
    production.environ["QUIETLINE_PUBLIC_URL"] = nobody

    assert f"The gateway at {nobody} was not asked: nobody answers there. Start it with: quietline up" in newcomer.infos
    assert "The gateway cannot be reached at QUIETLINE_PUBLIC_URL: nobody answers there." in production.musts


def test_an_address_without_tls_behind_https_is_said(production: Patient):
    with served(always("200 OK")) as address:
        production.environ["QUIETLINE_PUBLIC_URL"] = address.replace("http:", "https:")

        assert any("no safe connection can be made" in text for text in production.musts)


def test_a_clock_that_is_far_from_ours_is_said(newcomer: Patient):
    newcomer.environ |= {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
    with served(always("200 OK", b"<Response/>"), of_another_day=True) as address:
        newcomer.environ["QUIETLINE_PUBLIC_URL"] = address

        assert any("The clock at QUIETLINE_PUBLIC_URL and this one are" in text for text in newcomer.shoulds)
