"""Texts, kills, clocks and sinks in any order: what was acknowledged reaches whom it is for, and nobody else (P1, R8).

LIFECYCLE_CASES says how many lives are lived, in LIFECYCLE_SHARES parts that may run side by side.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from conversations.flows import shipped
from conversations.replies import read_first
from handlers import staff
from handlers.acknowledgements import Answer, UnknownReportError, acknowledge
from handlers.ports import InboundText
from tests.handlers.lifecycle import APART, DESK, MODES, TAKES_AND_HANGS, UP, World
from tests.naughty import NAUGHTY

CASES = int(os.environ.get("LIFECYCLE_CASES", "40"))
SHARES = int(os.environ.get("LIFECYCLE_SHARES", "1"))
STEPS = 25

PHONES = st.sampled_from([f"+4477009001{number:02d}" for number in range(3)])
ACCOUNTS = st.sampled_from(
    [
        "he kept staring at me {}",
        "a man followed me off the 18:05 to Brighton {}",
        "mae dyn yn syllu arna i ar y trên {}",
        "help he has a knife {}",
        "a man touched my leg near York, coach 3 {}",
    ]
)
SECRETS = st.sampled_from(
    ["one of your police officers touched my hair {}", "he showed me his warrant card, he is a police officer {}"]
)
ANSWERS = st.sampled_from(
    ["1", "2", "York", "18:05 to Brighton coach 3", "skip", "hello", "not sure", "no", "yes", "", "START"]
) | st.sampled_from(NAUGHTY).map(lambda text: text.encode(errors="replace").decode().replace("{}", "{ }"))
ENDS = st.sampled_from(["STOP", "WITHDRAW"])


class Lifecycle(RuleBasedStateMachine):
    """Three phones, one force, two sinks."""

    sent = Bundle("sent")

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.answers: dict[str, str | None] = {}
        self.marks: dict[str, str] = {}  # by mark, whose it is
        self.secrets: set[str] = set()
        self.quiet: set[str] = set()  # phones that wanted to stop: what they said last may rest unsent
        self.apart: set[str] = set()  # phones that said what is confidential
        self.count = 0

    def _mark(self, phone: str, body: str, *, secret: bool = False) -> str:
        if "{}" not in body:
            return body
        self.count += 1
        mark = f"q{self.count:03d}z"
        self.marks[mark] = phone
        if secret:
            self.secrets.add(mark)
            self.apart.add(phone)
        return body.replace("{}", mark)

    def _taken(self, text: InboundText) -> InboundText:
        if read_first(shipped("railway"), text.body).keyword in ("stop", "withdraw"):
            self.quiet.add(text.sender)
        self.answers[text.external_id] = self.world.take(text)
        return text

    def _spoken(self, phone: str, body: str, seconds: float, *, secret: bool = False) -> InboundText:
        self.world.desk.clock.move(seconds)
        return self._taken(self.world.text(phone, self._mark(phone, body, secret=secret)))

    @rule(target=sent, phone=PHONES, body=ACCOUNTS | ANSWERS, seconds=st.sampled_from([0.0, 5.0, 20.0, 130.0]))
    def text(self, phone: str, body: str, seconds: float) -> InboundText:
        return self._spoken(phone, body, seconds)

    @rule(target=sent, phone=PHONES, body=SECRETS)
    def confidential_text(self, phone: str, body: str) -> InboundText:
        return self._spoken(phone, body, 20.0, secret=True)

    @rule(target=sent, phone=PHONES, body=ENDS)
    def stop(self, phone: str, body: str) -> InboundText:
        return self._spoken(phone, body, 20.0)

    @rule(text=sent)
    def redelivery(self, text: InboundText) -> None:
        again = self.world.take(text)
        # What a report that became confidential had been answered with went with its key (R9).
        assert again == self.answers[text.external_id] or (again is None and text.sender in self.apart), "F1"

    @rule(target=sent, phone=PHONES, body=ACCOUNTS, seconds=st.floats(0.1, 3.5))
    def sent_twice_by_the_network(self, phone: str, body: str, seconds: float) -> InboundText:
        self.world.settle()
        text = self._spoken(phone, body, 20.0)
        documents = self.world.rows("SELECT count(*) FROM revisions")
        self.world.desk.clock.move(seconds)
        copy = self._taken(self.world.text(phone, text.body))
        [(state,)] = self.world.rows(f"SELECT state FROM inbox WHERE external_id = '{copy.external_id}'")  # noqa: S608
        assert state == "repeat", "F2"
        assert self.world.rows("SELECT count(*) FROM revisions") == documents, "F2"
        return copy

    @rule(target=sent, phone=PHONES, body=ACCOUNTS | ANSWERS)
    def killed_before_commit(self, phone: str, body: str) -> InboundText:
        self.world.settle()
        text = self.world.text(phone, self._mark(phone, body))
        self.world.killed_before_commit(text)
        assert text.external_id not in self.world.stored(), "F4: no trace"
        return self._taken(text)

    @rule(target=sent, phone=PHONES, body=ACCOUNTS | ANSWERS)
    def killed_after_commit(self, phone: str, body: str) -> InboundText:
        text = self.world.text(phone, self._mark(phone, body))
        unheard = self.world.take(text)
        self.world.restart()
        self._taken(text)
        assert self.answers[text.external_id] == unheard, "F4: the stored answer"
        return text

    @rule(target=sent, phone=PHONES, bodies=st.lists(ACCOUNTS | ANSWERS, min_size=1, max_size=3))
    def texts_while_the_database_takes_none(self, phone: str, bodies: list[str]) -> object:
        self.world.desk.clock.move(5)
        with self.world.read_only():
            texts = [self._taken(self.world.text(phone, self._mark(phone, body))) for body in bodies]
        assert not {text.external_id for text in texts} & self.world.stored()
        return multiple(*texts)

    @rule(sink=st.sampled_from([DESK, APART]), mode=st.sampled_from(MODES))
    def sink_turns(self, sink: str, mode: str) -> None:
        self.world.sinks[sink].mode = mode

    @rule()
    def forward(self) -> None:
        self.world.forward()

    @rule()
    def forwarder_killed_after_sending(self) -> None:
        self.world.killed_after_sending()

    @rule(seconds=st.sampled_from([0.0, 6.0, 31.0, 121.0]))
    def sweep(self, seconds: float) -> None:
        self.world.desk.clock.move(seconds)
        self.world.sweep()

    @rule(hours=st.sampled_from([-2, 2, 25, 24 * 365, -24 * 365]))
    def clock_jumps(self, hours: int) -> None:
        self.world.desk.clock.move(hours * 3600.0)
        self.world.sweep()

    @precondition(lambda self: self.answers)
    @rule(
        data=st.data(), body=st.sampled_from(["Which coach are you in?", "Are you safe? 1 yes 2 no", "a police case"])
    )
    def staff_text(self, data: st.DataObject, body: str) -> None:
        reports = sorted(self.world.rows("SELECT report_id FROM conversations"))
        if not reports:
            return
        [report] = data.draw(st.sampled_from(reports))
        self.count += 1
        try:
            said = staff.say(self.world.desk.service, self.world.desk.doorbell, report, body, key=str(self.count))
            assert said
            assert not staff.say(self.world.desk.service, self.world.desk.doorbell, report, body, key=str(self.count))
            staff.hand_back(self.world.desk.service, self.world.desk.doorbell, report)
        except staff.NotSaid:
            pass

    @precondition(lambda self: self.world.sinks[DESK].incidents)
    @rule(data=st.data(), status=st.sampled_from(["accepted", "completed"]))
    def acknowledgement(self, data: st.DataObject, status: str) -> None:
        incident = data.draw(st.sampled_from(sorted(self.world.sinks[DESK].incidents)))
        self.count += 1
        answer = Answer(status, None if status == "accepted" else "attended")
        for sender in (DESK, DESK, APART):
            try:
                acknowledge(self.world.desk.service, [sender], incident, f"{sender}-{self.count}", answer)
            except UnknownReportError:
                assert sender == APART or self.apart, "it went there"

    @invariant()
    def what_was_acknowledged_is_kept(self) -> None:
        missing = set(self.answers) - self.world.stored()
        assert len(missing) <= len(self.world.spool.contents()), "P1"

    @invariant()
    def nothing_confidential_reaches_the_ordinary_room(self) -> None:
        room = self.world.sinks[DESK]
        for delivery in room.fresh:
            assert b'"audience":"confidential"' not in delivery.document, "R8"
            assert not any(mark.encode() in delivery.document for mark in self.secrets), "R8"
        room.fresh.clear()

    @invariant()
    def a_sink_holds_what_counts_as_delivered(self) -> None:
        for report, sink, newest in self.world.delivered():
            held = self.world.sinks[sink].incidents.get(report)
            assert held is not None, "P1"
            assert held.revision >= newest, "once by its id, the newest"

    def teardown(self) -> None:
        try:
            self._comes_to_an_end()
        finally:
            self.world.close()

    def _comes_to_an_end(self) -> None:
        for sink in self.world.sinks.values():
            sink.mode = TAKES_AND_HANGS
        for seconds in (31.0, 61.0, 1000.0, 1000.0, 25 * 3600.0, 61.0, 1000.0, 1000.0, 1000.0):
            self.world.desk.clock.move(seconds)
            self.world.sweep()
            self.world.forward()
            for sink in self.world.sinks.values():
                sink.mode = UP
        assert self.world.left_over() == {}, "nothing is stuck"
        assert set(self.answers) <= self.world.stored(), "P1"
        self.nothing_confidential_reaches_the_ordinary_room()
        self.a_sink_holds_what_counts_as_delivered()
        newest = self.world.newest()
        lost = [mark for mark, phone in self.marks.items() if mark not in newest and phone not in self.quiet]
        assert not lost, "P1: every account is in a report"


@pytest.fixture
def still() -> Iterator[None]:
    """Thousands of faults are logged, rightly; nobody reads them here."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("share", range(SHARES))
def test_p1_r8_any_order_of_texts_kills_and_faults(share: int) -> None:
    run_state_machine_as_test(
        Lifecycle,
        settings=settings(
            max_examples=CASES // SHARES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
