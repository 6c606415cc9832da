"""A gateway and a desk as real processes with a data folder of their own, for tests and pictures.

Every story has an organisation for itself, so that all of them share one installation.
"""

from __future__ import annotations

import http.client
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

from gateway import runtime, secrets
from gateway.phone.client import GatewayClient
from handlers import exercises, outbound, people, unanswered, writing
from handlers.service import Service
from tests.gateway.programs import Program, Programs, free_port
from tests.waiting import until

QUIETLINE: Final = str(Path(sys.executable).with_name("quietline"))
SECRET: Final = "known-to-both"
PASSWORD: Final = "violet-harbour-mistake-42"
FORCES: Final = 60

_ORGANISATIONS: Final = """\
sinks:
  file:
    kind: file
    path: data:reports.jsonl
  standards:
    kind: file
    path: data:standards.jsonl
organisations:
"""
_ORGANISATION: Final = """\
  - id: {id}
    name: {name}
    timezone: Europe/London
    languages: [en, cy]
    flow: railway
    addresses: ["sms:{address}"]
    sinks: [file]
    confidential: [police]
    confidential_sinks: [standards]
"""


@dataclass
class Force:
    """One story's organisation, and the people and phones that come to it."""

    at: Installation
    id: str
    address: str
    _hired: set[str] = field(default_factory=set)

    def hire(self, name: str, *roles: str, shown: str = "") -> str:
        """A new account where there is none; returns a one-time link's path. Names are made this force's own."""
        own = f"{name}.{self.id}"
        if name in self._hired:
            return self.link(name)
        self._hired.add(name)
        people.add(self.at.service, own, shown or name.title(), PASSWORD)
        for role in roles or ("dispatcher",):
            people.change_role(self.at.service, own, self.id, role)
        return self.link(name)

    def link(self, name: str) -> str:
        """Another one-time link of somebody hired."""
        return f"/link/{people.one_time_link(self.at.service, f'{name}.{self.id}')}"

    def phone(self, tail: int) -> GatewayClient:
        """The phone +447700900xxx, which texts this force by signed requests."""
        return GatewayClient(self.at.web, SECRET, sender=f"+447700900{tail:03d}", recipient=self.address)

    def sent(self, phone: GatewayClient) -> list[str]:
        """What this force sent to a phone by itself, oldest first; other forces text the same numbers."""
        return [each.text for each in phone.letters(None) if each.sender == self.address]

    def reports(self) -> list[str]:
        """The ids of its reports, oldest first."""
        return [
            str(row[0])
            for row in self.at.rows(
                "SELECT report_id FROM desk_items WHERE organisation = ? AND audience = 'desk' ORDER BY since", self.id
            )
        ]

    def has_waited(self, seconds: int, report: str = "%") -> None:
        """Its reports have waited so much longer: their clocks are put back."""
        back = seconds * 1000
        self.at.change(
            "UPDATE desk_items SET clock_at = clock_at - ?, clock_due_at = clock_due_at - ?, since = since - ?, "
            "stamp = stamp + 1 WHERE organisation = ? AND report_id LIKE ?",
            back, back, back, self.id, report,
        )  # fmt: skip


class Installation:
    """The processes `quietline web` and `quietline desk`; what the clock process does is done when a story asks.

    Args:
        programs: starts them, and ends them.
        names: what the organisations are called, in turn; the rest get a name of their own.
    """

    def __init__(self, programs: Programs, names: tuple[str, ...] = ()) -> None:
        self.folder, self._programs = programs.folder, programs
        file = self.folder / "organisations.yaml"
        forces = {f"f{number:02d}": str(61100 + number) for number in range(FORCES)}
        file.write_text(
            _ORGANISATIONS
            + "".join(
                _ORGANISATION.format(id=force, address=address, name=dict(enumerate(names)).get(n, f"Force {force}"))
                for n, (force, address) in enumerate(forces.items())
            )
        )
        port, desk = free_port(), free_port()
        self.web, self.desk = f"http://127.0.0.1:{port}", f"http://localhost:{desk}"
        self.environ = {
            "QUIETLINE_ENV": "development",
            "QUIETLINE_DATA": str(self.folder / "data"),
            "QUIETLINE_ORGANISATIONS": str(file),
            "QUIETLINE_SIMULATOR_SECRET": SECRET,
            "QUIETLINE_WORKERS": "1",
            "QUIETLINE_FIRST_ANSWERS": "0",
            "QUIETLINE_DESK_PORT": str(desk),
            "PORT": str(port),
            "REDIS_URL": "",
            "DATABASE_URL": "",
        }
        parts = runtime.build(secrets.load(self.environ), self.environ)
        parts.prepare()
        self.service: Service = parts.service
        self.doorbell = parts.doorbell
        self._database = self.folder / "data" / "quietline.sqlite3"
        self._forces: Iterator[tuple[str, str]] = iter(forces.items())
        self._processes = [programs.start(QUIETLINE, name, **self.environ) for name in ("web", "desk")]
        for process, at in zip(self._processes, (port, desk), strict=True):
            until(lambda process=process, at=at: _answers(process, at), 30, f"port {at} does not answer")  # type: ignore[misc]
        self._count = count()

    def force(self) -> Force:
        """An organisation that nobody has texted yet."""
        return Force(self, *next(self._forces))

    def another_desk(self, **environ: str) -> str:
        """One more desk of the same installation, with settings of its own; returns its address."""
        port = free_port()
        settings = self.environ | {"QUIETLINE_DESK_PORT": str(port)} | environ
        process = self._programs.start(QUIETLINE, "desk", **settings)
        until(lambda: _answers(process, port), 30, f"port {port} does not answer")
        return f"http://localhost:{port}"

    def send_due(self) -> int:
        """The sweep's part that sends what staff wrote; how many it tried."""
        return outbound.send_due(self.service)

    def answer_clock(self) -> None:
        """The sweep's part that looks who has waited too long."""
        unanswered.run_due(self.service, self.doorbell)

    def practise(self) -> None:
        """The sweep's part that goes on with exercises."""
        exercises.run_due(self.service, self.doorbell)

    def goes_on(self) -> None:
        """The sweep's part after somebody wrote and sent nothing."""
        writing.run_due(self.service, self.doorbell)

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """What the database says."""
        with closing(sqlite3.connect(self._database, timeout=20)) as connection:
            return connection.execute(sql, values).fetchall()

    def change(self, sql: str, *values: object) -> None:
        """Changes the database behind everybody's back."""
        with closing(sqlite3.connect(self._database, timeout=20)) as connection, connection:
            connection.execute(sql, values)


def _answers(process: Program, port: int) -> bool:
    assert process.process.poll() is None, process.output
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
            connection.request("GET", "/healthy")
            return connection.getresponse().status == 200
    except OSError:
        return False
