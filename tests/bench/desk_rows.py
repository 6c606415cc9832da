"""The desk's rows: a text to every open desk, pages over a full store, thousands of open desks (S21)."""

from __future__ import annotations

import http.client
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from uuid import uuid4

from tests.bench import proc
from tests.bench.burst import burst
from tests.bench.crowd import Crowd, Text, numbers
from tests.bench.desk import DeskProduct
from tests.bench.load import OpenLoop, Tally, percentile, timetable
from tests.bench.posts import Post, posts, request
from tests.bench.processes import BenchError, Process, python, wait_until
from tests.bench.report import Row
from tests.bench.settings import Settings
from tests.bench.sink import SinkServer

DESKS, RATE, SECONDS, TEXTS_EACH = 50, 50, 12, 8
OPEN, LOOKS, REST, SLICE = 2000, 10, 1.0, 6.0  # a slice: six texts of each of 50
STORED, STILL_OPEN, FIRST, FETCHES = 100_000, 60, 5, 105
FIRST_CROWD = 30
Heard = list[tuple[float, int, str]]


class Desks:
    """A process of open desks and what they noted."""

    def __init__(self, product: DeskProduct, count: int, folder: Path, *, fetch: bool) -> None:
        name = f"desks-{uuid4().hex[:6]}"
        cookies, self._record = folder / f"{name}.cookies", folder / f"{name}.record"
        cookies.write_text("\n".join(product.sessions(count)))
        self._record.touch()
        args = ["--port", str(product.desk_port), "--cookies", str(cookies), "--record", str(self._record)]
        self.process = Process(
            name, python("tests.bench.desks", *args, *(["--fetch"] if fetch else [])), folder / f"{name}.log"
        )
        wait_until(lambda: self._count("open") == count, 60, "open desks", self.process)
        if fetch:  # the first look of each is no measurement
            wait_until(lambda: len({desk for _, desk, what in self.heard() if what == "looked"}) == count, 30, "looks")

    def heard(self) -> Heard:
        """All notes so far as (when, desk, what)."""
        notes = (line.split(" ") for line in self._record.read_text().splitlines(keepends=True) if line.endswith("\n"))
        return [(float(when), int(desk), what.strip()) for when, desk, what in notes]

    def _count(self, wanted: str) -> int:
        return sum(what == wanted for _, _, what in self.heard())

    def stop(self) -> None:
        self.process.stop()


def _product(running: ExitStack, settings: Settings, folder: Path) -> DeskProduct:
    folder.mkdir(exist_ok=True)
    sink = SinkServer(folder).start()
    running.callback(sink.stop)
    product = DeskProduct(folder, sink.url, settings.workers)
    running.callback(product.stop)
    product.start_web().start_rest()
    product.start_desk()
    return product


def arrival(settings: Settings, folder: Path) -> list[Row]:
    """Each text names another coach of its reporter's own train; a desk has it once it shows that coach or a later."""
    with ExitStack() as running:
        product = _product(running, settings, folder)
        burst(product.target, Crowd(), 10, 1.0)
        desks = Desks(product, DESKS, folder, fetch=True)
        running.callback(desks.stop)
        plan = _moving(product)
        tally = OpenLoop(product.port).run(plan)
        time.sleep(2.5)
        heard = desks.heard()
        delays, missing = _delays([answer for answer in tally.answers if answer.status == 200], heard)
        refused = sum(what.startswith("refused") for _, _, what in heard)
        product.check()
    p50, p99 = percentile(delays, 0.5), percentile(delays, 0.99)
    what = f"{RATE} texts/s with {DESKS} open desks: text to each desk"
    web = f"webhook p99 {tally.percentile(0.99) * 1e3:.1f} ms"
    words = f"p50 {p50 * 1e3:.0f} p99 {p99 * 1e3:.0f} ms, {missing} not shown, {refused} refused; {web}"
    return [
        Row("desk", f"{what}, p50 s", words, bar=1, value=p50 if not missing else 99.0, due=True),
        Row("desk", f"{what}, p99 s", words, bar=2, value=p99 if not missing else 99.0, due=True),
    ]


def _moving(product: DeskProduct) -> list[list[tuple[float, Post]]]:
    reporters = RATE * SECONDS // TEXTS_EACH
    gap = SECONDS / TEXTS_EACH
    plan = []
    for who, number in zip(range(reporters), list(numbers())[5000:], strict=False):
        train = f"{10 + who // 60}{who % 60:02d}"
        bodies = [f"a man keeps touching me now, coach 1, {train} victoria to brighton"]
        bodies += [f"he moved, we are in coach {coach} now" for coach in range(2, TEXTS_EACH + 1)]
        texts = [Text(who, at, number, f"SM{uuid4().hex}", body) for at, body in enumerate(bodies)]
        offset = gap * who / reporters
        plan.append([(offset + gap * each.index, Post(each, request(product.target, each))) for each in texts])
    return plan


def _delays(answers: list[object], heard: Heard) -> tuple[list[float], int]:
    """For each text and desk: seconds from the scheduled instant until the desk showed it; and how many never did."""
    first: dict[tuple[int, int], dict[int, float]] = {}
    for when, desk, what in heard:
        clock, _, coach = what.partition("/")
        if coach.isdigit():
            who = (int(clock[:2]) - 10) * 60 + int(clock[3:])
            first.setdefault((desk, who), {}).setdefault(int(coach), when)
    delays, missing = [], 0
    for answer in answers:
        text, due = answer.text, answer.due  # type: ignore[attr-defined]
        for desk in range(DESKS):
            shown = [when for coach, when in first.get((desk, text.reporter), {}).items() if coach > text.index]
            if shown:
                delays.append(min(shown) - due)
            else:
                missing += 1
    return delays, missing


def pages(settings: Settings, folder: Path) -> list[Row]:
    """One page after the other, each fetched a hundred times by one person who clicks without a pause."""
    rows: list[Row] = []
    with ExitStack() as running:
        product = _product(running, settings, folder)
        product.fill(STORED - STILL_OPEN, 0)
        burst(product.target, Crowd(), STILL_OPEN, 6.0)  # those that are open have their texts and revisions
        still_open = product.open_reports()
        if len(still_open) != STILL_OPEN:
            raise BenchError(f"{len(still_open)} reports are open")
        (cookie,) = product.sessions(1)
        paths: dict[str, Callable[[int], str]] = {
            "queue": lambda _: "/bench/queue",
            "report": lambda turn: f"/bench/reports/{still_open[turn % len(still_open)]}",
            "waiting": lambda _: "/bench/waiting",
            "search": lambda _: "/bench/search",
            "audit": lambda _: "/bench/audit",
        }
        desk = product.processes["desk"]
        with closing(http.client.HTTPConnection("127.0.0.1", product.desk_port, timeout=10)) as connection:
            for name, path in paths.items():
                for turn in range(FIRST):
                    _fetched(connection, path(turn), cookie)
                (began,) = _cpu(desk)
                times = [_fetched(connection, path(turn), cookie) for turn in range(FIRST, FETCHES)]
                cpu = (_cpu(desk)[0] - began) * 1e3 / len(times)
                p50, p99 = percentile(times, 0.5), percentile(times, 0.99)
                words = f"p50 {p50:.1f} p99 {p99:.1f} ms, {cpu:.1f} ms CPU"
                what = f"{STORED:,} reports stored, {STILL_OPEN} open: the page {name}, p99 ms"
                rows.append(Row("desk", what, words, bar=100, value=p99, due=True))
    return rows


def _fetched(connection: http.client.HTTPConnection, path: str, cookie: str) -> float:
    """Milliseconds that a page takes. Raises BenchError where it is refused."""
    began = time.monotonic()
    connection.request("GET", path, headers={"Cookie": f"__Host-desk={cookie}"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise BenchError(f"{path.partition('?')[0]}: {answer.status}")
    return (time.monotonic() - began) * 1e3


def many(settings: Settings, folder: Path) -> list[Row]:
    """Desks come and go between slices of texts, every other time in the opposite order."""
    with ExitStack() as running:
        product = _product(running, settings, folder)
        (report, *_) = product.fill(10, 10)
        desk = product.processes["desk"]
        burst(product.target, Crowd(), FIRST_CROWD, 1.5)
        Desks(product, 20, folder, fetch=False).stop()
        before = proc.rss_mib(desk.pid)
        desks = Desks(product, OPEN, folder, fetch=False)
        each = (proc.rss_mib(desk.pid) - before) * 1024 / OPEN
        spent = _cpu(desk, desks.process)
        spread, reach = _broadcasts(product, desks, report)
        spent = [(after - was) * 1e3 / LOOKS for after, was in zip(_cpu(desk, desks.process), spent, strict=True)]
        slices = _slices(settings, product, desks, folder)
        product.check()
    beside, alone = _tails(slices.beside), _tails(slices.alone)
    ratio = statistics.median(one / other for one, other in zip(beside[:-1], alone[:-1], strict=True))
    tails = "; ".join(f"{one:.0f} / {other:.0f}" for one, other in zip(beside, alone, strict=True))
    return [
        Row("S21", f"{OPEN:,} open desks in one process: KiB each", f"{each:.1f} KiB", bar=25, value=each, due=True),
        Row(
            "S21", f"{OPEN:,} open desks: a change, from the first desk to each, p99 ms",
            f"p99 {percentile(spread, 0.99) * 1e3:.0f} ms; from the commit p50 {percentile(reach, 0.5) * 1e3:.0f} "
            f"p99 {percentile(reach, 0.99) * 1e3:.0f} ms; CPU of the desk {spent[0]:.0f} ms a change, of this bench "
            f"{spent[1]:.0f} ms",
            bar=100, value=percentile(spread, 0.99) * 1e3, due=True,
        ),
        Row(
            "S21", f"webhook p99 at 50 texts/s with {OPEN:,} open desks / without",
            f"{tails} ms together; the desk and its browsers take {statistics.mean(slices.costs):.0f} % of a core",
            ratio=ratio, bar=1.2, value=ratio, due=True,
        ),
    ]  # fmt: skip


@dataclass(slots=True)
class _Slices:
    """What the generator saw in slices with open desks and without, and what those took, in hundredths of a core."""

    beside: list[Tally] = field(default_factory=list)
    alone: list[Tally] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)


def _slices(settings: Settings, product: DeskProduct, desks: Desks, folder: Path) -> _Slices:
    """Two slices a pair, twice as many pairs as are asked for, since each is short; begins with the desks open."""
    found, crowd, desk = _Slices(), Crowd(), product.processes["desk"]
    crowd.take(FIRST_CROWD)
    for pair in range(2 * settings.pairs):
        if pair % 2:
            found.alone.append(_webhook(product, crowd))
            desks = Desks(product, OPEN, folder, fetch=False)
        began = sum(_cpu(desk, desks.process))
        found.beside.append(_webhook(product, crowd))
        found.costs.append((sum(_cpu(desk, desks.process)) - began) / (SLICE + REST) * 100)
        if not pair % 2:
            desks.stop()
            found.alone.append(_webhook(product, crowd))
    desks.stop()
    return found


def _tails(slices: list[Tally]) -> list[float]:
    """The webhook's p99 in ms in each slice, and at last over all of them."""
    every = [answer.delay for tally in slices for answer in tally.answers]
    return [tally.percentile(0.99) * 1e3 for tally in slices] + [percentile(every, 0.99) * 1e3]


def _cpu(*processes: Process) -> list[float]:
    """Seconds of CPU so far, of each."""
    return [proc.cpu_seconds(each.pid) for each in processes]


def _webhook(product: DeskProduct, crowd: Crowd) -> Tally:
    """A slice of 50 texts a second, once those that came or went have been seen to. Raises BenchError."""
    time.sleep(REST)
    tally = OpenLoop(product.target.port).run(timetable(posts(product.target, crowd.take(RATE)), SLICE))
    if set(tally.statuses) != {200}:
        raise BenchError(f"texts were answered {dict(tally.statuses)}")
    return tally


def _broadcasts(product: DeskProduct, desks: Desks, report: str) -> tuple[list[float], list[float]]:
    """For each change and desk: seconds since the first desk heard of it, and since it was committed."""
    spread, reach = [], []
    for _ in range(LOOKS):
        product.stir(report)
        began = time.monotonic()
        time.sleep(0.9)
        heard = sorted((when, desk) for when, desk, what in desks.heard() if what == "heard" and when >= began - 0.001)
        reached = [
            next(times)[0] for _, times in groupby(sorted(heard, key=lambda one: one[1]), key=lambda one: one[1])
        ]
        if len(reached) != OPEN:
            raise BenchError(f"{len(reached)} of {OPEN} desks heard of a change")
        spread += [when - min(reached) for when in reached]
        reach += [when - began for when in reached]
    return spread, reach
