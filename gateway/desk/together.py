"""What staff do beside one report: join and split, answer together, labels, and the check of a text being written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from flask import Flask, g, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from conversations.texts import normalise, segments
from handlers import joining, labels, news, replies, staff
from handlers.handling import NotDone
from handlers.ports import Doorbell
from handlers.service import Service
from handlers.staff import LOCK_SCREEN, MOST_SEGMENTS, NotSaid

TEXT: Final = "text-"  # fields of a reply to all: text-en, text-cy
BEGAN: Final = "began-"  # and how many texts each report of the incident had when the form was made


class Show(Protocol):
    """Shows a report's page, with what was refused or done."""

    def __call__(self, organisation: str, report_id: str, status: int = 200, **more: Any) -> ResponseReturnValue: ...


class Together:
    """These routes.

    Args:
        service, doorbell: the shared parts.
        show: shows a report's page.
    """

    def __init__(self, service: Service, doorbell: Doorbell, show: Show) -> None:
        self._service = service
        self._doorbell = doorbell
        self._show = show

    def add_to(self, app: Flask) -> None:
        """Adds the routes."""
        one = "/<organisation>/reports/<report_id>"
        for path, endpoint, view in (
            (f"{one}/join", "join", self.join),
            (f"{one}/split", "split", self.split),
            (f"{one}/write-all", "write_all", self.write_all),
            (f"{one}/label", "label", self.label),
            (f"{one}/label-off", "label_off", self.label_off),
            ("/<organisation>/check", "check", self.check),
        ):
            app.add_url_rule(path, endpoint, view, methods=["POST"], provide_automatic_options=False)

    def join(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Joins the chosen reports to this one."""
        others = request.form.getlist("with")
        return self._do(
            organisation, report_id, lambda: joining.join(self._service, g.person, organisation, report_id, others)
        )

    def split(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Takes one out again, or says that it is another incident."""
        other = request.form.get("with", "")
        return self._do(
            organisation, report_id, lambda: joining.split(self._service, g.person, organisation, report_id, other)
        )

    def write_all(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Texts every reporter of the incident; the page says what became of each."""
        form = request.form
        texts = {name.removeprefix(TEXT): text for name, text in form.items() if name.startswith(TEXT)}
        began = {
            name.removeprefix(BEGAN): int(seen)
            for name, seen in form.items()
            if name.startswith(BEGAN) and _count(seen)
        }
        try:
            for each in joining.members(self._service, report_id):
                if each in began:
                    news.check(self._service, g.person, organisation, each, began[each])
            told = joining.write_all(
                self._service, self._doorbell, g.person, organisation, report_id, texts,
                key=form.get("key", ""), sure=form.get("sure") == "yes",
            )  # fmt: skip
        except NotSaid as refused:
            return self._show(organisation, report_id, 409, drafts=texts, refused=refused)
        except NotDone as refused:
            return self._show(organisation, report_id, 409, drafts=texts, not_done=refused)
        return self._show(organisation, report_id, told=told)

    def label(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Puts a label on it."""
        given = request.form.get("label", "")
        return self._do(
            organisation, report_id, lambda: labels.add(self._service, g.person, organisation, report_id, given)
        )

    def label_off(self, organisation: str, report_id: str) -> ResponseReturnValue:
        """Takes a label off."""
        token = request.form.get("label", "")
        return self._do(
            organisation, report_id, lambda: labels.drop(self._service, g.person, organisation, report_id, token)
        )

    def check(self, organisation: str) -> ResponseReturnValue:
        """What a text being written weighs, and what R1 says of it; nothing is kept."""
        body, _ = normalise(request.form.get("text", ""))
        plain = replies.without_slots(body)
        found = segments(plain)
        why, named = "", tuple[str, ...]()
        try:
            staff.check_words(plain)
        except NotSaid as refused:
            why, named = refused.why, refused.words
        return jsonify(
            encoding=found.encoding, units=found.units, segments=found.count, most=MOST_SEGMENTS,
            costly=list(found.costly), why=why if body.strip() else "", words=list(named),
            blanks=replies.has_blanks(body), shown=body[:LOCK_SCREEN],
        )  # fmt: skip

    def _do(self, organisation: str, report_id: str, change: Callable[[], None]) -> ResponseReturnValue:
        try:
            change()
        except NotDone as refused:
            return self._show(organisation, report_id, 409, not_done=refused)
        return redirect(f"/{organisation}/reports/{report_id}", 303)


def _count(given: str) -> bool:
    return given.isdecimal() and len(given) < 9
