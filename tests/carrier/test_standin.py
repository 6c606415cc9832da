"""The stand-in for the carrier does what TWILIO says of the carrier: weather, news, keywords, files."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import parse_qsl

import pytest
import urllib3

from gateway.channels.twilio import CONNECTION_OVERRIDES, PublicUrls, TwilioChannel
from gateway.standin.callbacks import Callbacks, Fate
from gateway.standin.delivery import Delivery
from gateway.standin.forms import OUR_NUMBER, REPORTER
from gateway.standin.messages import Attachment
from gateway.standin.network import Text, Weather
from gateway.standin.policy import Policy
from handlers.ports import OutboundText, RawRequest, SendError
from tests.carrier import ACCOUNT, Carrier
from tests.carrier.phones import Phones, words_of
from tests.gateway.served import served
from tests.waiting import until


class Gateway:
    """Takes whatever is signed for it, and notes it."""

    def __init__(self) -> None:
        self.heard: list[dict[str, str]] = []
        self.paths: Counter[str] = Counter()
        self.channel: TwilioChannel

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name[:5] == "HTTP_"}
        headers["content-type"] = environ["CONTENT_TYPE"]
        signed = self.channel.verify(RawRequest("POST", environ["PATH_INFO"], headers, body))
        if signed:
            self.heard.append(dict(parse_qsl(body.decode(), keep_blank_values=True)))
            self.paths[environ["PATH_INFO"]] += 1
        start_response("200 OK" if signed else "403 No", [("Content-Type", "text/xml")])
        return [b"<Response><Message>Heard.</Message></Response>"]


def phones(gateway: Gateway, base: str, carrier: Carrier, weather: Weather, seed: int = 1) -> Phones:
    urls = PublicUrls.under(base)
    gateway.channel = TwilioChannel(ACCOUNT.sid, [ACCOUNT.token], urls)
    delivery = Delivery(ACCOUNT, urls.inbound + CONNECTION_OVERRIDES, media_url=carrier.url)
    return Phones(carrier, delivery, weather, seed)


def crowd(count: int) -> list[Text]:
    return [Text(f"+4477009{number:05d}", OUR_NUMBER, f"text {number}") for number in range(count)]


def test_in_fair_weather_each_text_comes_once_and_in_order() -> None:
    gateway = Gateway()
    with served(gateway) as base, Carrier() as carrier:
        done = phones(gateway, base, carrier, Weather()).text(*crowd(5))
    assert [form["Body"] for form in gateway.heard] == [f"text {number}" for number in range(5)]
    assert [words_of(each) for each in done] == ["Heard."] * 5


def test_f20_what_is_dropped_stands_in_the_carriers_list_alone() -> None:
    gateway = Gateway()
    with served(gateway) as base, Carrier() as carrier:
        bad = phones(gateway, base, carrier, Weather(dropped=0.5))
        bad.text(*crowd(40))
        assert 5 < len(bad.dropped) < 35
        came = {form["MessageSid"] for form in gateway.heard}
        listed = {message.sid for message in carrier.messages.find(OUR_NUMBER)}
        assert listed == came | set(bad.dropped)
        assert came.isdisjoint(bad.dropped)


def test_f1_f2_f3_it_repeats_doubles_and_shuffles_by_its_seed() -> None:
    heard = []
    for _ in range(2):
        gateway = Gateway()
        with served(gateway) as base, Carrier() as carrier:
            weather = Weather(repeated=0.3, doubled=0.3, shuffled=0.3)
            phones(gateway, base, carrier, weather, seed=7).text(*crowd(30))
        heard.append([(form["MessageSid"], form["Body"]) for form in gateway.heard])
    assert heard[0] == heard[1], "the same seed, the same weather"
    sids, bodies = Counter(sid for sid, _ in heard[0]), Counter(body for _, body in heard[0])
    assert set(bodies) == {f"text {number}" for number in range(30)}
    assert max(sids.values()) == 2
    assert len(sids) > 30, "some came under a second id"
    assert [body for _, body in heard[0]] != sorted(bodies, key=lambda body: int(body[5:]))


def test_news_of_a_sent_text_is_signed_and_ends_as_it_is_told() -> None:
    gateway = Gateway()
    with served(gateway) as base, Carrier(fate=Fate(failed=1.0, code="30007")) as carrier:
        urls = PublicUrls.under(base)
        channel = gateway.channel = TwilioChannel(
            ACCOUNT.sid, [ACCOUNT.token], urls, api_key=ACCOUNT.api_key, api_secret=ACCOUNT.api_secret,
            api_base_url=carrier.url,
        )  # fmt: skip
        sid = channel.send(OutboundText("t1", "sms", OUR_NUMBER, REPORTER, "hello"))
        until(lambda: len(gateway.heard) == 3)
        assert [form["MessageStatus"] for form in gateway.heard] == ["queued", "sent", "undelivered"]
        assert gateway.heard[-1]["ErrorCode"] == "30007"
        kept = carrier.messages.get(sid)
        assert kept is not None
        assert kept.document()["error_code"] == 30007


def test_news_is_lost_doubled_and_shuffled() -> None:
    fate = Fate(failed=0.5, dropped=0.2, doubled=0.2, shuffled=0.5)
    told = [tuple(Callbacks(ACCOUNT, fate, seed).news()) for seed in range(60)]
    states = [[state for state, _ in each] for each in told]
    assert any(len(each) < 3 for each in states)
    assert any(len(each) > len(set(each)) for each in states)
    assert any(each.index("delivered") < each.index("sent") for each in states if {"sent", "delivered"} <= set(each))


@pytest.mark.parametrize(("body", "kind"), [("STOP", "STOP"), ("unstop", "START"), ("Info", "HELP"), ("stop it", None)])
def test_on_a_long_code_the_carrier_answers_keywords_itself_and_blocks(body: str, kind: str | None) -> None:
    gateway = Gateway()
    with served(gateway) as base, Carrier() as carrier:
        phones(gateway, base, carrier, Weather()).text(Text(REPORTER, OUR_NUMBER, body))
        assert gateway.heard[0].get("OptOutType") == kind
        channel = TwilioChannel(
            ACCOUNT.sid, [ACCOUNT.token], PublicUrls.under(base), api_key=ACCOUNT.api_key,
            api_secret=ACCOUNT.api_secret, api_base_url=carrier.url,
        )  # fmt: skip
        text = OutboundText("t1", "sms", OUR_NUMBER, REPORTER, "hello")
        if kind == "STOP":
            with pytest.raises(SendError) as refused:
                channel.send(text)
            assert refused.value.cause == "21610"
        else:
            assert channel.send(text)


def test_a_short_code_leaves_keywords_to_us() -> None:
    gateway = Gateway()
    with served(gateway) as base, Carrier() as carrier:
        phones(gateway, base, carrier, Weather()).text(Text(REPORTER, "61016", "STOP"))
        assert "OptOutType" not in gateway.heard[0]
        assert not carrier.messages.is_blocked("61016", REPORTER)


def test_files_are_there_for_who_has_the_key_alone() -> None:
    gateway = Gateway()
    picture = Attachment("ME" + "1" * 32, "image/jpeg", b"\xff\xd8 picture")
    with served(gateway) as base, Carrier() as carrier:
        phones(gateway, base, carrier, Weather()).text(Text(REPORTER, OUR_NUMBER, "look", (picture,)))
        [form] = gateway.heard
        assert (form["NumMedia"], form["MediaContentType0"]) == ("1", "image/jpeg")
        pool = urllib3.PoolManager()
        assert pool.request("GET", form["MediaUrl0"]).status == 401
        key = urllib3.make_headers(basic_auth=f"{ACCOUNT.api_key}:{ACCOUNT.api_secret}")
        assert pool.request("GET", form["MediaUrl0"], headers=key).data == picture.content


def test_the_rules_behind_an_address() -> None:
    assert Policy.of("https://a/b") == Policy(1, frozenset({"ct"}), 5.0, 15.0)
    assert Policy.of("https://a/b" + CONNECTION_OVERRIDES) == Policy(5, frozenset({"ct", "rt", "4xx", "5xx"}), 3.0, 5.0)
