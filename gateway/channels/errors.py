"""What a carrier's refusals mean: the one place that decides what happens to a text it did not take.

Source: https://www.twilio.com/docs/api/errors
"""

from __future__ import annotations

from msgspec import Struct

from handlers.ports import SendAction

NO_CONNECTION = "no connection"
TIMEOUT = "timeout"
NO_ANSWER = "no answer"
NO_KEY = "no api key"


class CarrierError(Struct, frozen=True):
    """One refusal: what to do, whether it alarms, what a person reads."""

    action: SendAction
    alarm: bool
    meaning: str


_OUR_FAULT = CarrierError(
    SendAction.UNKNOWN, True, "The carrier could not use our answer. Compare its list of messages with ours."
)
_LINT = CarrierError(SendAction.DROP, True, "The carrier cannot send a text of this form. Correct its wording.")
_CREDENTIALS = CarrierError(
    SendAction.STOP_SENDING, True, "The carrier does not accept our key or our account. Check the settings."
)
_BUSY = CarrierError(SendAction.RETRY, False, "The carrier is busy. It is tried again, a little later each time.")
_UNREACHABLE = CarrierError(SendAction.STOP_ADDRESS, False, "This address cannot be reached by text.")
_OPTED_OUT = CarrierError(SendAction.OPTED_OUT, False, "They told the carrier to stop. Nothing more is sent.")
_PHONE_AWAY = CarrierError(SendAction.RETRY_ONCE, False, "The phone was off or out of reach.")
_FILTERED = CarrierError(
    SendAction.DROP, False, "The text was blocked or filtered on its way. Review the wording, do not send it again."
)
_FLOOD = CarrierError(SendAction.FLOOD, False, "Too many replies to one number. Replies to it pause for a minute.")
_WINDOW = CarrierError(SendAction.DROP, False, "More than 24 hours after their last text this medium takes none.")
_LOST_TOUCH = CarrierError(
    SendAction.UNKNOWN, False, "No clear answer came. The carrier's list is asked before another try."
)
_NEVER_LEFT = CarrierError(SendAction.RETRY, False, "The carrier could not be reached. It is tried again.")
_REFUSED = CarrierError(SendAction.DROP, True, "The carrier refused the text. Look its code up in its list of errors.")

_TABLE = {
    **dict.fromkeys(("11200", "11205", "12100", "12300"), _OUR_FAULT),
    **dict.fromkeys(("14103", "21617", "21658"), _LINT),
    **dict.fromkeys(("20429", "30001", "30017", "63018"), _BUSY),
    **dict.fromkeys(("21211", "21614", "21408", "30005", "30006"), _UNREACHABLE),
    **dict.fromkeys(("30003", "30008", "30410", "30500"), _PHONE_AWAY),
    **dict.fromkeys(("30004", "30007"), _FILTERED),
    "14107": _FLOOD,
    "20003": _CREDENTIALS,
    "21610": _OPTED_OUT,
    "63016": _WINDOW,
    NO_KEY: _CREDENTIALS,
    NO_CONNECTION: _NEVER_LEFT,
    TIMEOUT: _LOST_TOUCH,
    NO_ANSWER: _LOST_TOUCH,
}


def lookup(cause: str, status: int | None = None) -> CarrierError:
    """What a refusal means.

    Args:
        cause: the carrier's code as digits (from the REST answer or a status callback), one of this module's causes,
            or `http 503`.
        status: the HTTP status that came with the code, which decides where the code is not in the table.
    """
    known = _TABLE.get(cause)
    if known is not None:
        return known
    if status is None and cause.startswith("http ") and cause[5:].isdigit():
        status = int(cause[5:])
    return _REFUSED if status is None else _by_status(status)


def _by_status(status: int) -> CarrierError:
    if status == 429:
        return _BUSY
    # Accepted or not, nobody can say: to try again blindly may send the text twice.
    if status >= 500 or status < 300 or status == 408:
        return _LOST_TOUCH
    # A redirect is never followed: the key would go along.
    if status < 400 or status in (401, 403, 404, 405, 410):
        return _CREDENTIALS
    return _REFUSED
