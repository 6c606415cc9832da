"""The stand-in for the carrier (`gateway.standin`), as the tests use it."""

from gateway.standin.account import ACCOUNT, OTHER_ACCOUNT, Account
from gateway.standin.forms import FORM_HEADERS, encode, inbound, message_sid, status
from gateway.standin.messages import Message, Messages
from gateway.standin.rest import Carrier
from gateway.standin.script import Drop, Hang, Refuse, Say
from gateway.standin.signing import sign

__all__ = [
    "ACCOUNT",
    "FORM_HEADERS",
    "OTHER_ACCOUNT",
    "Account",
    "Carrier",
    "Drop",
    "Hang",
    "Message",
    "Messages",
    "Refuse",
    "Say",
    "encode",
    "inbound",
    "message_sid",
    "sign",
    "status",
]
