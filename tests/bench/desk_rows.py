"""The desk's rows: a text to every open desk, pages over a full store, thousands of open desks (S21)."""

from __future__ import annotations

import http.client
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from itertools import groupby
from pathlib import Path
from uuid import uuid4

from tests.bench import proc
from tests.bench.burst import burst
from tests.bench.crowd import Crowd, Text, numbers
from tests.bench.desk import DeskProduct
from tests.bench.load import OpenLoop, percentile
from tests.bench.posts import Post, request
from tests.bench.processes import BenchError, Process, python, wait_until
from tests.bench.report import Row
from tests.bench.settings import Settings
from tests.bench.sink import SinkServer

DESKS, RATE, SECONDS, TEXTS_EACH = 50, 50, 12, 8
OPEN, LOOKS = 2000, 10
STORED, STILL_OPEN, FETCHES = 100_000, 60, 100
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
    found: dict[str, list[float]] = {}
    with ExitStack() as running:
        product = _product(running, settings, folder)
        still_open = product.fill(STORED, STILL_OPEN)
        (cookie,) = product.sessions(1)
        pages: dict[str, Callable[[int], str]] = {
            "queue": lambda _: "/bench/queue",
            "report": lambda turn: f"/bench/reports/{still_open[turn % len(still_open)]}",
            "waiting": lambda _: "/bench/waiting",
            "search": lambda _: "/bench/search",
            "audit": lambda _: "/bench/audit",
        }
        with closing(http.client.HTTPConnection("127.0.0.1", product.desk_port, timeout=10)) as connection:
            for turn in range(FETCHES):
                for name, path in pages.items():
                    began = time.monotonic()
                    connection.request("GET", path(turn), headers={"Cookie": f"__Host-desk={cookie}"})
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status != 200:
                        raise BenchError(f"{name}: {answer.status}")
                    if turn >= 5:
                        found.setdefault(name, []).append((time.monotonic() - began) * 1e3)
    return [
        Row(
            "desk", f"{STORED:,} reports stored, {STILL_OPEN} open: the page {name}, p99 ms",
            f"p50 {percentile(times, 0.5):.1f} p99 {percentile(times, 0.99):.1f} ms",
            bar=100, value=percentile(times, 0.99), due=True,
        )
        for name, times in found.items()
    ]  # fmt: skip


def many(settings: Settings, folder: Path) -> list[Row]:
    with ExitStack() as running:
        product = _product(running, settings, folder)
        (report, *_) = product.fill(10, 10)
        desk, crowd = product.processes["desk"], Crowd()
        burst(product.target, crowd, 30, 1.5)
        Desks(product, 20, folder, fetch=False).stop()
        before = proc.rss_mib(desk.pid)
        each, spread, reach, ratios, tails = 0.0, [0.0], [0.0], [], []
        for pair in range(settings.pairs):
            alone = burst(product.target, crowd, 100, 12.0).p99
            desks = Desks(product, OPEN, folder, fetch=False)
            if pair == 0:
                each = (proc.rss_mib(desk.pid) - before) * 1024 / OPEN
                spread, reach = _broadcasts(product, desks, report)
            beside = burst(product.target, crowd, 100, 12.0).p99
            desks.stop()
            ratios.append(beside / alone)
            tails.append(f"{beside * 1e3:.1f} / {alone * 1e3:.1f}")
        product.check()
    ratio = statistics.median(ratios)
    return [
        Row("S21", f"{OPEN:,} open desks in one process: KiB each", f"{each:.1f} KiB", bar=25, value=each, due=True),
        Row(
            "S21", f"{OPEN:,} open desks: a change, from the first desk to each, p99 ms",
            f"p99 {percentile(spread, 0.99) * 1e3:.0f} ms; from the commit p50 {percentile(reach, 0.5) * 1e3:.0f} "
            f"p99 {percentile(reach, 0.99) * 1e3:.0f} ms",
            bar=100, value=percentile(spread, 0.99) * 1e3, due=True,
        ),
        Row(
            "S21", f"webhook p99 at 50 texts/s with {OPEN:,} open desks / without", "; ".join(tails) + " ms",
            ratio=ratio, bar=1.2, value=ratio, due=True,
        ),
    ]  # fmt: skip


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
