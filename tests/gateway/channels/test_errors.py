"""Every code of the carrier that we know leads to one action, an alarm or none, and words for a person."""

from __future__ import annotations

import pytest

from gateway.channels import errors
from handlers.ports import SendAction

TABLE = [
    ("11200 11205 12100 12300", SendAction.UNKNOWN, True),
    ("14107", SendAction.FLOOD, False),
    ("14103 21617 21658", SendAction.DROP, True),
    ("20003", SendAction.STOP_SENDING, True),
    ("20429 30001 30017 63018", SendAction.RETRY, False),
    ("21211 21614 21408 30005 30006", SendAction.STOP_ADDRESS, False),
    ("21610", SendAction.OPTED_OUT, False),
    ("30003 30008 30410 30500", SendAction.RETRY_ONCE, False),
    ("30004 30007 63016", SendAction.DROP, False),
    ("timeout", SendAction.UNKNOWN, False),
]


@pytest.mark.parametrize(
    ("code", "action", "alarm"), [(code, action, alarm) for codes, action, alarm in TABLE for code in codes.split()]
)
def test_a_known_code(code: str, action: SendAction, alarm: bool) -> None:
    found = errors.lookup(code, 400)
    assert (found.action, found.alarm) == (action, alarm)
    assert found.meaning.endswith(".")


@pytest.mark.parametrize(
    ("status", "action", "alarm"),
    [
        (200, SendAction.UNKNOWN, False),
        (302, SendAction.STOP_SENDING, True),
        (400, SendAction.DROP, True),
        (401, SendAction.STOP_SENDING, True),
        (403, SendAction.STOP_SENDING, True),
        (404, SendAction.STOP_SENDING, True),
        (408, SendAction.UNKNOWN, False),
        (422, SendAction.DROP, True),
        (429, SendAction.RETRY, False),
        (500, SendAction.UNKNOWN, False),
        (503, SendAction.UNKNOWN, False),
    ],
)
def test_a_code_nobody_knows_goes_by_the_http_status(status: int, action: SendAction, alarm: bool) -> None:
    for found in (errors.lookup("99999", status), errors.lookup(f"http {status}")):
        assert (found.action, found.alarm) == (action, alarm)


@pytest.mark.parametrize("cause", ["99999", "", "http x"])
def test_a_cause_nobody_knows_is_not_sent_again_and_alarms(cause: str) -> None:
    assert (errors.lookup(cause).action, errors.lookup(cause).alarm) == (SendAction.DROP, True)


def test_a_missing_key_is_a_matter_of_configuration() -> None:
    found = errors.lookup(errors.NO_KEY)
    assert (found.action, found.alarm) == (SendAction.STOP_SENDING, True)
