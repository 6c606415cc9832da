"""What an operator should mend before passengers see it. A flow with issues does not publish."""

from __future__ import annotations

from itertools import chain

from conversations.flow import Flow
from conversations.lint import edits, graph, ways, wording, words
from conversations.lint.issue import Issue, issue
from conversations.lint.texts import MOST_SEGMENTS, Longest, longest_texts

__all__ = ["MOST_SEGMENTS", "Issue", "Longest", "lint", "longest_texts", "notices"]

_TEXTS = (wording.tone, wording.sizes, wording.placeholders, wording.emergency, wording.gaps)
_WORDS = (words.keywords, words.offers, words.told)
_GRAPH = (graph.reached, graph.dead_ends, graph.time_outs, graph.shorts, graph.questions, graph.danger, words.answers)


def lint(flow: Flow, previous: Flow | None = None) -> list[Issue]:
    """All issues of a flow in the order of its file; none for one that may be published.

    Args:
        flow: the flow as it would be published.
        previous: the version that it would replace; edits that R13 forbids are issues too.
    """
    found = list(chain.from_iterable(check(flow) for check in (*_TEXTS, *_WORDS)))
    broken = list(graph.compiled(flow))
    if not broken:
        found = [ways.shown(flow, each) for each in found]
        found += chain.from_iterable(check(flow) for check in _GRAPH)
        if previous is not None:
            found += edits.edits(flow, previous)
    return sorted(dict.fromkeys([*found, *broken]), key=lambda each: (each.line, each.column, each.message))


def notices(flow: Flow) -> list[Issue]:
    """What does not keep a flow from being published, but should be known: languages that nobody has read yet."""
    at = flow.lines["greeting"].at
    return [
        issue(None, language, "no speaker of this language has read the texts yet (reviewed_by)", at)
        for language in flow.languages
        if language in flow.reviewed_by and not flow.reviewed_by[language]
    ]
