"""A stand-in for the carrier on 127.0.0.1: it signs as the carrier does and serves the part of its REST API we use."""

from tests.carrier.account import ACCOUNT, OTHER_ACCOUNT, Account
from tests.carrier.forms import FORM_HEADERS, encode, inbound, message_sid, status
from tests.carrier.messages import Message, Messages
from tests.carrier.rest import Carrier
from tests.carrier.script import Drop, Hang, Refuse, Say
from tests.carrier.signing import sign

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
