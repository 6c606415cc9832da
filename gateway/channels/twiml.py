"""TwiML, the carrier's answer format, written by hand: it is two elements.

Source: https://www.twilio.com/docs/messaging/twiml/message and
XML 1.0, section 2.2 (characters that XML cannot hold at all).
"""

from __future__ import annotations

import re

CONTENT_TYPE = "text/xml; charset=utf-8"
# The carrier drops a longer reply altogether, so its end is the lesser loss.
MAX_CHARACTERS = 1600

_NOTHING = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
_SPECIAL = re.compile('[&<>"\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
# A bare carriage return would come out of an XML parser as a line feed.
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}


def response(text: str | None, news: str = "") -> bytes:
    """One message, or no message for None, as a UTF-8 document. What XML cannot hold becomes U+FFFD.

    Args:
        text: what is said.
        news: where the carrier tells what becomes of it, an absolute URL; nowhere if empty.
    """
    if text is None:
        return _NOTHING
    safe = _SPECIAL.sub(_escape, text[:MAX_CHARACTERS])
    told = f' action="{_SPECIAL.sub(_escape, news)}"' if news else ""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response><Message{told}>{safe}</Message></Response>'.encode()


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0], "\ufffd")
