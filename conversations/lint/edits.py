"""Rule R13: what no edit of a published flow may drop or reroute."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from conversations.conditions import View
from conversations.flow import Flow, Step
from conversations.lint.graph import situations
from conversations.lint.issue import Issue, issue
from conversations.lint.paths import asked_in, walk
from conversations.replies import key_of

EXIT_WORDS = ("stop", "withdraw", "danger")
"""Keywords of which no word may go."""

_FIGURES = re.compile(r"[0-9]+")


def edits(flow: Flow, previous: Flow) -> Iterator[Issue]:
    """Edits of `previous` that R13 forbids; R1 itself is held by every text."""
    for keyword in EXIT_WORDS:
        yield from _words(flow, previous, keyword)
    yield from _advice(flow, previous)
    yield from _staff_question(flow, previous)


def _words(flow: Flow, previous: Flow, keyword: str) -> Iterator[Issue]:
    words = flow.keywords[keyword]
    for language, said in previous.keywords[keyword].by_language.items():
        now = {key_of(word) for word in words.by_language.get(language, ())}
        for word in said:
            if key_of(word) not in now:
                yield issue(f"keyword {keyword}", language, f"{word!r} may not be dropped (R13)", words.at)


def _advice(flow: Flow, previous: Flow) -> Iterator[Issue]:
    """Every number and every variant of the emergency advice is still there."""
    before, now = previous.lines["danger"], flow.lines["danger"]
    for language, template in before.templates.items():
        kept = now.templates.get(language)
        gone = Counter(_FIGURES.findall(template.source)) - Counter(_FIGURES.findall(kept.source if kept else ""))
        if gone:
            at = kept.at if kept else now.at
            yield issue("danger", language, f"the emergency advice may not lose {', '.join(gone)} (R13)", at)
    for when, _ in before.variants:
        if when not in [other for other, _ in now.variants]:
            yield issue("danger", None, "a variant of the emergency advice may not be dropped (R13)", now.at)


def _staff_question(flow: Flow, previous: Flow) -> Iterator[Issue]:
    """Wherever the question about staff was asked it still is, and still tells the same."""
    for view in situations(previous):
        before = [step for step in asked_in(previous, view) if asks_about_staff(step)]
        if before and not any(asks_about_staff(step) for step in asked_in(flow, _speaking(flow, view))):
            message = "the question about staff is no longer asked here (R13)"
            yield issue(before[0].id, None, message, flow.first.at, walk(previous, view, 99))
            return
    for step in previous.steps:
        now = flow.by_id.get(step.id)
        if asks_about_staff(step) and now is not None and _ways(now) != _ways(step):
            yield issue(step.id, None, "the answers about staff may not tell or lead elsewhere (R13)", now.at)


def asks_about_staff(step: Step) -> bool:
    """Whether a question tells whose conduct it is."""
    return step.slot == "suspect_is" or any("suspect_is" in choice.sets for choice in step.choices)


def _ways(step: Step) -> list[tuple[object, str | None]]:
    return [(dict(choice.sets), choice.to) for choice in step.choices]


def _speaking(flow: Flow, view: View) -> View:
    if view.language not in flow.languages:
        view.language = flow.languages[0]
    return view
