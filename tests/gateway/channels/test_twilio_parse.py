"""What the carrier posts becomes our own records, or a BadRequest that names the field and no value."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import pytest
from msgspec.structs import asdict

from gateway.channels.twilio import PublicUrls, TwilioChannel
from handlers.ports import BadRequest, InboundText, Media, RawRequest
from tests import carrier
from tests.carrier import ACCOUNT

CHANNEL = TwilioChannel(ACCOUNT.sid, [ACCOUNT.token], PublicUrls.under("https://texts.example.org"))
SID = "SM" + "0123456789abcdef" * 2
MEDIA = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME"


def changed(form: list[tuple[str, str]], **fields: str) -> bytes:
    """The form with these fields instead of its own, as it goes over the wire."""
    return carrier.encode((dict(form) | fields).items())


def parse(body: bytes) -> InboundText:
    return CHANNEL.parse(RawRequest("POST", "/twilio/inbound", carrier.FORM_HEADERS, body))


@dataclass(frozen=True)
class Row:
    """A raw body (without SID and account) and how its text differs from a plain `hello`."""

    says: str
    raw: str
    differs: Mapping[str, Any] = field(default_factory=dict)


FROM_TO = "&From=%2B447700900123&To=%2B447700900001"
WHATSAPP = "&From=whatsapp%3A%2B447700900123&To=whatsapp%3A%2B447700900001"
ROWS = [
    Row("a plain text", FROM_TO + "&Body=hello"),
    Row("an empty text", FROM_TO + "&Body=", {"body": ""}),
    Row("plus and percent", FROM_TO + "&Body=a+b%2Bc%26d%3De%25", {"body": "a b+c&d=e%"}),
    Row("an emoji", FROM_TO + "&Body=%F0%9F%98%A8+help", {"body": "\U0001f628 help"}),
    Row("raw UTF-8 that nobody encoded", FROM_TO + "&Body=caffè", {"body": "caffè"}),
    Row("an accent sent apart is composed", FROM_TO + "&Body=cafe%CC%81", {"body": "café", "altered": True}),
    Row("a NUL", FROM_TO + "&Body=a%00b", {"body": "a\ufffdb", "altered": True}),
    Row("bytes that are no UTF-8", FROM_TO + "&Body=a%FFb", {"body": "a\ufffdb"}),
    Row("lines", FROM_TO + "&Body=a%0D%0Ab%0Ac", {"body": "a\nb\nc", "altered": True}),
    Row("longer than promised", FROM_TO + "&Body=" + "x+" * 3000, {"body": "x " * 3000}),
    Row("a short code", "&From=61016&To=80800&Body=hello", {"sender": "61016", "recipient": "80800"}),
    Row("a name", "&From=My+Bank+%26+Co&To=80800&Body=hello", {"sender": "My Bank & Co", "recipient": "80800"}),
    Row("WhatsApp", WHATSAPP + "&Body=hello", {"medium": "whatsapp"}),
    Row(
        "a WhatsApp user id without a number",
        "&From=WhatsApp%3AGB.1234567890abcdef&To=whatsapp%3A%2B447700900001&Body=hello",
        {"medium": "whatsapp", "sender": "GB.1234567890abcdef"},
    ),
    Row(
        "RCS, with a colon inside the address",
        "&From=rcs%3A%2B447700900123&To=rcs%3Aagent%3Aone&Body=hello",
        {"medium": "rcs", "recipient": "agent:one"},
    ),
    Row(
        "the carrier answered STOP", FROM_TO + "&Body=stop&OptOutType=STOP", {"body": "stop", "carrier_answers": "STOP"}
    ),
    Row("the carrier answered HELP", FROM_TO + "&Body=hello&OptOutType=help", {"carrier_answers": "HELP"}),
    Row("the carrier answered START", FROM_TO + "&Body=hello&OptOutType=START", {"carrier_answers": "START"}),
    Row("the carrier answered nothing", FROM_TO + "&Body=hello&OptOutType="),
    Row("a keyword kind we do not know", FROM_TO + "&Body=hello&OptOutType=PAUSE"),
    Row(
        "two pictures and no words",
        f"{FROM_TO}&Body=&NumMedia=2&MediaUrl0={quote_plus(MEDIA)}0&MediaContentType0=image%2Fjpeg&MediaUrl1={quote_plus(MEDIA)}1",
        {"body": "", "media": (Media(MEDIA + "0", "image/jpeg"), Media(MEDIA + "1", "application/octet-stream"))},
    ),
    Row(
        "a location pin without a body",
        WHATSAPP + "&Latitude=51.4642&Longitude=-0.1703&Address=St+John%27s+Hill&Label=Clapham+Junction",
        {
            "medium": "whatsapp",
            "body": "",
            "extras": {
                "latitude": "51.4642",
                "longitude": "-0.1703",
                "address": "St John's Hill",
                "label": "Clapham Junction",
            },
        },
    ),
    Row(
        "a button",
        WHATSAPP + "&Body=Yes&ButtonText=Yes&ButtonPayload=1%00",
        {"medium": "whatsapp", "body": "Yes", "extras": {"button_text": "Yes", "button_payload": "1\ufffd"}},
    ),
    Row("a field nobody has heard of", FROM_TO + "&Body=hello&Brand%20New=1&Brand%20New=2"),
    Row("an MMS SID", FROM_TO + "&Body=hello&MessageSid=MM" + SID[2:], {"external_id": "MM" + SID[2:]}),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says)
def test_a_raw_body_becomes_a_text(row: Row) -> None:
    own_sid = "" if "MessageSid" in row.raw else f"&MessageSid={SID}"
    expected: dict[str, Any] = {
        "channel": "twilio",
        "external_id": SID,
        "medium": "sms",
        "sender": "+447700900123",
        "recipient": "+447700900001",
        "body": "hello",
        "altered": False,
        "carrier_answers": None,
        "media": (),
        "extras": {},
    }
    assert parse(f"AccountSid={ACCOUNT.sid}{own_sid}{row.raw}".encode()) == InboundText(**{**expected, **row.differs})


def test_a_long_text_sent_as_base64_is_kept_as_received_with_its_words_beside_it() -> None:
    words = "He is in coach 3, two seats behind me, the one with the blue jacket. Café end. \U0001f628\nPlease be quick"
    packed = base64.b64encode(words.encode()).decode()
    text = parse(carrier.encode(carrier.inbound(packed)))
    assert (text.body, text.extras) == (packed, {"decoded_body": words})


@pytest.mark.parametrize(
    "body",
    [
        "QUJD",
        "x" * 80,
        "A" * 80,
        base64.b64encode(bytes(range(256))).decode(),
        base64.b64encode(b"words \x00 and a NUL, long enough to be looked at" * 2).decode(),
        base64.b64encode(b"long enough to be looked at and cut short by somebody").decode()[:-1],
        "https://example.org/" + "a" * 80,
    ],
)
def test_what_only_looks_like_base64_stays_what_it_is(body: str) -> None:
    text = parse(carrier.encode(carrier.inbound(body)))
    assert (text.body, text.extras) == (body, {})


def test_where_somebody_lives_and_what_they_are_called_is_never_kept() -> None:
    uninvited = dict(carrier.inbound())
    text = parse(carrier.encode(carrier.inbound()))
    kept = str(asdict(text))
    for name in ("FromCity", "FromState", "FromZip", "ProfileName", "WaId", "ExternalUserId"):
        assert uninvited[name]
        assert uninvited[name].lower() not in kept.replace("+447700900123", "").lower()


def test_no_record_shows_a_number_or_a_word_in_its_repr_r18() -> None:
    shown = repr(parse(carrier.encode(carrier.inbound("canary words"))))
    assert "canary" not in shown
    assert "7700900" not in shown


MALFORMED = [
    ("MessageSid", ["", "SM", SID + "\n", SID.upper(), "XX" + SID[2:], SID + "0", " " + SID, "SM" + "٣" * 32]),
    ("From", ["", " ", " 447700900123", "+447700900123\n", ":", "sms:", "1:2", "a b:c", "x" * 161, "a\x00b", "\u2028"]),
    ("To", ["", "\t", "+447700900001 ", "whatsapp:", "\x85"]),
    ("MessagingServiceSid", ["MG", "MG" + "7A" * 16, "x"]),
    ("ApiVersion", ["2010-04-01BodyhiFrom", "x"]),
    ("NumMedia", ["-1", "1.0", "²", "٣", "x", "100", "11"]),
    ("OptOutType", ["STOP ", "ST-OP", "x" * 21]),
    ("Latitude", ["north", "1e9", "100000", "51,4", "nan"]),
    ("Longitude", ["west", "--1", "0x10", "inf"]),
]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in MALFORMED for value in values])
def test_a_field_of_the_wrong_shape_is_named_and_not_quoted(name: str, value: str) -> None:
    with pytest.raises(BadRequest, match=f"^{name} ") as refused:
        parse(changed(carrier.inbound(), **{name: value}))
    assert len(value) < 3 or value not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.twilio.com/x",
        "",
        "https://",
        "javascript:alert(1)",
        "https://a b",
        "file:///etc/passwd",
        "https://a\n",
    ],
)
def test_media_elsewhere_than_behind_https_is_refused(url: str) -> None:
    with pytest.raises(BadRequest, match="MediaUrl0 is not an https address"):
        parse(carrier.encode(carrier.inbound(NumMedia="1", MediaUrl0=url)))


@pytest.mark.parametrize("kind", ["jpeg", "image/", "image/jpeg\n", "a/b;\x00", "image/jpég"])
def test_media_of_no_media_type_is_refused(kind: str) -> None:
    with pytest.raises(BadRequest, match="MediaContentType0 is not a media type"):
        parse(carrier.encode(carrier.inbound(NumMedia="1", MediaUrl0=MEDIA, MediaContentType0=kind)))


def test_announced_media_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadRequest, match="MediaUrl1 is missing"):
        parse(carrier.encode(carrier.inbound(NumMedia="2", MediaUrl0=MEDIA)))


@pytest.mark.parametrize("name", ["MessageSid", "From", "To", "Body"])
def test_a_missing_field_is_refused(name: str) -> None:
    with pytest.raises(BadRequest, match=f"^{name} is missing$"):
        parse(carrier.encode(carrier.inbound(without=[name])))


@pytest.mark.parametrize("name", ["MessageSid", "AccountSid", "From", "To", "Body", "NumMedia", "ButtonPayload"])
def test_a_known_field_given_twice_is_refused_even_with_one_value(name: str) -> None:
    form = carrier.inbound(ButtonPayload="1")
    with pytest.raises(BadRequest, match=f"^{name} is given twice$"):
        parse(carrier.encode([*form, (name, dict(form)[name])]))


class TestStatusCallbacks:
    @pytest.mark.parametrize(
        ("fields", "status", "code"),
        [
            ({}, "delivered", None),
            ({"MessageStatus": "undelivered", "ErrorCode": "30003"}, "undelivered", "30003"),
            ({"MessageStatus": "Sent", "ErrorCode": ""}, "sent", None),
            ({"To": "whatsapp:+447700900123"}, "delivered", None),
        ],
    )
    def test_a_callback_becomes_a_note_without_a_number(
        self, fields: dict[str, str], status: str, code: str | None
    ) -> None:
        raw = changed(carrier.status(), **fields)
        note = CHANNEL.parse_status(RawRequest("POST", "/twilio/status", carrier.FORM_HEADERS, raw))
        assert (note.channel, note.external_id, note.status, note.error_code) == (
            "twilio",
            carrier.message_sid(1),
            status,
            code,
        )
        assert "7700900" not in repr(note)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("MessageSid", "SM1"),
            ("MessageStatus", "de livered"),
            ("MessageStatus", ""),
            ("ErrorCode", "x"),
            ("To", "\n"),
        ],
    )
    def test_a_field_of_the_wrong_shape_is_named(self, name: str, value: str) -> None:
        raw = changed(carrier.status(), **{name: value})
        with pytest.raises(BadRequest, match=f"^{name} "):
            CHANNEL.parse_status(RawRequest("POST", "/twilio/status", carrier.FORM_HEADERS, raw))

    def test_a_text_posted_to_the_status_address_is_no_callback(self) -> None:
        raw = carrier.encode(carrier.inbound())
        with pytest.raises(BadRequest, match="MessageStatus is missing"):
            CHANNEL.parse_status(RawRequest("POST", "/twilio/status", carrier.FORM_HEADERS, raw))
