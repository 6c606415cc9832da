"""Several reports of one incident: suggested, joined, taken apart, answered together (R1, R4, R8, R10)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from handlers import alike, handling, joining, labels, people, searching
from handlers import desk as pages
from handlers.desk import NotThere
from handlers.erasure import ErasureList, erase
from handlers.handling import NotDone
from handlers.outbound import send_due
from handlers.records.database import Database, StoreError
from handlers.records.desk_items import MOVED
from handlers.searching import Filter
from handlers.sign_in import SignedIn
from handlers.staff import NotSaid
from tests.fakes import Desk, FakeSink, organisation
from tests.handlers.desk_people import hire, signed_in, two_forces

FIRST = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction. blue jacket, beard"
SECOND = "theres a man with a beard in a blue jacket staring at women, coach 3, 18.05 victoria to brighton"
THIRD = "dyn yn syllu arnaf yn coets 3 ar y 1805 o victoria i brighton"
ELSEWHERE = "a man is following me at leeds station, just now"
ABOUT_STAFF = "a police officer on the 1805 victoria to brighton coach 3 keeps touching me"


@pytest.fixture
def desk(lite: Database) -> Desk:
    made = two_forces(lite, "en", "cy")
    hire(made, "rhian", "dispatcher")
    return made


def _say(desk: Desk, body: str, number: int, **more: str) -> str:
    """A report by that reporter; returns its id."""
    known = {row[0] for row in desk.rows("SELECT report_id FROM desk_items")}
    desk.say(body, sender=f"+4477009001{number:02}", **more)
    (new,) = {row[0] for row in desk.rows("SELECT report_id FROM desk_items")} - known
    return str(new)


def _around(desk: Desk, person: SignedIn, report: str) -> joining.Around:
    return joining.report(desk.service, person, "btp", report)[1]


def _claimed(desk: Desk, *texts: str) -> tuple[SignedIn, list[str]]:
    rhian = signed_in(desk, "rhian")
    reports = [_say(desk, text, number) for number, text in enumerate(texts)]
    handling.claim(desk.service, rhian, "btp", reports[0])
    desk.clock.move(20)
    return rhian, reports


def _texts(desk: Desk) -> list[str]:
    send_due(desk.service)
    return [text.body for text in desk.channel.sent]


def test_what_may_be_one_incident_is_suggested_with_its_reasons(desk: Desk) -> None:
    rhian, reports = _claimed(desk, FIRST, SECOND, THIRD, ELSEWHERE)

    found = {one.item.report_id: one for one in _around(desk, rhian, reports[0]).suggested}

    assert set(found) == set(reports[1:3])
    likeness = found[reports[1]].likeness
    assert likeness is not None
    assert likeness.reasons == ("same train, the 18:05", "same coach, 3", "described alike: beard, blue, jacket")


def test_joined_by_one_click_claimed_with_it_and_undone(desk: Desk) -> None:
    rhian, reports = _claimed(desk, FIRST, SECOND, THIRD)
    joining.join(desk.service, rhian, "btp", reports[0], reports[1:])

    lines = pages.queue(desk.service, rhian, "btp", "desk", pages.Shown()).lines
    assert [line.joined for line in lines] == [3, 3, 3]
    assert {line.holder for line in lines} == {"Rhian"}
    assert not desk.rows("SELECT * FROM desk_items WHERE clock_due_at IS NOT NULL")

    joining.split(desk.service, rhian, "btp", reports[0], reports[1])
    around = _around(desk, rhian, reports[0])
    assert [one.item.report_id for one in around.joined] == [reports[2]]
    assert around.suggested == ()  # a person has said that it is another incident
    joining.join(desk.service, rhian, "btp", reports[0], [reports[1]])
    assert len(_around(desk, rhian, reports[0]).joined) == 2
    for each in reports[1:]:
        joining.split(desk.service, rhian, "btp", reports[0], each)
    assert desk.rows("SELECT * FROM desk_joined") == []


def test_two_incidents_become_one_and_twice_is_once(desk: Desk) -> None:
    rhian, reports = _claimed(desk, FIRST, SECOND, THIRD, ELSEWHERE)
    joining.join(desk.service, rhian, "btp", reports[0], [reports[1]])
    handling.claim(desk.service, rhian, "btp", reports[2])
    joining.join(desk.service, rhian, "btp", reports[2], [reports[3]])
    for _ in range(2):
        joining.join(desk.service, rhian, "btp", reports[0], [reports[3]])

    assert desk.rows("SELECT COUNT(*), COUNT(DISTINCT incident_id) FROM desk_joined") == [(4, 1)]


def test_r10_join_split_and_every_look_stand_in_the_audit(desk: Desk) -> None:
    rhian, reports = _claimed(desk, FIRST, SECOND)
    _around(desk, rhian, reports[0])
    joining.join(desk.service, rhian, "btp", reports[0], [reports[1]])
    joining.split(desk.service, rhian, "btp", reports[0], reports[1])

    rows = desk.rows("SELECT kind, what, report_id FROM audit WHERE what IN ('joined','join','split') ORDER BY id")
    assert rows == [
        ("consultation", "joined", reports[1]),
        ("combination", "join", reports[0]),
        ("combination", "join", reports[1]),
        ("combination", "split", reports[1]),
    ]
    desk.change("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(StoreError):
        joining.join(desk.service, rhian, "btp", reports[0], [reports[1]])
    assert desk.rows("SELECT * FROM desk_joined") == []


def test_r8_never_across_audiences_or_organisations_whoever_asks(desk: Desk) -> None:
    """Somebody of both teams, and of two forces, cannot join what either may not know of the other."""
    hire(desk, "both", "dispatcher", "confidential")
    for role in ("dispatcher", "confidential"):
        people.change_role(desk.service, "both", "other", role)
    both = signed_in(desk, "both")
    mine = _say(desk, FIRST, 1)
    desk.say(ABOUT_STAFF, sender="+447700900171")
    ((secret,),) = desk.rows("SELECT report_id FROM desk_items WHERE audience = 'confidential'")
    foreign = _say(desk, SECOND, 3, recipient="61017")
    handling.claim(desk.service, both, "btp", mine)

    found = {one.item.report_id for one in _around(desk, both, mine).suggested}
    assert not found & {secret, foreign}
    for other in (secret, foreign, "0" * 32):
        with pytest.raises(NotThere):
            joining.join(desk.service, both, "btp", mine, [other])
        with pytest.raises(NotThere):
            joining.split(desk.service, both, "btp", mine, other)
    assert desk.rows("SELECT * FROM desk_joined") == []
    assert desk.rows("SELECT holder FROM desk_items WHERE report_id = '" + str(foreign) + "'") == [(None,)]  # noqa: S608


def test_only_who_has_the_report_joins_others_to_it_and_a_colleagues_stays_theirs(desk: Desk) -> None:
    hire(desk, "tom", "dispatcher")
    rhian, reports = _claimed(desk, FIRST, SECOND)
    tom = signed_in(desk, "tom")
    with pytest.raises(NotDone):
        joining.join(desk.service, tom, "btp", reports[0], [reports[1]])
    handling.claim(desk.service, tom, "btp", reports[1])
    joining.join(desk.service, rhian, "btp", reports[0], [reports[1]])

    told = joining.write_all(
        desk.service, desk.doorbell, rhian, "btp", reports[0], {"en": "Someone is on the way."}, key="a"
    )
    assert sorted(one.why for one in told) == ["", "Tom has it"]
    assert _texts(desk) == ["Someone is on the way."]


def test_one_reply_to_all_keeps_language_consent_and_quiet_mode(desk: Desk) -> None:
    """> four of one carriage: one in Welsh, one who said STOP, one who cannot type."""
    rhian, reports = _claimed(desk, FIRST, THIRD, SECOND, SECOND)
    desk.say("STOP", sender="+447700900102")
    desk.say(".", sender="+447700900103")
    joining.join(desk.service, rhian, "btp", reports[0], reports[1:])
    ahead = {one.item.report_id: one.why for one in _around(desk, rhian, reports[0]).joined}
    assert ahead == {reports[1]: None, reports[2]: "the reporter said STOP", reports[3]: None}

    texts = {"en": "Someone is on the way to you.", "cy": "Mae rhywun ar y ffordd atoch chi."}
    told = joining.write_all(desk.service, desk.doorbell, rhian, "btp", reports[0], texts, key="a")
    assert sorted(one.why for one in told) == [
        "", "", "the reporter cannot type: only a question that 1 or 2 answers may be put", "the reporter said STOP"
    ]  # fmt: skip
    assert sorted(_texts(desk)) == sorted(texts.values())

    asked = {"en": "Is the person still near you? 1 yes 2 no"}
    told = joining.write_all(desk.service, desk.doorbell, rhian, "btp", reports[0], asked, key="b")
    whys = {one.language: one.why for one in told if one.why != "the reporter said STOP"}
    assert whys == {"en": "", "cy": "nothing was written in their language"}
    assert _texts(desk).count(asked["en"]) == 2


def test_a_slot_is_filled_for_each_from_their_own_words_and_twice_is_once(desk: Desk) -> None:
    rhian, reports = _claimed(desk, FIRST, SECOND)
    joining.join(desk.service, rhian, "btp", reports[0], [reports[1]])
    for _ in range(2):
        told = joining.write_all(
            desk.service, desk.doorbell, rhian, "btp", reports[0], {"en": "Someone comes to you ({place})."}, key="a"
        )

    assert sorted(one.why for one in told) == ["", "not known for this one: place"]
    assert _texts(desk) == ["Someone comes to you (Clapham Junction)."]


@pytest.mark.parametrize("text", ["The police are coming to you.", "Stay there. " * 40, "   ", ""])
def test_r1_what_may_not_be_said_goes_to_nobody(desk: Desk, text: str) -> None:
    rhian, reports = _claimed(desk, FIRST, SECOND)
    joining.join(desk.service, rhian, "btp", reports[0], [reports[1]])

    with pytest.raises(NotSaid):
        joining.write_all(desk.service, desk.doorbell, rhian, "btp", reports[0], {"en": text, "cy": ""}, key="a")
    assert _texts(desk) == []


def test_the_cap_holds_for_what_is_joined_too_and_then_nothing_is(desk: Desk) -> None:
    rhian, reports = _claimed(desk, *[FIRST] * (handling.MOST_HELD + 1))
    with pytest.raises(NotDone) as refused:
        joining.join(desk.service, rhian, "btp", reports[0], reports[1:])

    assert refused.value.why == "cap"
    assert desk.rows("SELECT COUNT(*) FROM desk_items WHERE holder IS NOT NULL") == [(1,)]


def test_r22_erasure_takes_joins_labels_and_pairs_with_it(desk: Desk, tmp_path: Path) -> None:
    rhian, reports = _claimed(desk, FIRST, SECOND, THIRD)
    joining.join(desk.service, rhian, "btp", reports[0], [reports[1]])
    joining.split(desk.service, rhian, "btp", reports[0], reports[2])
    labels.add(desk.service, rhian, "btp", reports[0], "footage kept")
    erase(desk.service, ErasureList(tmp_path / "erased"), reports[:1])

    for table in ("desk_joined", "desk_apart", "desk_labels"):
        assert not any(reports[0] in row for row in desk.rows(f"SELECT * FROM {table}"))  # noqa: S608


def _document(**facts: Any) -> dict[str, Any]:
    times = {"started": "2026-12-31T23:30:00Z", "last_text": facts.pop("last", "2026-12-31T23:31:00Z")}
    return {"times": times, "facts": facts, "said": {}}


@pytest.mark.parametrize(
    ("one", "other", "reasons"),
    [
        ({"service": {"headcode": "1A23"}}, {"service": {"headcode": "1A23"}}, ("same headcode, 1A23",)),
        ({"service": {"headcode": "1A23"}}, {"service": {"headcode": "1A24"}}, None),
        ({"service": {"time": "18:05"}}, {"service": {"time": "18:05"}}, None),  # two trains of one minute
        ({"service": {"coach": "C"}}, {"service": {"coach": "C"}}, None),  # a coach of any train
        (
            {"place": {"at": "Leeds", "ids": {"at": "LDS"}}},
            {"place": {"next": "Leeds", "ids": {"next": "LDS"}}},
            ("same place within 1 min, Leeds",),
        ),
        (
            {"service": {"time": "18:05", "coach": "3"}, "place": {"ids": {"to": "BTN"}}},
            {"service": {"time": "18:05", "coach": "4"}, "place": {"ids": {"to": "BTN"}}},
            ("same train, the 18:05",),
        ),
        (
            {"service": {"time": "18:05", "time_kind": "event"}, "place": {"ids": {"to": "BTN"}}},
            {"service": {"time": "18:05"}, "place": {"ids": {"to": "BTN"}}},
            None,
        ),
        ({}, {}, None),
    ],
)
def test_what_makes_two_reports_alike(one: Any, other: Any, reasons: tuple[str, ...] | None) -> None:
    found = alike.likeness(alike.sight(_document(**one)), alike.sight(_document(**other)))
    assert (found.reasons if found else None) == reasons


def test_the_same_place_hours_apart_is_no_likeness() -> None:
    place = {"place": {"at": "Leeds", "ids": {"at": "LDS"}}}
    late = _document(**place) | {"times": {"started": "2027-01-01T01:00:00Z", "last_text": "2027-01-01T01:00:00Z"}}
    assert alike.likeness(alike.sight(_document(**place)), alike.sight(late)) is None


def test_the_same_on_both_kinds_of_database(database: Database, tmp_path: Path) -> None:
    """Join, label, search, view, split and erase, statement by statement."""
    force = organisation(flow="railway", languages=("en", "cy"))
    desk = Desk.build(database, sinks=[FakeSink()], organisations=(force,))
    hire(desk, "rhian", "dispatcher")
    rhian, reports = _claimed(desk, FIRST, SECOND, THIRD)
    joining.join(desk.service, rhian, "btp", reports[0], [reports[1], reports[2]])
    joining.split(desk.service, rhian, "btp", reports[0], reports[2])
    joining.join(desk.service, rhian, "btp", reports[0], [reports[1]])
    for _ in range(2):
        labels.add(desk.service, rhian, "btp", reports[0], "footage kept")
    searching.save(desk.service, rhian, "btp", "Footage", Filter(label="footage"))
    (view,) = searching.views(desk.service, rhian, "btp")

    found, _ = searching.search(desk.service, rhian, "btp", "desk", view.filter)
    assert [one.item.report_id for one in found] == [reports[0]]
    assert [one.item.report_id for one in _around(desk, rhian, reports[0]).joined] == [reports[1]]
    lines = pages.queue(desk.service, rhian, "btp", "desk", pages.Shown()).lines
    assert sorted(line.joined for line in lines) == [0, 2, 2]
    labels.drop(desk.service, rhian, "btp", reports[0], found[0].labels[0].token)
    searching.drop(desk.service, rhian, "btp", view.token)
    erase(desk.service, ErasureList(tmp_path / "erased"), reports[:1])
    assert desk.rows("SELECT COUNT(*) FROM desk_labels") == desk.rows("SELECT COUNT(*) FROM desk_views") == [(0,)]


def test_r9_of_what_went_to_the_confidential_team_only_the_card_stays_joined(desk: Desk) -> None:
    """> a later text shows that it is about an officer: its labels are gone and no text of the desk reaches them."""
    rhian, reports = _claimed(desk, FIRST, SECOND)
    labels.add(desk.service, rhian, "btp", reports[0], "blue jacket")
    joining.join(desk.service, rhian, "btp", reports[0], [reports[1]])
    desk.say("he is a police officer", sender="+447700900100")

    moved = pages.report(desk.service, rhian, "btp", reports[0])
    assert moved.line.document["account"] == []
    assert labels.of(desk.service, moved.line.item) == []
    told = joining.write_all(
        desk.service, desk.doorbell, rhian, "btp", reports[1], {"en": "Someone is on the way."}, key="a"
    )
    assert sorted(one.why for one in told) == ["", "the conversation is over"]
    assert len(_texts(desk)) == 1


def test_r9_what_is_handled_elsewhere_is_neither_suggested_nor_joined(desk: Desk) -> None:
    rhian, reports = _claimed(desk, FIRST, SECOND)
    desk.change(f"UPDATE desk_items SET rank = {MOVED} WHERE report_id = '{reports[1]}'")  # noqa: S608

    assert _around(desk, rhian, reports[0]).suggested == ()
    with pytest.raises(NotDone) as refused:
        joining.join(desk.service, rhian, "btp", reports[0], [reports[1]])
    assert refused.value.why == "moved"
    assert desk.rows("SELECT * FROM desk_joined") == []


def test_f12_one_that_cannot_be_read_any_more_hides_none_of_the_others_and_stops_no_reply(desk: Desk) -> None:
    rhian, (first, second) = _claimed(desk, FIRST, SECOND)
    joining.join(desk.service, rhian, "btp", first, [second])
    desk.change(f"UPDATE conversations SET flow_hash = 'gone' WHERE report_id = '{second}'")  # noqa: S608
    assert [one.why for one in _around(desk, rhian, first).joined] == ["the conversation cannot be read here"]
    told = joining.write_all(desk.service, desk.doorbell, rhian, "btp", first, {"en": "We are coming."}, key="one")
    assert sorted(one.why for one in told) == ["", "the conversation cannot be read here"]
    assert _texts(desk) == ["We are coming."]
