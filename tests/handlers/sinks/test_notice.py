"""The word to somebody on call: that a report waits, and nothing of it. Received by a real HTTP server."""

from __future__ import annotations

import pytest

from handlers.ports import Retryable, SinkPaused
from handlers.sinks.notice import build, words

from .reports import CANARY, delivery
from .servers import ScriptedSink

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def test_it_says_which_report_waits_and_nothing_of_it(control_room: ScriptedSink) -> None:
    build("notice-duty", {"url": f"json://127.0.0.1:{control_room.port}/hook"}).deliver(delivery(kind="alert"))
    (request,) = control_room.heard
    said = request.body.decode()
    assert "Urgent: report 7KQ4 has not been acknowledged in time." in said
    assert not [word for word in (CANARY, "Clapham", "r-9d1c4e", "rubbing") if word in said]


@pytest.mark.parametrize("reference", [None, "", "7KQ4\nURGENT", "x" * 40, 7, {}])
def test_an_odd_reference_stays_out(reference: object) -> None:
    assert words(delivery(reference=reference)) == ("Report has not been acknowledged in time. Please look at it.")


def test_a_service_that_is_away_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Retryable, match="notice not taken"):
        build("notice-duty", {"url": "json://127.0.0.1:9/canary-hook"}).deliver(delivery())
    assert "canary" not in caplog.text


def test_an_address_that_is_none_pauses_it() -> None:
    with pytest.raises(SinkPaused):
        build("notice-duty", {"url": "canary"}).deliver(delivery())
