"""What is worth an alarm: read off a status, in words that hold counts, ages and configured names alone.

Source of the limits: fault F8 (2 minutes for danger, 15 for the rest).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from handlers.service import Directory
from handlers.status import CONFIDENTIAL, DESK, SinkStatus, Status

DANGER_SECONDS = 120
WAITING_SECONDS = 900
UNTOUCHED_SECONDS = 120
SILENT_SECONDS = 120
TURN_SECONDS = 600
UNCHECKED_SECONDS = 3 * 3600
ALERT = f"{CONFIDENTIAL}:alert"


class Condition(Struct, frozen=True):
    """Something that is wrong just now. `id` stays the same while it lasts, its `words` may change."""

    id: str
    audience: str
    words: str


class Surroundings(Struct, frozen=True):
    """What the database does not know.

    `refused` are the carriers that do not accept our credentials, each with its cause; `spooled` counts texts on the
    disk that are not in the database, `spool_fault` is why nobody can tell; `period` is how often the synthetic
    reporter comes in seconds, None: never. `unchecked` are the seconds since a carrier's list was last compared, by its
    channel; `texts` what a refusal of one of our texts means, by channel and cause.
    """

    refused: Mapping[str, str]
    spooled: int = 0
    period: float | None = None
    unchecked: Mapping[str, float] = field(default_factory=dict)
    spool_fault: str = ""
    texts: Mapping[tuple[str, str], str] = field(default_factory=dict)


def found(status: Status, directory: Directory, around: Surroundings) -> list[Condition]:
    """All that is wrong for the status' audience."""
    wrong = [*_of_sinks(status)]
    if status.audience == DESK:
        wrong += [*_of_processes(status), *_of_texts(status, around), *_of_synthetic(status, around)]
        wrong += _of_carriers(around)
    else:
        wrong += _of_nowhere(status, directory)
        wrong += _of_alerts(status)
    wrong += [*_of_desks(status), *_of_routes(status)]
    return wrong


def minutes(seconds: float) -> str:
    """An age in words: `40 s`, `12 min`, `3 h`, `2 days`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172800 else f"{seconds / 86400:.0f} days"


def _of_sinks(status: Status) -> Iterator[Condition]:
    prefix = "" if status.audience == DESK else f"{CONFIDENTIAL}:"
    for sink in status.sinks:
        for name, words in _of_sink(sink):
            yield Condition(f"{prefix}{name}:{sink.sink}", status.audience, words)


def _of_sink(sink: SinkStatus) -> Iterator[tuple[str, str]]:
    if sink.danger_oldest is not None and sink.danger_oldest >= DANGER_SECONDS:
        yield "danger", f"{_reports(sink.danger)} of danger not at {sink.sink} for {minutes(sink.danger_oldest)}."
    if sink.oldest is not None and sink.oldest >= WAITING_SECONDS:
        yield "waiting", f"{_reports(sink.waiting)} not at {sink.sink} for {minutes(sink.oldest)}."
    if sink.paused_cause is not None:
        yield "paused", f"{sink.sink} refuses everything ({sink.paused_cause}); it is tried each minute."
    if sink.untouched is not None and sink.untouched >= UNTOUCHED_SECONDS and sink.paused_cause is None:
        yield "untouched", f"Nobody has tried {sink.sink} for {minutes(sink.untouched)}: is the worker running?"
    if sink.parked:
        yield "parked", f"{_reports(sink.parked)} refused by {sink.sink}, parked for a person: quietline dead list"


def _of_processes(status: Status) -> Iterator[Condition]:
    for process, seconds in status.silent_for.items():
        if seconds is not None and seconds >= SILENT_SECONDS:
            yield Condition(f"silent:{process}", DESK, f"No sign of life from the {process} for {minutes(seconds)}.")


def _of_texts(status: Status, around: Surroundings) -> Iterator[Condition]:
    count, age = status.texts.get("due", (0, 0.0))
    if count and age >= TURN_SECONDS:
        yield Condition("turns", DESK, f"{_texts(count)} not worked through for {minutes(age)}.")
    count, _ = status.texts.get("held", (0, 0.0))
    if count:
        yield Condition("held", DESK, f"{_texts(count)} held for a person: quietline dead list")
    for organisation in status.floods:
        yield Condition(f"flood:{organisation}", DESK, f"One number floods {organisation}; its texts are set aside.")
    if around.spool_fault:
        yield Condition("spool", DESK, f"The spool cannot be read ({around.spool_fault}).")
    elif around.spooled:
        yield Condition("spool", DESK, f"{_texts(around.spooled)} in the spool, not in the database.")


def _of_synthetic(status: Status, around: Surroundings) -> Iterator[Condition]:
    if around.period is None:
        return
    for organisation, age in status.synthetic.items():
        if age >= patience(around.period):
            words = f"The synthetic reporter has not come through to {organisation} for {minutes(age)}."
            yield Condition(f"synthetic:{organisation}", DESK, words)


def patience(period: float) -> float:
    """Seconds without the synthetic reporter that are one absence too many: two periods and the way itself."""
    return 2 * period + 300


def _of_carriers(around: Surroundings) -> Iterator[Condition]:
    for channel, cause in sorted(around.refused.items()):
        yield Condition(f"carrier:{channel}", DESK, f"{channel} does not accept our key or account ({cause}).")
    for (channel, cause), meaning in sorted(around.texts.items()):
        yield Condition(f"text:{channel}:{cause}", DESK, f"{channel} did not take a text of ours ({cause}). {meaning}")
    for channel, seconds in sorted(around.unchecked.items()):
        if seconds >= UNCHECKED_SECONDS:
            words = f"What {channel} took for us was not compared with what we hold for {minutes(seconds)}."
            yield Condition(f"unchecked:{channel}", DESK, words)


def _of_nowhere(status: Status, directory: Directory) -> Iterator[Condition]:
    for organisation, (count, age) in sorted(status.nowhere.items()):
        known = directory.get(organisation)
        if known is None or not known.confidential_sinks:
            words = f"{_reports(count)} held for {minutes(age)}: {organisation} has no confidential sink."
            yield Condition(f"{CONFIDENTIAL}:nowhere:{organisation}", CONFIDENTIAL, words)


def _of_desks(status: Status) -> Iterator[Condition]:
    """The supervisor is told wherever they are, not at the desk alone."""
    prefix = "" if status.audience == DESK else f"{CONFIDENTIAL}:"
    for organisation, (count, age) in sorted(status.unanswered.items()):
        words = f"{_reports(count)} at the desk of {organisation} without an answer, the oldest for {minutes(age)}."
        yield Condition(f"{prefix}unanswered:{organisation}", status.audience, words)


def _of_alerts(status: Status) -> Iterator[Condition]:
    """Danger in confidential reports, each by itself: their on-call is told at once, and of nothing more (R8)."""
    for organisation, report_id in status.alerts:
        words = f"A confidential report to {organisation} shows danger. It is in the confidential list."
        yield Condition(f"{ALERT}:{report_id}", CONFIDENTIAL, words)


def _of_routes(status: Status) -> Iterator[Condition]:
    if status.failing_routes:
        names = ", ".join(f"{route.route} ({route.cause})" for route in status.failing_routes)
        prefix = "" if status.audience == DESK else f"{CONFIDENTIAL}:"
        yield Condition(f"{prefix}routes", status.audience, f"Alarms do not get out by: {names}.")


def _reports(count: int) -> str:
    return f"{count} report{'' if count == 1 else 's'}"


def _texts(count: int) -> str:
    return f"{count} text{'' if count == 1 else 's'}"
