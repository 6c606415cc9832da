"""The figures: true, added up over processes, free of people, and never a confidential report among them."""

from __future__ import annotations

import socket
import threading
import urllib.request
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import Client

from gateway.metrics.measured import MeasuredIntake, measured_sinks
from gateway.metrics.meter import MeasuredSend, MeasuredText, Meter
from gateway.metrics.server import MetricsApp, serve
from handlers.ports import Delivery
from handlers.records.database import Database, StoreError
from tests.fakes import Desk, FakeSink, MovedClock
from tests.handlers.waits import refused, report_in, report_waits

TOKENS = {"desk": "", "confidential": "theirs"}


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk.build(database, sinks=[FakeSink("room"), FakeSink("apart")])


@pytest.fixture
def meter(database: Database) -> Meter:
    return Meter(database, seconds=1e6)


def scrape(desk: Desk, token: str = "", **more: Any) -> dict[str, float]:
    """Every sample by its name and labels."""
    app = Client(MetricsApp(desk.service, TOKENS, **more))
    answer = app.get("/metrics", headers={"Authorization": f"Bearer {token}"} if token else {})
    assert answer.status_code == 200
    return {
        f"{sample.name}{sorted(sample.labels.values()) or ''}": sample.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for sample in family.samples
    }


def text(desk: Desk, number: int, seconds: float = 0.003, answer: str | None = "Thanks.") -> MeasuredText:
    return MeasuredText("twilio", f"SM{number:032x}", seconds, seconds * 2, answer)


def test_gauges_are_read_from_the_database_at_each_scrape(desk: Desk) -> None:
    assert scrape(desk)["quietline_up"] == 1
    report_waits(desk)
    desk.clock.move(60)
    report_waits(desk, danger=True)
    refused(desk, report_waits(desk))
    desk.say("to nobody", recipient="99999")
    desk.clock.move(5)

    figures = scrape(desk, spooled=lambda: 7)

    assert {name: figures[name] for name in figures if "seconds_bucket" not in name and "['room']" in name} == {
        "quietline_outbox_waiting['room']": 2,
        "quietline_outbox_oldest_seconds['room']": 65,
        "quietline_outbox_unclaimed_oldest_seconds['room']": 65,
        "quietline_danger_waiting['room']": 1,
        "quietline_danger_oldest_seconds['room']": 5,
        "quietline_dead_letters['room']": 1,
        "quietline_sink_paused['room']": 0,
    }
    assert (figures["quietline_texts_held"], figures["quietline_spool_texts"]) == (1, 7)


def test_measures_of_several_processes_add_up(desk: Desk, meter: Meter) -> None:
    other = Meter(desk.service.database, seconds=1e6)
    for process, seconds in ((meter, 0.003), (other, 0.003), (other, 7200.0)):
        process.text(text(desk, 1, seconds, "x" * 161))
    meter.time("delivery", 1.5, label="room")
    meter.add_up()
    other.add_up()
    other.add_up()

    figures = scrape(desk)

    assert figures["quietline_turn_seconds_count"] == 3
    assert figures["quietline_turn_seconds_bucket['0.0025']"] == 0
    assert figures["quietline_turn_seconds_bucket['0.005']"] == 2
    assert figures["quietline_turn_seconds_bucket['3600.0']"] == 2
    assert figures["quietline_turn_seconds_bucket['+Inf']"] == 3
    assert figures["quietline_intake_seconds_sum"] == pytest.approx(14400.012)
    assert figures["quietline_delivery_seconds_count['room']"] == 1
    assert figures["quietline_segments_sent_total['twilio']"] == 6


def test_r8_no_figure_holds_a_confidential_report_but_that_teams_own(desk: Desk, meter: Meter) -> None:
    before = scrape(desk)
    for _ in range(50):
        refused(desk, report_waits(desk, "apart", audience="confidential"))
    report_in(desk, "nowhere", audience="confidential")
    desk.say("hello")
    desk.change("UPDATE reports SET audience = 'confidential'")
    meter.text(text(desk, 1))
    meter.time("delivery", 1.0, audience="confidential", label="apart")
    meter.add_up()

    assert scrape(desk) == before
    theirs = scrape(desk, "theirs")
    assert theirs["quietline_dead_letters['apart']"] == 50
    assert theirs["quietline_turn_seconds_count"] == theirs["quietline_delivery_seconds_count['apart']"] == 1
    assert theirs["quietline_held_reports['btp']"] >= 1


def test_tests_are_not_counted(desk: Desk, meter: Meter) -> None:
    desk.say("hello")
    desk.change("UPDATE reports SET status = 'test'")
    meter.text(text(desk, 1))
    sink = measured_sinks({"room": FakeSink()}, (), meter, desk.clock)["room"]
    sink.deliver(Delivery("r", 1, "complete", "btp", b'{"status":"test"}', desk.clock.at, 1))
    meter.add_up()

    figures = scrape(desk)
    assert not any(name.startswith(("quietline_turn_seconds", "quietline_delivery_seconds")) for name in figures)


def test_a_text_that_went_out_by_itself_counts_where_its_report_belongs(desk: Desk, meter: Meter) -> None:
    meter.sent(MeasuredSend("twilio", "unknown", 2))
    meter.add_up()

    assert "quietline_segments_sent_total['twilio']" not in scrape(desk)


def test_a_delivery_is_measured_from_the_making_of_its_revision(desk: Desk, meter: Meter) -> None:
    room = FakeSink()
    sinks = measured_sinks({"room": room, "apart": FakeSink("apart")}, ["apart"], meter, MovedClock(1004.0))
    for sink in sinks.values():
        sink.deliver(Delivery("r", 1, "complete", "btp", b'{"status":"live"}', 1000.0, 1))
    meter.add_up()

    assert len(room.got) == 1
    assert scrape(desk)["quietline_delivery_seconds_sum['room']"] == 4
    assert "quietline_delivery_seconds_sum['apart']" not in scrape(desk)


def test_the_intake_measures_its_request_and_its_turn_once(desk: Desk, meter: Meter) -> None:
    intake = MeasuredIntake(meter)
    receive = intake.around_turns(lambda came: [desk.hand_over(text) for _, text in came])

    def application(environ: Any, start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/inbound":
            receive([(desk.channel, desk.text("hello"))])
        start_response("200 OK", [])
        return [b""]

    client = Client(intake.around_request(application))
    for path in ("/inbound", "/healthy", "/inbound"):
        client.get(path)
    meter.add_up()

    assert scrape(desk)["quietline_intake_seconds_count"] == scrape(desk)["quietline_turn_seconds_count"] == 2


def test_what_could_not_be_added_up_waits(desk: Desk, meter: Meter) -> None:
    meter.text(text(desk, 1))
    desk.change("ALTER TABLE measures RENAME TO gone")
    with pytest.raises(StoreError):
        meter.add_up()
    desk.change("ALTER TABLE gone RENAME TO measures")
    desk.service.database.close()
    meter.add_up()

    assert scrape(desk)["quietline_turn_seconds_count"] == 1


def test_a_database_that_is_away_is_a_figure_too(desk: Desk) -> None:
    desk.change("ALTER TABLE measures RENAME TO gone")

    assert scrape(desk) == {"quietline_up": 0}


def test_r18_no_figure_holds_a_number_a_reference_or_a_word(desk: Desk, meter: Meter) -> None:
    desk.say("canary words", sender="+447700900777")
    meter.text(text(desk, 1, answer="canary words"))
    report_waits(desk)
    meter.add_up()

    answer = Client(MetricsApp(desk.service, TOKENS)).get("/metrics").get_data(as_text=True)
    rows = str(desk.rows("SELECT * FROM measures"))
    assert "quietline_turn_seconds_count 1.0" in answer
    assert not any(each in answer + rows for each in ("canary", "900777", "SM0", "7KQ4"))


@pytest.mark.parametrize(
    ("method", "path", "given", "status"),
    [
        ("GET", "/metrics", "ours", 200),
        ("GET", "/metrics", "theirs", 200),
        ("GET", "/metrics", "", 403),
        ("GET", "/metrics", "our", 403),
        ("GET", "/metrics", "ours\u00e9", 403),
        ("GET", "/", "ours", 404),
        ("POST", "/metrics", "ours", 405),
    ],
)
def test_only_whoever_has_the_token_reads_the_figures(
    desk: Desk, method: str, path: str, given: str, status: int
) -> None:
    client = Client(MetricsApp(desk.service, {"desk": "ours", "confidential": "theirs"}))
    answer = client.open(path, method=method, headers={"Authorization": f"Bearer {given}".encode().decode("latin-1")})

    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.fixture
def port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        number = taken.getsockname()[1]
    return int(number)


def test_it_serves_several_at_once_on_a_port_of_its_own(desk: Desk, port: int) -> None:
    stop = serve(MetricsApp(desk.service, TOKENS), "127.0.0.1", port)
    bodies: list[bytes] = []
    address = f"http://127.0.0.1:{port}/metrics"
    askers = [
        threading.Thread(target=lambda: bodies.append(urllib.request.urlopen(address, timeout=10).read()))
        for _ in range(4)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    stop()

    assert len(bodies) == 4
    assert all(b"quietline_up 1.0" in body for body in bodies)


def test_a_port_that_is_taken_is_one_clear_error(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            serve(MetricsApp(desk.service, TOKENS), "127.0.0.1", taken.getsockname()[1])
