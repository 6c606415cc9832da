"""What the clock process does beside its sweep, as the process that runs it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from gateway import clock, runtime, secrets
from gateway.channels import errors
from gateway.metrics.server import MetricsApp
from gateway.watching import Watching
from handlers import outbound, status
from handlers.conditions import found
from handlers.ports import OutboundText, SendError
from tests.fakes import Desk, MovedClock
from tests.gateway.programs import free_port, programs
from tests.waiting import until

QUIETLINE = str(Path(sys.executable).with_name("quietline"))


def test_the_clock_serves_figures_while_it_runs_and_ends_at_once(tmp_path: Path) -> None:
    port = free_port()

    def figures() -> str:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
            return str(answer.read(), "utf-8")
        return ""

    with programs(tmp_path) as started:
        settings = {"QUIETLINE_DATA": str(tmp_path / "data"), "QUIETLINE_METRICS_PORT": str(port)}
        process = started.start(QUIETLINE, "clock", **settings)
        until(lambda: 'quietline_silent_seconds{process="clock"}' in figures(), what=process.output)
        process.process.send_signal(signal.SIGTERM)

        assert process.ends() == 0
        assert process.output == ""


def test_s20_the_web_process_loads_no_library_for_figures_or_alarms() -> None:
    program = (
        "import sys, gateway.wsgi; print(sorted({'apprise', 'prometheus_client', 'requests'} & sys.modules.keys()))"
    )

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_an_installation_in_production_has_its_twins_and_notices_a_refused_key(tmp_path: Path) -> None:
    environ = {"QUIETLINE_DATA": str(tmp_path), "QUIETLINE_SYNTHETIC_MINUTES": "5"}
    config = secrets.load(environ)
    moved = MovedClock()
    parts = runtime.build(config, environ, clock=moved)
    parts.prepare()
    watching = Watching(parts)
    channel = watching.service.channels["twilio"]
    with suppress(SendError):
        channel.send(OutboundText("t", "sms", "61016", "+447700900001", "Thanks."))

    around = watching._around()
    now = status.read(parts.service.database, moved.now())

    assert list(around.refused) == ["twilio"], "there is no API key"
    assert [each.id for each in found(now, parts.service.directory, around)] == ["carrier:twilio"]
    assert around.period == 300.0
    assert [one.sinks for one in parts.service.directory.organisations.values()][-1] == ("synthetic",)
    assert "synthetic" in parts.service.sinks
    parts.service.database.close()


def test_a_spool_that_cannot_be_read_is_an_alarm_and_silences_no_other(tmp_path: Path) -> None:
    environ = {"QUIETLINE_DATA": str(tmp_path)}
    parts = runtime.build(secrets.load(environ), environ, clock=MovedClock())
    parts.prepare()
    parts.spool.folder.mkdir()
    parts.spool.path.mkdir()
    around = Watching(parts, lambda: len(parts.spool.contents()))._around()
    wrong = found(status.read(parts.service.database, 0.0), parts.service.directory, around)
    assert [each.words for each in wrong] == ["The spool cannot be read (IsADirectoryError)."]
    application = MetricsApp(parts.service, {status.DESK: ""}, lambda: len(parts.spool.contents()))
    registry = application._registries[status.DESK]
    assert registry.get_sample_value("quietline_up") == 1
    assert registry.get_sample_value("quietline_spool_texts") is None
    parts.service.database.close()


def test_nothing_that_goes_wrong_while_it_tidies_up_ends_the_clock(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"QUIETLINE_DATA": str(tmp_path)}
    config = secrets.load(environ)
    parts = runtime.build(config, environ)
    parts.prepare()

    def poisoned(*_: object) -> None:
        raise KeyError("he keeps following me")

    monkeypatch.setattr("handlers.retention.run", poisoned)
    monkeypatch.setattr("handlers.spooling.replay", poisoned)
    clock._tidy(parts.service, config)
    stopping = threading.Event()
    monkeypatch.setattr(stopping, "wait", lambda _: bool(caplog.text.count("the spool waits")))
    clock._pause(parts.service, parts, stopping)
    assert "could not tidy up (KeyError)" in caplog.text
    assert "the spool waits (KeyError)" in caplog.text
    assert "following" not in caplog.text
    parts.service.database.close()


@pytest.mark.parametrize(("cause", "alarms"), [("21617", ["text:twilio:21617"]), ("21610", []), ("20003", [])])
def test_a_text_that_the_carrier_cannot_send_alarms_for_an_hour_where_a_person_must_see_to_it(
    tmp_path: Path, cause: str, alarms: list[str]
) -> None:
    environ, moved = {"QUIETLINE_DATA": str(tmp_path)}, MovedClock()
    parts = runtime.build(secrets.load(environ), environ, clock=moved)
    parts.prepare()
    desk = Desk.build(parts.service.database)
    desk.say("HELP", carrier_answers="HELP")
    desk.channel.refusals = [SendError(errors.lookup(cause).action, cause)]
    outbound.send_due(desk.service)
    watching = Watching(parts)

    def wrong() -> list[str]:
        now = status.read(parts.service.database, moved.now())
        seen = [each.id for each in found(now, parts.service.directory, watching._around())]
        return [each for each in seen if each.startswith("text:")]

    assert wrong() == alarms
    moved.move(3601)
    assert wrong() == []
    parts.service.database.close()
