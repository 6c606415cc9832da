"""CSV (RFC 4180) for spreadsheets: one revision a row, every field quoted, nothing that a spreadsheet would run.

A field that begins, blanks aside, with = + - @ or their full-width forms, or with white space that is no blank, gets an
apostrophe in front:
https://owasp.org/www-community/attacks/CSV_Injection. UTF-8 with a byte order mark, without which Excel spoils Welsh.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from handlers.ports import Delivery
from handlers.sinks.formats import opened, part

SUFFIX: Final = "csv"
SINGLE: Final = False
_FACTS: Final = {
    "place": ("at", "from", "to", "next", "between", "line", "direction"),
    "service": ("time", "headcode", "operator", "coach", "seat", "unit"),
}
_MORE: Final = ("behaviours", "urgency", "role", "suspect_is", "language")
COLUMNS: Final = (
    *("id", "revision", "reference", "organisation", "status", "state", "kind", "started", "last_text", "why_urgent"),
    *(name for names in _FACTS.values() for name in names),
    *_MORE,
    *("contact", "name", "account"),
)
_STARTS: Final = "=+-@\uff1d\uff0b\uff0d\uff20"
_MARK: Final = "\ufeff"


def row(delivery: Delivery) -> bytes:
    """One row, without the heading. Raises Parked."""
    report = opened(delivery)
    values: dict[str, Any] = {
        **{name: report.get(name) for name in ("reference", "organisation", "status", "state", "kind", "why_urgent")},
        **{name: part(report, "times", name) for name in ("started", "last_text")},
        **{name: part(report, "facts", of, name) for of, names in _FACTS.items() for name in names},
        **{name: part(report, "facts", name) for name in _MORE},
        **{name: part(report, "consent", name) for name in ("contact", "name")},
        "id": delivery.report_id,
        "revision": delivery.revision,
        "account": _account(report.get("account")),
    }
    return _line([harmless(_text(values[name])) for name in COLUMNS])


def whole(rows: Sequence[bytes]) -> bytes:
    """A file: the heading, then the rows."""
    return _MARK.encode() + _line(COLUMNS) + b"".join(rows)


def keys(data: bytes) -> set[str]:
    """The reports and revisions in a file."""
    text = data.decode(errors="replace").removeprefix(_MARK)
    return {f"{one[0]}:{one[1]}" for one in csv.reader(io.StringIO(text, newline="")) if len(one) > 1} - {"id:revision"}


def harmless(text: str) -> str:
    """The text as a spreadsheet shows it and does not run it."""
    risky = text.startswith(("\t", "\r", "\n")) or text.lstrip().startswith(tuple(_STARTS))
    return f"'{text}" if risky else text


def _line(values: Sequence[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(values)
    return line.getvalue().encode()


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    return "" if value is None else str(value)


def _account(account: Any) -> str:
    entries = account if isinstance(account, list) else []
    return "\n".join(str(entry.get("text") or "") for entry in entries if isinstance(entry, Mapping))
