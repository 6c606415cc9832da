"""A carrier that does not accept our key is noticed by its answers, until it takes a text again."""

from __future__ import annotations

import pytest

from gateway.alarms.carriers import WatchedChannel
from gateway.metrics.meter import MeasuredSend
from handlers.ports import OutboundText, SendAction, SendError
from tests.fakes import FakeChannel

TEXT = OutboundText("token", "sms", "61016", "+447700900001", "x" * 161)


def test_our_credentials_are_refused_until_a_text_goes_through() -> None:
    sends: list[MeasuredSend] = []
    carrier = FakeChannel(refusals=[SendError(SendAction.STOP_SENDING, "20003"), SendError(SendAction.RETRY, "20429")])
    watched = WatchedChannel(carrier, sends.append)

    for _ in range(2):
        with pytest.raises(SendError):
            watched.send(TEXT)
        assert watched.refused == "20003", "busy says nothing about the key"
    watched.send(TEXT)

    assert watched.refused is None
    assert sends == [MeasuredSend("twilio", "token", 2)]
