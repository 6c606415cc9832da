"""Sinks from settings: every mistake is named when the program starts, and no value is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from handlers import sinks
from handlers.sinks import build, kinds
from handlers.sinks.email import EmailSettings
from handlers.sinks.webhook import WebhookSettings

from .conftest import OLD_SECRET, SECRET

WEBHOOK = {"url": "https://desk.example.org/reports", "secret": SECRET}
EMAIL = {"host": "mail.example.org", "sender": "gateway@example.org", "recipient": "desk@example.net"}
FILE = {"path": "/var/lib/quietline/reports.jsonl"}
FOLDER = {"path": "/var/lib/quietline/out", "format": "csv"}
SFTP = {
    "host": "sftp.example.org",
    "username": "quietline",
    "password": "secret",
    "host_key": "ssh-ed25519 " + "A" * 68,
    "format": "jsonl",
}
NOTICE = {"url": "json://localhost"}
GIVEN = {"webhook": WEBHOOK, "email": EMAIL, "file": FILE, "folder": FOLDER, "sftp": SFTP, "notice": NOTICE}


@pytest.mark.parametrize("kind", kinds())
def test_each_kind_is_built_from_little(kind: str) -> None:
    sink = build(kind, "desk", GIVEN[kind])
    assert sink.id == "desk"
    assert sink.wants("alert") is (kind != "notice")
    sink.close()


@pytest.mark.parametrize(
    ("kind", "changes", "setting"),
    [
        ("carrier-pigeon", {}, "kind"),
        ("webhook", {"url": ""}, "url"),
        ("webhook", {"url": "canary"}, "url"),
        ("webhook", {"url": "ftp://canary.example.org/"}, "url"),
        ("webhook", {"url": "file:///canary"}, "url"),
        ("webhook", {"url": "http://canary.example.org/"}, "url"),
        ("webhook", {"url": "http://127.0.0.1.canary.example.org/"}, "url"),
        ("webhook", {"url": "https://user:canary@example.org/"}, "url"),
        ("webhook", {"url": "https://example.org/#canary"}, "url"),
        ("webhook", {"url": "https://example.org:99999/canary"}, "url"),
        ("webhook", {"url": "https://example.org:canary/"}, "url"),
        ("webhook", {"url": "https:///canary"}, "url"),
        ("webhook", {"url": "https://[::1/canary"}, "url"),
        ("webhook", {"url": "https://exämple.org/canary"}, "url"),
        ("webhook", {"url": "https://example.org/canary here"}, "url"),
        ("webhook", {"url": "https://example.org/\r\ncanary: 1"}, "url"),
        ("webhook", {"secret": ""}, "secret"),
        ("webhook", {"secret": "whsec_canary!"}, "secret"),
        ("webhook", {"secret": "whsec_Y2FuYXJ5"}, "secret"),
        ("webhook", {"secret": "whsec_" + "A" * 400}, "secret"),
        ("webhook", {"previous_secret": "canary"}, "previous_secret"),
        ("webhook", {"allow_plain": "canary"}, "allow_plain"),
        ("webhook", {"ca_file": "/canary"}, "ca_file"),
        ("webhook", {"sceret": "canary"}, "sceret"),
        ("email", {"host": ""}, "host"),
        ("email", {"host": "canary host"}, "host"),
        ("email", {"host": "canary..example"}, "host"),
        ("email", {"port": "0"}, "port"),
        ("email", {"port": "65536"}, "port"),
        ("email", {"port": "canary"}, "port"),
        ("email", {"port": "²"}, "port"),
        ("email", {"tls": "canary"}, "tls"),
        ("email", {"tls": "none"}, "tls"),
        ("email", {"sender": "canary"}, "sender"),
        ("email", {"sender": ""}, "sender"),
        ("email", {"recipient": "canary@example.org, b@example.org"}, "recipient"),
        ("email", {"recipient": "a@example.org\r\nBcc: canary@example.org"}, "recipient"),
        ("email", {"recipient": "canäry@example.org"}, "recipient"),
        ("email", {"recipient": "<canary@example.org>"}, "recipient"),
        ("email", {"recipient": "@"}, "recipient"),
        ("email", {"username": "canary"}, "password"),
        ("email", {"password": "canary"}, "username"),
        ("email", {"username": "u", "password": "canäry"}, "password"),
        ("email", {"ca_file": "/canary"}, "ca_file"),
        ("email", {"timezone": "Canary/Islands"}, "timezone"),
        ("email", {"timezone": "../../canary"}, "timezone"),
        ("file", {"path": ""}, "path"),
        ("file", {"path": "canary.jsonl"}, "path"),
        ("file", {"path": "/canary/"}, "path"),
        ("file", {"path": "/canary\0"}, "path"),
        ("file", {"folder": "/canary"}, "folder"),
        ("folder", {"path": "canary"}, "path"),
        ("folder", {"path": ""}, "path"),
        ("folder", {"format": "canary"}, "format"),
        ("folder", {"at": "canary"}, "at"),
        ("notice", {"url": ""}, "url"),
        ("notice", {"title": "canary"}, "title"),
        ("letter", {}, "kind"),
        ("../canary", {}, "kind"),
        ("", {}, "kind"),
    ],
)
def test_a_mistake_is_named_and_its_value_is_not(kind: str, changes: dict[str, str], setting: str) -> None:
    with pytest.raises(ValueError, match=rf"^sink desk: {setting}: ") as caught:
        build(kind, "desk", GIVEN.get(kind, {}) | changes)
    assert "canary" not in str(caught.value).lower()


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "http://localhost/"},
        {"url": "http://127.8.9.10:8080/in"},
        {"url": "http://[::1]:8080/in"},
        {"url": "http://desk.internal.example/in", "allow_plain": "yes"},
        {"url": "HTTPS://desk.example.org"},
        {"secret": SECRET.removeprefix("whsec_")},
        {"previous_secret": OLD_SECRET},
        {"previous_secret": ""},
        {"allow_plain": "No"},
    ],
)
def test_a_webhook_may_be_set_up_so(changes: dict[str, str]) -> None:
    build("webhook", "desk", WEBHOOK | changes)


@pytest.mark.parametrize(
    ("changes", "port"),
    [({}, 587), ({"tls": "implicit"}, 465), ({"tls": "none", "host": "::1"}, 25), ({"port": "2525"}, 2525)],
)
def test_the_mail_port_follows_the_way_of_tls(changes: dict[str, str], port: int) -> None:
    assert EmailSettings.from_settings(EMAIL | changes).port == port


def test_secrets_do_not_show() -> None:
    """Q13."""
    shown = repr(WebhookSettings.from_settings(WEBHOOK | {"previous_secret": OLD_SECRET}))
    shown += repr(EmailSettings.from_settings(EMAIL | {"username": "desk", "password": "canary"}))
    assert not [word for word in (SECRET, OLD_SECRET, "canary", "/reports") if word in shown]


def test_building_sinks_imports_no_network_library(tmp_path: Path) -> None:
    """The web process builds sinks only to ask them what they want."""
    program = f"""
import sys
from handlers.sinks import build
for kind, settings in {GIVEN!r}.items():
    build(kind, "desk", settings)
heavy = {{"urllib3", "requests", "cloudevents", "standardwebhooks", "smtplib", "ssl"}}
heavy |= {{"asyncio", "asyncssh", "apprise", "fpdf", "fontTools"}}
print(sorted(heavy & set(sys.modules)))
"""
    env = {"PYTHONPATH": str(Path(__file__).parents[3])}
    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=env, cwd=tmp_path
    )
    assert said.stdout == "[]\n"


def test_a_new_kind_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pigeon.py").write_text("def build(sink_id, settings):\n    return (sink_id, dict(settings))\n")
    monkeypatch.setattr(sinks, "__path__", [*sinks.__path__, str(tmp_path)])
    assert build("pigeon", "desk", {"loft": "3"}) == ("desk", {"loft": "3"})
    assert "pigeon" in kinds()
