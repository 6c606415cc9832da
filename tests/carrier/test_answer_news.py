"""The stand-in tells what became of an answer where its TwiML asks for it, as the carrier does."""

from __future__ import annotations

from typing import Any

from gateway.channels.twilio import PublicUrls, TwilioChannel
from gateway.standin.callbacks import Fate
from gateway.standin.delivery import Delivery
from gateway.standin.forms import OUR_NUMBER, REPORTER
from gateway.standin.network import Text
from handlers.ports import RawRequest, StatusNote
from tests.carrier import ACCOUNT, Carrier
from tests.carrier.phones import Phones, words_of
from tests.gateway.served import served
from tests.waiting import until


class Gateway:
    """Answers texts and notes news, both only where the carrier signed them."""

    def __init__(self) -> None:
        self.channel: TwilioChannel
        self.texts: list[str] = []
        self.notes: list[StatusNote] = []

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name[:5] == "HTTP_"}
        headers["content-type"] = environ["CONTENT_TYPE"]
        path = environ["PATH_INFO"] + ("?" + environ["QUERY_STRING"] if environ.get("QUERY_STRING") else "")
        request = RawRequest("POST", path, headers, body)
        if not self.channel.verify(request):
            start_response("403 No", [("Content-Type", "text/plain")])
            return [b""]
        start_response("200 OK", [("Content-Type", "text/xml")])
        if "/status" in path:
            self.notes.append(self.channel.parse_status(request))
            return [self.channel.reply(None).body]
        text = self.channel.parse(request)
        self.texts.append(text.external_id)
        return [self.channel.reply("Where are you?", text.external_id).body]


def test_an_answer_is_followed_to_the_phone_by_the_id_of_the_text_that_it_answers() -> None:
    gateway = Gateway()
    with served(gateway) as base, Carrier(fate=Fate()) as carrier:
        urls = PublicUrls.under(base)
        gateway.channel = TwilioChannel(ACCOUNT.sid, [ACCOUNT.token], urls)
        (done,) = Phones(carrier, Delivery(ACCOUNT, urls.inbound)).text(Text(REPORTER, OUR_NUMBER, "hello"))
        assert words_of(done) == "Where are you?"
        until(lambda: len(gateway.notes) == 3)
    assert [note.status for note in gateway.notes] == ["queued", "sent", "delivered"]
    assert {note.answers for note in gateway.notes} == set(gateway.texts)
    assert len({note.external_id for note in gateway.notes} - set(gateway.texts)) == 1
