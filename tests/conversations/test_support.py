"""Whom a text offers to talk to: who fits, what is open, what may go out, and never a name (R1, rule 10)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product

import pytest
import yaml

from conversations.data.build_support import SUITS, build, hours_of
from conversations.discretion import exposing
from conversations.flows import shipped as flow
from conversations.hours import ALWAYS, DAYS, HoursError, Week, is_bank_holiday, week_of
from conversations.house import House
from conversations.reading import read
from conversations.support import AUDIENCES, Directory, SupportError, joined, loads, shipped
from conversations.texts import fits_one
from tests.conversations.player import Player, begun

TODAY = date(2026, 11, 21)
SATURDAY, MONDAY = 5, 0
EVENING, NIGHT = 20 * 60, 3 * 60


def directory(**changes: object) -> Directory:
    """One service, checked ten days ago unless told otherwise."""
    entry = {
        "id": "line",
        "name": "A telling name",
        "phone": "0808 500 2222",
        "nations": ["ENG"],
        "languages": ["en"],
        "suits": ["anyone"],
        "hours": "always",
        "verified": ["phone"],
        "checked_on": TODAY - timedelta(days=10),
        "checked_by": "R. Reader",
    } | changes
    return loads(yaml.safe_dump({"services": [entry]}))


def pick(
    found: Directory, nation: str | None = "ENG", language: str = "en", audience: str = "anyone",
    weekday: int = SATURDAY, minute: int = EVENING, *, production: bool = False, by_text: bool = False,
) -> str:  # fmt: skip
    """What a text would say."""
    return joined(found.pick(nation, language, audience, weekday, minute, production, TODAY, by_text=by_text), language)


@pytest.mark.parametrize(
    ("nation", "language", "minute", "said"),
    [
        ("ENG", "en", EVENING, "0808 500 2222 (24 hours) or 08 08 16 89 111 (24 hours)"),
        ("England", "en", NIGHT, "0808 500 2222 (24 hours) or 08 08 16 89 111 (24 hours)"),
        ("WLS", "en", EVENING, "0808 80 10 800 (24 hours) or 0808 500 2222 (24 hours)"),
        ("WLS", "cy", EVENING, "0808 80 10 800 (24 awr) neu 0808 164 0123 (ar agor tan 11yh)"),
        ("WLS", "cy", NIGHT, "0808 80 10 800 (24 awr) neu 0808 500 2222 (24 awr)"),
        (None, "cy", NIGHT, "0808 80 10 800 (24 awr) neu 0808 500 2222 (24 awr)"),
        ("SCT", "en", EVENING, "08088 01 03 02 or 08088 010 818"),
        (None, "en", EVENING, "08088 010 818 or 116 123 (24 hours)"),
    ],
)
def test_nation_language_and_hour_decide(nation: str | None, language: str, minute: int, said: str):
    assert pick(shipped(), nation, language, minute=minute) == said


@pytest.mark.parametrize(
    ("audience", "said"),
    [
        ("under_18", "0800 1111"),
        ("other", "08 08 16 89 111 (24 hours) or 116 123 (24 hours)"),
        ("distress", "116 123 (24 hours) or text SHOUT to 85258 (24 hours)"),
        ("conduct", "0800 555 111 or 0300 020 0096 (Mon-Fri 9am-5pm)"),
    ],
)
def test_the_audience_decides(audience: str, said: str):
    assert pick(shipped(), audience=audience) == said


def test_who_cannot_speak_is_offered_only_texts():
    assert pick(shipped(), "WLS", "cy", by_text=True) == "tecst 07860 077 333 (24 awr) neu tecst SHOUT i 85258 (24 awr)"


def test_no_offer_names_a_service_and_two_stand_beside_a_question():
    """R1; English in one segment beside a short question, at any hour, anywhere, for anyone."""
    nations = ("ENG", "WLS", "SCT", None)
    for nation, language, audience, weekday, hour in product(nations, ("en", "cy"), AUDIENCES, range(7), range(24)):
        said = pick(shipped(), nation, language, audience, weekday, hour * 60)
        assert said
        assert exposing(said) == [], said
        assert fits_one(f"To talk to someone: {said}. If you want to tell us, what happened?"), said
        assert not any(service.name in said for service in shipped().services if not service.name.isdigit())


@pytest.mark.parametrize(
    ("changes", "out"),
    [
        ({}, True),
        ({"checked_on": TODAY - timedelta(days=179)}, True),
        ({"checked_on": TODAY - timedelta(days=180)}, False),
        ({"checked_on": TODAY + timedelta(days=1)}, False),
        ({"checked_on": None}, False),
        ({"checked_by": " "}, False),
        ({"checked_on": None, "checked_by": "", "always": True}, True),
    ],
)
def test_production_lets_out_only_what_a_person_checked_lately(changes: dict[str, object], out: bool):
    found = directory(**changes)

    assert bool(pick(found, production=True)) is out
    assert bool(found.to_check(TODAY)) is not out


def test_a_demonstration_shows_what_a_page_confirmed():
    assert pick(directory(checked_on=None)) == "0808 500 2222 (24 hours)"
    assert pick(directory(checked_on=None, verified=["web"])) == ""


def test_nothing_unchecked_has_been_shipped_for_production_but_for_children():
    """Nobody has rung the services yet; 999, 55 and 0800 1111 go out always."""
    for nation, audience in product(("ENG", "WLS", "SCT", None), AUDIENCES):
        assert pick(shipped(), nation, audience=audience, production=True) == (
            "0800 1111" if audience == "under_18" else ""
        )
    assert {service.phone for service in shipped().services if service.always} == {"999", "999 then 55", "0800 1111"}


def test_what_to_check_says_which_why_and_what():
    checks = {check.id: check for check in shipped().to_check(TODAY)}

    assert set(checks) == {service.id for service in shipped().services if service.suits} - {"childline"}
    assert checks["rape-crisis-scotland"].why == "nobody has checked it"
    assert "the hours (none are stated)" in checks["rape-crisis-scotland"].confirm
    (old,) = directory(checked_on=TODAY - timedelta(days=200)).to_check(TODAY)
    assert (old.number, old.why) == ("0808 500 2222", "checked 200 days ago")


@pytest.mark.parametrize(
    ("weekday", "minute", "is_open", "said"),
    [
        (MONDAY, 17 * 60 + 59, False, "from 6pm"),
        (MONDAY, 18 * 60, True, "open to 2.30am"),
        (1, 2 * 60 + 29, True, "open to 2.30am"),
        (1, 2 * 60 + 30, False, "from 6pm"),
        (2, 60, True, "open to 2.30am"),
        (2, 3 * 60, False, "Mon-Tue 6pm-2.30am"),
        (MONDAY, 60, False, "from 6pm"),
    ],
)
def test_open_now_is_told_truthfully_over_midnight(weekday: int, minute: int, is_open: bool, said: str):
    week = week_of({"mon": ["18:00-02:30"], "tue": ["18:00-02:30"]}, holidays=True)

    assert week.open_at(weekday, minute) is is_open
    assert week.say("en", weekday, minute) == said


def test_sunday_night_reaches_into_monday():
    week = week_of({"sun": ["22:00-01:00"]})

    assert week.open_at(MONDAY, 30) is True
    assert week.say("cy", MONDAY, 30) == "ar agor tan 1yb"


def test_on_a_bank_holiday_nothing_is_claimed_beyond_the_table():
    """Christmas Day 2026 is a Friday; the night before it still belongs to Thursday."""
    office = week_of({day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")})
    late = week_of({"thu": ["20:00-02:00"], "fri": ["20:00-02:00"]})
    christmas = date(2026, 12, 25)

    assert office.open_at(4, 10 * 60, christmas) is None
    assert office.say("en", 4, 10 * 60, christmas) == "Mon-Fri 9am-5pm"
    assert office.say("en", 4, 10 * 60, date(2026, 12, 18)) == "open to 5pm"
    assert late.open_at(4, 60, christmas) is True
    assert late.open_at(4, 21 * 60, christmas) is None
    assert ALWAYS.open_at(4, 0, christmas) is True


@pytest.mark.parametrize(
    ("day", "nation", "holiday"),
    [
        (date(2026, 4, 3), "ENG", True),
        (date(2026, 4, 6), "ENG", True),
        (date(2026, 4, 6), "SCT", False),
        (date(2026, 8, 31), "WLS", True),
        (date(2026, 8, 3), "SCT", True),
        (date(2026, 12, 28), "ENG", True),
        (date(2027, 12, 27), "ENG", True),
        (date(2027, 12, 28), "ENG", True),
        (date(2022, 1, 3), "SCT", True),
        (date(2022, 1, 4), "SCT", True),
        (date(2026, 11, 30), "SCT", True),
        (date(2026, 11, 30), "ENG", False),
        (date(2026, 11, 30), None, True),
        (TODAY, None, False),
    ],
)
def test_bank_holidays(day: date, nation: str | None, holiday: bool):
    assert is_bank_holiday(day, nation) is holiday


def test_unknown_hours_are_not_stated_and_closed_services_come_last():
    entry = {"name": "", "nations": ["ENG"], "languages": ["en"], "suits": ["anyone"], "verified": ["phone"]}
    closed = entry | {"id": "closed", "phone": "01632 960001", "hours": {"mon": ["09:00-17:00"]}}
    unknown = entry | {"id": "unknown", "phone": "01632 960002"}
    foreign = entry | {"id": "foreign", "phone": "01632 960003", "languages": ["cy"], "hours": "always"}
    found = loads(yaml.safe_dump({"services": [closed, foreign, unknown]}))

    assert pick(found) == "01632 960002 or 01632 960003 (24 hours)"
    assert [offer.id for offer in found.pick("ENG", "en", "anyone", 5, 0, False, TODAY, most=3)][-1] == "closed"


@pytest.mark.parametrize(
    "hours",
    ["sometimes", {"monday": ["09:00-17:00"]}, {"mon": "09:00-17:00"}, {"mon": ["9-5"]},
     {"mon": ["09:00-09:00"]}, {"mon": ["24:00-25:00"]}, {}],
)  # fmt: skip
def test_hours_that_are_none_are_refused(hours: object):
    with pytest.raises(HoursError):
        week_of(hours)


@pytest.mark.parametrize(
    "source",
    ["", "[]", "services: {}", "services: [1]", "services: [{phone: '1'}]", "services: [{id: a, nations: [FRA]}]", "{",
     "services: [{id: a, nations: [ENG], suits: [nobody]}]", "services: [{id: a, nations: [ENG], checked_on: soon}]",
     "services: [{id: a, nations: [ENG], hours: sometimes}]",
     "services: [{id: a, nations: [ENG]}, {id: a, nations: [ENG]}]"],
)  # fmt: skip
def test_a_directory_that_cannot_be_read_is_refused(source: str):
    with pytest.raises(SupportError):
        loads(source)


@pytest.mark.parametrize(
    ("words", "table"),
    [
        ("24/7 (phone and live chat)", ("always", True)),
        ("24 hours a day, every day of the year; phone and online chat", ("always", True)),
        ("Monday to Friday 09:00 to 17:00", ({day: ["09:00-17:00"] for day in DAYS[:5]}, False)),
        ("every day, evening to midnight (older copies say 18:00 to 24:00)", None),
        ("weekday office hours; do not print them", None),
        ("", None),
    ],
)  # fmt: skip
def test_published_hours_become_a_table_only_where_they_are_certain(words: str, table: object):
    assert hours_of(words) == table


def test_rebuilding_keeps_a_check_only_while_number_and_hours_stay():
    raw = {
        "name": "n", "phone": "0808 500 2222", "text": "85258 (send SHOUT)", "hours": "24/7", "nations": ["ENG"],
        "languages": ["en"], "source": "s", "verified": True, "verified_fields": ["phone", "hours"],
    }  # fmt: skip
    source = yaml.safe_dump({"services": [raw | {"id": name} for name in SUITS]})
    checked = build(source).replace("checked_on: null\n  checked_by: ''", "checked_on: 2026-11-20\n  checked_by: me")

    assert build(source, checked) == checked
    moved = build(source.replace("500 2222", "500 3333"), checked)
    assert "checked_by: me" not in moved
    shout = next(service for service in loads(checked).services if service.id == "shout")
    assert (shout.sms, shout.word, shout.hours) == ("85258", "SHOUT", Week(ALWAYS.days, True))


@pytest.mark.parametrize(
    ("at", "word", "said"),
    [
        ("2026-07-10T21:59:00+00:00", "SUPPORT", "(open to 11pm)"),
        ("2026-07-10T22:01:00+00:00", "SUPPORT", "(7pm-11pm daily)"),
        ("2026-07-10T21:30:00+00:00", "CYMORTH", "(ar agor tan 11yh)"),
        ("2026-11-20T22:30:00+00:00", "SUPPORT", "(open to 11pm)"),
        ("2026-11-20T18:30:00+00:00", "CYMORTH", "(o 7yh)"),
        ("2026-11-20T23:00:00+00:00", "CYMORTH", "(7yh-11yh bob dydd)"),
    ],
)
def test_a_text_tells_the_hours_by_the_clock_of_the_place(at: str, word: str, said: str):
    """Open now is told truthfully in British Summer Time as in winter, in both languages."""
    hours = {day: ["19:00-23:00"] for day in DAYS}
    daily = directory(nations=["ENG", "WLS", "SCT"], languages=["en", "cy"], hours=hours, holidays=True)

    assert said in texted(House(services=daily), at, word)


def test_in_production_unchecked_numbers_stay_here_and_emergency_ones_go_out():
    """Until a person has checked the directory only 999, 55 and 0800 1111 are sent."""
    real = House(services=shipped(), production=True, confidential=frozenset({"police"}))
    noon = "2026-11-21T12:00:00+00:00"

    assert texted(real, noon, "SUPPORT").startswith("Sorry, we have no number to give just now. Under 18: 0800 1111.")
    assert texted(real, noon, "CYMORTH").startswith("Sori, does dim rhif gyda ni i'w roi nawr. Dan 18: 0800 1111.")
    assert "55" in texted(real, noon, "HELP")
    assert "0800 1111" in texted(real, noon, "im 14 and a man keeps touching me")
    told = texted(real, noon, "a police officer at waterloo touched me")
    assert "separate team" in told
    assert "0800" not in told


def texted(house: House, at: str, text: str) -> str:
    """The answer to a first text at a moment."""
    player = Player(flow("railway"), read, house)
    player.now = datetime.fromisoformat(at).timestamp()
    player.stored = begun(player.flow, player.now).dump()
    [answer] = player.say(text)
    return answer
