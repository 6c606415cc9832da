"""The benchmark's own tools: a generator that counts right, a sink that misses nothing, bars that can be missed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from tests.bench import crowd as people
from tests.bench.bare import BareServer, ServerSpec
from tests.bench.crowd import CROWD_SIZE, MARKED_TEXTS, Crowd, mark
from tests.bench.load import OpenLoop, closed_loop, complete, timetable
from tests.bench.posts import AUTH_TOKEN, Target, fields, posts, request, signature
from tests.bench.report import Row, compared, table
from tests.bench.sink import Delivery, audit, line
from tests.bench.wiring import connections


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareServer]:
    """One bare signed server for the tests of this file."""
    server = BareServer("floors:signed", ServerSpec(workers=1), tmp_path_factory.mktemp("floor")).start()
    try:
        yield server.ready()
    finally:
        server.stop()


def test_the_signature_is_the_one_the_carriers_library_expects() -> None:
    target = Target.local(8061)
    form = fields(Crowd().take(1)[0].texts[3])
    assert len(form) == 20
    signed = signature(AUTH_TOKEN, target.public_url, form)
    assert RequestValidator(AUTH_TOKEN).validate(target.public_url, form, signed)


def test_the_crowd_texts_from_drama_numbers_and_nobody_texts_twice() -> None:
    crowd = Crowd()
    reporters = crowd.take(CROWD_SIZE)
    assert len({reporter.number for reporter in reporters}) == CROWD_SIZE
    assert len({text.sid for reporter in reporters for text in reporter.texts}) == 6 * CROWD_SIZE
    assert all(reporter.number[:-3] in people.THOUSANDS for reporter in reporters)
    with pytest.raises(ValueError, match="0 reporters left"):
        crowd.take(1)


def test_the_closed_loop_counts_every_answer_and_stops_in_time(floor: BareServer) -> None:
    with connections(floor.port, 2, floor.process) as opened:
        tally = closed_loop(opened, posts(floor.target, Crowd().take(400)), 1.0)
    assert set(tally.statuses) == {200}
    assert 0.2 <= tally.seconds < 5 or len(tally.answers) == 2400
    assert tally.rate == pytest.approx(len(tally.answers) / tally.seconds)


def test_the_closed_loop_ends_when_the_texts_are_used_up(floor: BareServer) -> None:
    with connections(floor.port, 2, floor.process) as opened:
        tally = closed_loop(opened, posts(floor.target, Crowd().take(3)), 60)
    assert len({answer.text.sid for answer in tally.answers}) == 18


def test_the_open_loop_sends_each_text_once_in_order_and_counts_from_its_timetable(floor: BareServer) -> None:
    plan = timetable(posts(floor.target, Crowd().take(20)), 0.3)
    tally = OpenLoop(floor.port).run(plan)
    assert tally.statuses == {200: 120}
    sent: dict[int, list[int]] = {}
    for answer in tally.answers:
        sent.setdefault(answer.text.reporter, []).append(answer.text.index)
    assert set(map(tuple, sent.values())) == {(0, 1, 2, 3, 4, 5)}
    assert all(answer.delay > 0 for answer in tally.answers)
    assert tally.seconds >= 0.25


def test_a_wrong_signature_is_counted_as_refused(floor: BareServer) -> None:
    forged = Target(floor.port, floor.target.path, floor.target.public_url, token="not-the-token")
    tally = OpenLoop(floor.port).run(timetable(posts(forged, Crowd().take(1)), 0.05))
    assert tally.statuses == {403: 6}
    assert tally.rate == 0


def test_texts_that_nobody_answers_are_counted_not_forgotten() -> None:
    tally = OpenLoop(1, tries=2, retry_after=0.01).run(timetable(posts(Target.local(1), Crowd().take(1)), 0.05))
    assert tally.statuses == {0: 6}
    assert all(answer.tries == 2 for answer in tally.answers)


def test_an_answer_is_complete_with_its_last_byte() -> None:
    whole = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 3\r\n\r\nabc"
    assert complete(whole) == len(whole)
    assert complete(whole + b"HTTP/1.1 200") == len(whole)
    assert complete(whole[:-1]) is None
    with pytest.raises(ValueError, match="Content-Length"):
        complete(b"HTTP/1.1 200 OK\r\n\r\nabc")


def _delivery(revision: int, *marks: str, report: str = "a", at: float = 1.0) -> Delivery:
    return Delivery(at, report, revision, "updated", frozenset(marks))


def test_the_sink_keeps_key_kind_and_marks_of_a_delivery() -> None:
    body = b'{"data": {"id": "r", "revision": 4, "kind": "complete", "account": ["hi q00012a", "q00012d"]}}'
    assert line(body, 2.5) == b"2.500000 r:4 complete q00012a,q00012d\n"


def test_the_audit_finds_what_is_lost_doubled_and_sent_again() -> None:
    acknowledged = [mark(1, index) for index in MARKED_TEXTS]
    clean = audit([_delivery(1, mark(1, 0)), _delivery(4, *acknowledged)], acknowledged)
    assert (clean.missing, clean.twice, clean.resends) == (set(), 0, 0)
    lost = audit([_delivery(1, mark(1, 0))], acknowledged)
    assert lost.missing == {mark(1, 3), mark(1, 5)}
    again = audit([_delivery(4, *acknowledged), _delivery(4, *acknowledged)], acknowledged)
    assert (again.resends, again.twice) == (1, 0)
    doubled = audit([_delivery(4, *acknowledged), _delivery(4, *acknowledged, report="b")], acknowledged)
    assert doubled.twice == 1


def test_a_ratio_is_the_median_of_the_pairs_and_a_missed_bar_is_called_so() -> None:
    row = compared("S1", "x", [1.0, 9.0, 4.0], [1.0, 3.0, 2.0], "req/s", bar=2.5, at_least=True, due=True)
    assert (row.ratio, row.verdict) == (2.0, "MISS")
    assert compared("S1", "x", [3.0], [1.0], "req/s", bar=2.5, at_least=True, due=True).verdict == "ok"
    assert Row("S9", "x", "", skipped="no C compiler here").verdict == "not measured"
    assert "MISS" in table([row])


def test_requests_are_whole_http_messages() -> None:
    wire = request(Target.local(8061), Crowd().take(1)[0].texts[0])
    assert complete(wire) == len(wire)
