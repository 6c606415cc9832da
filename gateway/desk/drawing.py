"""Lines of the queue as HTML, each made once for all who see the same.

A line differs by who looks in two ways: one's own says so, and its form carries the session's token. The token is put
in afterwards, in place of a mark that nobody outside this process knows.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

from flask import Flask
from markupsafe import Markup

from handlers.queue_lines import Line
from handlers.sign_in import SignedIn

MOST_KEPT: Final = 512
_SECOND: Final = 1000


class Drawing:
    """Draws lines by `_line.html`.

    Args:
        app: knows the template.
    """

    def __init__(self, app: Flask) -> None:
        self._env = app.jinja_env
        self._mark = secrets.token_hex(32)
        self._drawn: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = threading.Lock()

    def line(self, line: Line, organisation: str, now: int, person: SignedIn) -> Markup:
        """One line as one person sees it.

        Args:
            line: the line.
            organisation: whose it is.
            now: milliseconds since 1970; how long somebody waits is told to the second.
            person: who looks.
        """
        viewer = person.person_id if line.item.holder == person.person_id else ""
        said = (line.reference, line.status, line.state, line.holder, line.joined, bool(line.document))
        what = (organisation, line.item, said, viewer, now // _SECOND)
        with self._lock:
            drawn = self._drawn.get(what)
        if drawn is None:
            drawn = self._env.get_template("_line.html").render(
                line=line, organisation=organisation, now=now, viewer=viewer, csrf=self._mark
            )
            with self._lock:
                self._drawn[what] = drawn
                while len(self._drawn) > MOST_KEPT:
                    self._drawn.popitem(last=False)
        return Markup(drawn.replace(self._mark, person.csrf))  # noqa: S704 - the template has escaped it
