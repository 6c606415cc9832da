"""What the clock process does beside its sweep, as the process that runs it."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

from gateway import runtime, secrets
from gateway.watching import Watching
from handlers import status
from handlers.conditions import found
from handlers.ports import OutboundText, SendError
from tests.fakes import MovedClock
from tests.gateway.programs import free_port, programs
from tests.waiting import until

QUIETLINE = str(Path(sys.executable).with_name("quietline"))


def test_the_clock_serves_figures_while_it_runs_and_ends_at_once(tmp_path: Path) -> None:
    port = free_port()

    def figures() -> str:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return str(answer.read(), "utf-8")
        return ""

    with programs(tmp_path) as started:
        settings = {"QUIETLINE_DATA": str(tmp_path / "data"), "QUIETLINE_METRICS_PORT": str(port)}
        clock = started.start(QUIETLINE, "clock", **settings)
        until(lambda: 'quietline_silent_seconds{process="clock"}' in figures(), what=clock.output)
        clock.process.send_signal(signal.SIGTERM)

        assert clock.ends() == 0
        assert clock.output == ""


def test_s20_the_web_process_loads_no_library_for_figures_or_alarms() -> None:
    program = (
        "import sys, gateway.wsgi; print(sorted({'apprise', 'prometheus_client', 'requests'} & sys.modules.keys()))"
    )

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_an_installation_in_production_has_its_twins_and_notices_a_refused_key(tmp_path: Path) -> None:
    environ = {"QUIETLINE_DATA": str(tmp_path), "QUIETLINE_SYNTHETIC_MINUTES": "5"}
    config = secrets.load(environ)
    clock = MovedClock()
    parts = runtime.build(config, environ, clock=clock)
    parts.prepare()
    watching = Watching(parts)
    channel = watching.service.channels["twilio"]
    with suppress(SendError):
        channel.send(OutboundText("t", "sms", "61016", "+447700900001", "Thanks."))

    around = watching._around()
    now = status.read(parts.service.database, clock.now())

    assert list(around.refused) == ["twilio"], "there is no API key"
    assert [each.id for each in found(now, parts.service.directory, around)] == ["carrier:twilio"]
    assert around.period == 300.0
    assert [one.sinks for one in parts.service.directory.organisations.values()][-1] == ("synthetic",)
    assert "synthetic" in parts.service.sinks
    parts.service.database.close()
