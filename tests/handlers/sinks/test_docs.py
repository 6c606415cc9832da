"""What `docs/sinks.md` tells a control room holds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from handlers.sinks.email import PORTS, SKIPPED, EmailSettings
from handlers.sinks.file import FileSettings
from handlers.sinks.folder import FolderSettings
from handlers.sinks.notice import NoticeSettings
from handlers.sinks.sftp import SftpSettings
from handlers.sinks.webhook import PARKS, PAUSES, WebhookSettings

from .conftest import OLD_SECRET, SECRET, MakeWebhook
from .reports import delivery, report
from .servers import ScriptedSink

TEXT = (Path(__file__).parents[3] / "docs" / "sinks.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    return TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def rows(text: str) -> dict[str, str]:
    """Table rows by their first cell."""
    return {cells[1].strip(): "|".join(cells[2:]) for line in text.splitlines() if len(cells := line.split("|")) > 3}


@pytest.mark.parametrize(
    ("heading", "settings"),
    [
        ("Webhook", WebhookSettings),
        ("E-mail", EmailSettings),
        ("File", FileSettings),
        ("Folder", FolderSettings),
        ("SFTP", SftpSettings),
        ("Notice", NoticeSettings),
    ],
)
def test_every_setting_is_told_and_no_other(heading: str, settings: type[Any]) -> None:
    told = {name[1:-1] for name in rows(section(heading)) if re.fullmatch(r"`[a-z_]+`", name)}
    assert told == set(settings.__match_args__)


def test_the_statuses_are_those_of_the_code() -> None:
    told = rows(section("Webhook"))
    assert "parked" in told[", ".join(map(str, sorted(PARKS)))]
    assert "pauses" in told[", ".join(map(str, sorted(PAUSES)))]


def test_the_kinds_and_ports_are_those_of_the_code() -> None:
    told = rows(section("What arrives, and when"))
    assert {kind for kind in told if told[kind].split("|")[2:3] == [" no "]} == {f"`{kind}`" for kind in SKIPPED}
    assert all(f"{port} with `{tls}`" in rows(section("E-mail"))["`port`"] for tls, port in PORTS.items())


def test_the_receiver_shown_there_works(
    control_room: ScriptedSink, webhook: MakeWebhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes real requests, twice and out of order, during a change of secrets, and no forged one."""
    monkeypatch.setenv("QUIETLINE_SECRET", OLD_SECRET)
    code = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert code is not None
    shown: dict[str, Any] = {}
    exec(compile(code[1], "docs/sinks.md", "exec"), shown)  # noqa: S102 - our own documentation
    sink = webhook(previous_secret=OLD_SECRET)
    for revision in (1, 3, 3, 2):
        sink.deliver(delivery(revision))

    heard = control_room.heard
    assert [shown["receive"](each.headers, each.body) for each in heard] == [204] * 4
    assert shown["incidents"] == {"r-9d1c4e": report(3)}
    new_alone = {**heard[0].headers, "webhook-signature": heard[0].headers["webhook-signature"].split(" ")[0]}
    for headers in ({}, new_alone, {**heard[0].headers, "webhook-signature": "v1"}, heard[1].headers):
        assert shown["receive"](headers, heard[0].body) == 401
    assert SECRET not in TEXT
