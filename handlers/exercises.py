"""Exercises: synthetic reporters on the live desk, each by a script, marked as what they are, and scored.

A supervisor starts one; the clock sends its texts through the durable turn that a carrier's texts take, over a channel
of its own whose reports are `exercise`: shown, answered and timed like any, forwarded to no sink, told to no contact,
counted nowhere, erased after a week. While real reports wait it rests: no text comes, its line stands last and is
silent. The scripts are the YAML files in `exercise_scripts`.

    title, about     for who chooses it
    language         of its reporter
    claim_within, word_within    seconds that are good
    fitting          the outcomes that fit
    texts            each with `say`; `after` so many seconds since the text before; `once: word`: since staff wrote
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from msgspec import Struct

from handlers import answer_clock, audit, erasure, inbound
from handlers.erasure import ErasureList, NotErased
from handlers.exercise_channel import CHANNEL
from handlers.handling import NotDone
from handlers.ports import Doorbell, InboundText
from handlers.promises import shown
from handlers.records import exercises, samples, shifts
from handlers.records.database import Transaction
from handlers.records.exercises import OVER, PAUSED, RUNNING, STOPPED, ExerciseRow
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn

SCRIPTS: Final = Path(__file__).with_name("exercise_scripts")
MOST_GOING: Final = 3
MOST_LISTED: Final = 30
BUSY: Final = 3  # real reports that wait, or one in danger
CALM: Final = 1
LASTS_SECONDS: Final = 45 * 60  # what is past and unfinished comes after 30 quiet minutes
KEEP_DAYS: Final = 7
KEEP_SCORES_DAYS: Final = 365
_APART_SECONDS: Final = 2 * 86400  # a number's conversation is over by then
_DAY: Final = 86400

log = logging.getLogger("quietline.exercises")


class Said(Struct, frozen=True):
    """One text of a script: what, how many seconds after what came before, whether staff must have written first."""

    say: str
    after: float
    word_first: bool


class Script(Struct, frozen=True):
    """One script."""

    name: str
    title: str
    about: str
    language: str
    claim_within: int
    word_within: int
    fitting: tuple[str, ...]
    texts: tuple[Said, ...]


class Exercise(Struct, frozen=True):
    """One exercise with its score. Seconds are None where it did not come to that; `fits` until an outcome is known."""

    id: str
    title: str
    by: str
    state: str
    started_at: int
    sent: int
    of: int
    report_id: str | None
    reference: str
    claim: int | None
    claim_within: int
    word: int | None
    word_within: int
    outcome: str | None
    fits: bool | None


@cache
def scripts() -> Mapping[str, Script]:
    """The shipped scripts by name. Raises OSError, yaml.YAMLError, KeyError, TypeError where one is unreadable."""
    return {path.stem: _script(path) for path in sorted(SCRIPTS.glob("*.yaml"))}


def start(service: Service, person: SignedIn, organisation: str, script: str) -> str:
    """Starts an exercise; its first text comes with the clock's next round. Returns its id.

    Raises NotDone, StoreError.
    """
    if script not in scripts():
        raise NotDone("script")
    now = milliseconds(service.clock.now())
    exercise_id = secrets.token_hex(16)
    with service.database.write() as tx:
        if _is_busy(tx, organisation):
            raise NotDone("busy")
        if sum(row.organisation == organisation for row in exercises.going(tx)) >= MOST_GOING:
            raise NotDone("many_exercises")
        used = exercises.senders(tx, now - _APART_SECONDS * 1000)
        free = [number for one in range(1000) if (number := f"+447700900{one:03d}") not in used]
        if not free:
            raise NotDone("many_exercises")
        _noted(tx, person, organisation, "exercise", now, script)
        exercises.begin(tx, exercise_id, organisation, script, person.person_id, sender=secrets.choice(free), now=now)
    return exercise_id


def stop(service: Service, person: SignedIn, organisation: str, exercise_id: str) -> None:
    """Ends an exercise and takes its line off the queue; one that is over stays so. Raises StoreError."""
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        for row in exercises.going(tx):
            if row.id == exercise_id and row.organisation == organisation:
                _noted(tx, person, organisation, "exercise_stopped", now, row.script)
                _end(tx, row, STOPPED, now)


def listed(service: Service, person: SignedIn, organisation: str) -> list[Exercise]:
    """An organisation's exercises with their scores, the newest first. Raises StoreError."""
    audit.looked(service, person, organisation, "desk", "exercises", [(None, None)], "oversight")
    with service.database.read() as tx:
        return [_shown(tx, row) for row in exercises.listed(tx, organisation, MOST_LISTED)]


def run_due(service: Service, doorbell: Doorbell) -> int:
    """Goes on with every exercise: sends what is due, rests under load, ends what is over; returns how many texts.

    Run by the clock. Safe to run twice at once: a text counts once by its id. Raises StoreError.
    """
    with service.database.read() as look:
        if not exercises.is_any(look):
            return 0
    with service.database.write() as tx:
        going = [row for row in exercises.going(tx) if _goes_on(service, tx, row)]
    return sum(_send_due(service, doorbell, row) for row in going)


def erase_old(service: Service, listed: ErasureList) -> int:
    """Erases the reports of exercises that are a week old, and scores after a year. Raises StoreError, OSError."""
    now = service.clock.now()
    with service.database.write() as tx:
        old = exercises.old(tx, milliseconds(now - KEEP_DAYS * _DAY), 500)
        exercises.forget(tx, milliseconds(now - KEEP_SCORES_DAYS * _DAY))
    try:
        return erasure.erase(service, listed, old) if old else 0
    except NotErased as error:
        log.warning("%s", error)
        return 0


def _goes_on(service: Service, tx: Transaction, row: ExerciseRow) -> bool:
    """Whether an exercise runs now; pauses, wakes and ends it as things stand."""
    now = milliseconds(service.clock.now())
    line = exercises.line(tx, row.report_id) if row.report_id else None
    script = scripts().get(row.script)
    closed = line is not None and line.closed_at is not None
    if script is None or closed or not -60_000 <= now - row.stepped_at < LASTS_SECONDS * 1000:
        _end(tx, row, OVER if closed else STOPPED, now)
        return False
    if row.state == RUNNING and _is_busy(tx, row.organisation):
        exercises.set_state(tx, row.id, PAUSED, now)
        if row.report_id:
            exercises.calm(tx, row.report_id)
        return False
    if row.state == PAUSED:
        count, danger = exercises.load(tx, row.organisation)
        if danger or count > CALM:
            return False
        exercises.set_state(tx, row.id, RUNNING, now)
        if row.report_id and line is not None:
            exercises.wake(tx, row.report_id, at=now, due=answer_clock.next_due(line.rank, 0, now))
        return False
    return True


def _send_due(service: Service, doorbell: Doorbell, row: ExerciseRow) -> bool:
    script, now = scripts()[row.script], milliseconds(service.clock.now())
    if row.step >= len(script.texts):
        return False
    said = script.texts[row.step]
    since: int | None = row.stepped_at
    if said.word_first:
        with service.database.read() as tx:
            word = exercises.last_word(tx, row.report_id) if row.report_id else None
        since = max(word, row.stepped_at) if word is not None else None
    organisation = service.directory.get(row.organisation)
    if organisation is None or since is None or now < since + said.after * 1000:
        return False
    medium, _, recipient = organisation.addresses[0].partition(":")
    external_id = f"{row.id}-{row.step}"
    text = InboundText(CHANNEL, external_id, medium, row.sender, recipient, said.say)
    inbound.receive(service, doorbell, service.channels[CHANNEL], text)
    with service.database.write() as tx:
        exercises.step(tx, row, now)
        report_id = exercises.report_of(tx, CHANNEL, external_id)
        if report_id is not None:
            exercises.note_report(tx, row.id, report_id)
    return True


def _end(tx: Transaction, row: ExerciseRow, state: str, now: int) -> None:
    """Ends it with its score. What is still on the queue of it goes."""
    line = exercises.line(tx, row.report_id) if row.report_id else None
    answer = shifts.first_answer(tx, row.report_id) if row.report_id else None
    claim = None if answer is None else max(0, answer[0] - answer[1])
    word = None if answer is None or answer[2] is None else max(0, answer[2] - answer[0])
    exercises.end(tx, row.id, state, at=now, claim=claim, word=word, outcome=None if line is None else line.outcome)
    if row.report_id:
        exercises.close(tx, row.report_id, now)


def _is_busy(tx: Transaction, organisation: str) -> bool:
    count, danger = exercises.load(tx, organisation)
    return count >= BUSY or danger > 0


def _shown(tx: Transaction, row: ExerciseRow) -> Exercise:
    script = scripts().get(row.script)
    answer = shifts.first_answer(tx, row.report_id) if row.report_id and row.ended_at is None else None
    claim = row.claim_ms if answer is None else answer[0] - answer[1]
    word = row.word_ms if answer is None or answer[2] is None else answer[2] - answer[0]
    return Exercise(
        id=row.id,
        title=script.title if script else row.script,
        by=shown(tx, row.person_id),
        state=row.state,
        started_at=row.started_at,
        sent=row.step,
        of=len(script.texts) if script else row.step,
        report_id=row.report_id,
        reference=samples.reference(tx, row.report_id) if row.report_id else "",
        claim=None if claim is None else claim // 1000,
        claim_within=script.claim_within if script else 0,
        word=None if word is None else word // 1000,
        word_within=script.word_within if script else 0,
        outcome=row.outcome,
        fits=None if row.outcome is None or script is None else row.outcome in script.fitting,
    )


def _noted(tx: Transaction, person: SignedIn, organisation: str, what: str, now: int, script: str) -> None:
    audit.changed(
        tx, person.person_id, organisation, "desk", audit.ALTERATION, what, None, now=now, why=f"exercise:{script}"
    )


def _script(path: Path) -> Script:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    texts = tuple(
        Said(str(each["say"]), float(each.get("after", 0)), each.get("once") == "word") for each in loaded["texts"]
    )
    return Script(
        name=path.stem,
        title=loaded["title"],
        about=loaded["about"],
        language=loaded["language"],
        claim_within=int(loaded["claim_within"]),
        word_within=int(loaded["word_within"]),
        fitting=tuple(loaded["fitting"]),
        texts=texts,
    )
