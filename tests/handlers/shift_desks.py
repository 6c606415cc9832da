"""An installation with a desk that people work at: two contacts, a confidential team, the channel of exercises."""

from __future__ import annotations

from typing import Any

from handlers import conditions, status
from handlers.conditions import Surroundings
from handlers.exercise_channel import ExerciseChannel
from handlers.records.database import Database
from handlers.sign_in import SignedIn
from tests.fakes import Desk, FakeSink, organisation
from tests.handlers.desk_people import hire, signed_in

NOW = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"
PAST = "yesterday a man stared at me on the 0815 to leeds, coach 2"
KNIFE = "he has a knife, coach 7, 1805 victoria to brighton"
ABOUT_STAFF = "a police officer on the 1805 victoria to brighton coach 2 keeps touching me"


def built(database: Database) -> Desk:
    """The installation on a store that is ready."""
    force: dict[str, Any] = {"flow": "railway", "acknowledge_within": 3600.0, "contacts": ("duty", "chief")}
    force |= {"confidential": ("police",), "confidential_sinks": ("apart",)}
    sinks = [FakeSink(name) for name in ("room", "duty", "chief", "apart")]
    desk = Desk.build(database, sinks=sinks, organisations=(organisation(sinks=("room",), **force),))
    channel = ExerciseChannel()
    desk.service.channels[channel.name] = channel  # type: ignore[index]
    return desk


def person(desk: Desk, name: str, *roles: str) -> SignedIn:
    """Somebody new, signed in; a dispatcher unless told otherwise."""
    hire(desk, name, *(roles or ("dispatcher",)))
    return signed_in(desk, name)


def reports(desk: Desk) -> list[str]:
    """Every line of the queue, oldest first."""
    return [row[0] for row in desk.rows("SELECT report_id FROM desk_items ORDER BY since, report_id")]


def alarms(desk: Desk, audience: str = "desk") -> list[str]:
    """What an audience is told of desks that nobody answers at."""
    now = status.read(desk.service.database, desk.clock.now(), audience)
    found = conditions.found(now, desk.service.directory, Surroundings({}))
    return [one.words for one in found if "unanswered:" in one.id]
