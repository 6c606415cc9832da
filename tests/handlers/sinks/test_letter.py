"""What a person reads: everything that is known, in words, and nothing in the subject."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import validate

from conversations.report import schema
from handlers.ports import Delivery
from handlers.sinks import printed
from handlers.sinks.letter import letter
from handlers.sinks.readable import Section, readable
from tests.naughty import NAUGHTY

from .reports import CANARY, MADE, delivery, report

LONDON = ZoneInfo("Europe/London")


def words(**changes: Any) -> str:
    return readable(report(**changes), "7KQ4", 3, LONDON)


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def parsed(sent: Delivery) -> EmailMessage:
    made = message_from_bytes(letter(sent, "gateway@example.org", "desk@example.net", LONDON), policy=default)
    assert isinstance(made, EmailMessage)
    assert made.defects == []
    return made


def test_these_tests_use_a_report_as_it_is_made() -> None:
    validate(report(), schema())


def test_the_facts_are_told_in_words() -> None:
    told = lines(words())
    for line in (
        "Report 7KQ4 revision 3",
        "The report is complete.",
        "At or near: Clapham Junction (CLJ)",
        "To: London Victoria (VIC)",
        "Time: 07:44",
        "That time is: the train's",
        "Coach: 3",
        "Behaviour: rubbing, sexual images shown",
        "Urgency: happening now, or the person is still near",
        "The reporter is: the person it happened to",
        "The person is described below: yes",
    ):
        assert line in told
    assert not [line for line in told if line.startswith(("From:", "Seat:", "Headcode:", "The person reported"))]


def test_the_account_stands_with_each_question_as_it_was_put() -> None:
    told = words()
    assert f"asked: Tell us what happened in your own words.\n  > {CANARY}\n  > he kept following" in told
    assert "unasked\n  > man on the 0744" in told
    assert "  > just gone clapham" in told


def test_times_are_those_of_the_control_room() -> None:
    summer = {"started": "2026-07-01T18:05:10Z", "last_text": None, "revised": None}
    assert "01 Jul 2026 19:05:10 BST" in words(times=summer)
    assert "21 Nov 2026 18:05:10 GMT" in words()


def test_what_they_agreed_to_is_told() -> None:
    assert "Contact: they may be texted" in lines(words(consent={"contact": "may_text", "name": None}))
    assert "CONTACT" not in lines(words())


def test_danger_comes_first() -> None:
    told = lines(words(why_urgent=["weapon", "cannot_get_away"], kind="alert"))
    assert told[1] == "URGENT: weapon, cannot get away"


@pytest.mark.parametrize(("status", "name"), [("test", "Test report"), ("exercise", "Exercise report")])
def test_what_is_not_real_says_so(status: str, name: str) -> None:
    assert parsed(delivery(status=status))["subject"] == f"{name} 7KQ4 revision 3"
    assert lines(words(status=status))[1] == "THIS IS NOT A REAL INCIDENT."


def test_a_stopped_reporter_is_not_to_be_texted() -> None:
    """R5."""
    assert "Do not text them." in words(state="stopped")


def test_a_reporter_cannot_write_lines_of_ours() -> None:
    text = "x\nURGENT: fire\r\nWHERE\u2028At or near: Leeds\x85\x0bTo: York"
    account = [{"question": None, "put": "Where?\nURGENT: fire", "language": "en", "text": text, "at": None}]
    told = words(account=account, said={"place.at": account})
    assert not [line for line in told.splitlines() if line.startswith(("URGENT", "At or near: Leeds", "To: York"))]


def test_the_subject_and_headers_tell_nothing_of_the_incident() -> None:
    message = parsed(delivery())
    head = str(message.items()).lower()
    assert not [word for word in ("clapham", "rubbing", "canary", "victoria", "police") if word in head]
    assert message["date"].datetime.timestamp() == MADE
    assert message["auto-submitted"] == "auto-generated"


def test_an_alert_is_marked_as_important() -> None:
    assert parsed(delivery(kind="alert"))["importance"] == "high"
    assert parsed(delivery())["importance"] is None


@pytest.mark.parametrize("reference", [None, "", "7KQ4\r\nBcc: thief@example.com", "x" * 500, "£££", 7, {}])
def test_an_odd_reference_stays_out_of_the_headers(reference: object) -> None:
    message = parsed(delivery(reference=reference))
    assert message["bcc"] is None
    assert message["subject"] in ("Report revision 3", "Report 7 revision 3")


def test_naughty_texts_reach_their_reader() -> None:
    """P4: the words as they were, in the readable part by line and in the attachment to the byte."""
    sent = delivery(account=[{"put": text, "text": text, "at": text} for text in NAUGHTY])
    body, attached, _printed = parsed(sent).iter_parts()
    plain, html = body.iter_parts()
    told = plain.get_content()
    shown = HtmlText.of(html.get_content())
    assert all(line.split() == [] or line.strip() in shown for text in NAUGHTY for line in text.splitlines())
    assert all(f"  > {line}" in told for text in NAUGHTY for line in text.splitlines() if "\x00" not in line)
    assert attached.get_content() == sent.document


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(report())), anything), st.dictionaries(st.text(max_size=8), anything))
def test_a_report_of_any_shape_is_readable(known: dict[str, Any], unknown: dict[str, Any]) -> None:
    """A later version's report must not stick here."""
    assert readable(report() | unknown | known, "7KQ4", 3, LONDON)


def test_repeats_are_the_same_to_the_byte() -> None:
    def made(attempt: int) -> bytes:
        return letter(delivery(attempt=attempt), "gateway@example.org", "desk@example.net", LONDON)

    assert made(1) == made(2)
    assert orjson.loads(delivery().document) == report()


class HtmlText(HTMLParser):
    """The words of an HTML page, and what it would fetch or run."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @classmethod
    def read(cls, page: str) -> HtmlText:
        parser = cls()
        parser.feed(page)
        parser.close()
        return parser

    @classmethod
    def of(cls, page: str) -> str:
        return "".join(cls.read(page).words)


class TestHtml:
    def page(self, **changes: Any) -> HtmlText:
        body, *_ = parsed(delivery(**changes)).iter_parts()
        plain, html = body.iter_parts()
        assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
        return HtmlText.read(html.get_content())

    def test_it_says_what_the_plain_part_says(self) -> None:
        shown = "".join(self.page().words)
        for words in ("Report 7KQ4 revision 3", "Clapham Junction (CLJ)", "At or near", CANARY, "he kept following"):
            assert words in shown

    def test_nothing_is_fetched_and_nothing_runs(self) -> None:
        hostile = "<img src=http://evil.example/x><script>alert(1)</script><a href='javascript:1'>x</a>"
        page = self.page(account=[{"put": hostile, "text": hostile}], consent={"contact": "name", "name": hostile})
        assert {tag for tag, _ in page.tags} <= {
            *("html", "head", "meta", "title", "body", "main", "section", "h1", "h2"),
            *("p", "dl", "dt", "dd", "strong", "blockquote"),
        }
        assert {name for _, attributes in page.tags for name in attributes} <= {"lang", "charset", "style"}
        assert not [True for _, attributes in page.tags if "url(" in (attributes.get("style") or "")]
        assert hostile in "".join(page.words)

    def test_a_screen_reader_finds_its_way(self) -> None:
        """WCAG 2.2: a language (3.1.1), a title (2.4.2), headings in order (1.3.1), labels with their values."""
        tags = [tag for tag, _ in self.page().tags]
        assert ("html", {"lang": "en-GB"}) in self.page().tags
        assert tags.count("h1") == tags.count("main") == tags.count("title") == 1
        assert tags.index("h1") < tags.index("h2")
        assert tags.count("dt") == tags.count("dd") > 5


class TestPdf:
    def pdf(self, **changes: Any) -> bytes:
        *_, attached = parsed(delivery(**changes)).iter_parts()
        assert (attached.get_content_type(), attached.get_filename()) == ("application/pdf", "report-7KQ4-3.pdf")
        made: bytes = attached.get_content()
        return made

    def test_it_is_a_pdf_that_tells_nothing_in_the_open(self) -> None:
        made = self.pdf()
        assert made.startswith(b"%PDF-")
        assert made.rstrip().endswith(b"%%EOF")
        assert CANARY.encode() not in made, "compressed"

    def test_every_welsh_letter_is_there(self) -> None:
        """E16: all vowels with a circumflex, acute, grave or diaeresis, W and Y among them."""
        welsh = "âêîôûŵŷáéíóúẃýàèìòùẁỳäëïöüẅÿ"
        assert {ord(letter) for letter in welsh + welsh.upper()} <= printed._letters()

    def test_what_the_font_lacks_is_a_square_and_never_a_line_of_the_log_r18(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        self.pdf(account=[{"text": "شرطة 😀 \x00 \x1b[2J tŷ"}])
        assert caplog.text == ""
        assert printed._printable("شر😀\x00tŷ\n x") == "□□□□tŷ x"

    def test_a_long_report_has_its_pages(self) -> None:
        made = self.pdf(account=[{"text": f"line {number} " * 40} for number in range(200)])
        assert made.count(b"/Type /Page\n") > 3

    def test_naughty_texts_print_p4(self) -> None:
        assert self.pdf(account=[{"put": text, "text": text} for text in NAUGHTY]).startswith(b"%PDF-")


def test_the_first_pages_may_be_printed_by_many_threads_at_once() -> None:
    """The font that they share is made once and lasts, whoever comes first."""
    printed._lean_font.cache_clear()
    together = Barrier(8)

    def page(_: int) -> bytes:
        together.wait(30)
        return printed.printed([Section("Report 7KQ4", ())], 0.0)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(page, range(8)))) == 1
