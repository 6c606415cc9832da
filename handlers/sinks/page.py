"""A report as an HTML page for a mail reader: headings, lists, quotations, no style from anywhere and no pictures.

Nothing is fetched when it is opened. Contrast and order suit WCAG 2.2 AA; a screen reader meets the danger first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from handlers.sinks.readable import Field, Line, Section, Words

_BODY = "font-family:Arial,sans-serif;font-size:16px;line-height:1.5;color:#1a1a1a;background:#ffffff;max-width:45em"
_URGENT = "border-left:6px solid #a30000;padding-left:12px"
_QUOTE = "margin:0 0 0 12px;padding-left:12px;border-left:3px solid #595959;white-space:pre-wrap"


def page(sections: Sequence[Section]) -> str:
    """The sections as one HTML document in UTF-8; its title is the first heading."""
    title = escape(sections[0].heading)
    body = "".join(_section(number, section) for number, section in enumerate(sections))
    return (
        f'<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n</head>\n'
        f'<body style="{_BODY}">\n<main>\n{body}</main>\n</body>\n</html>\n'
    )


def _section(number: int, section: Section) -> str:
    level = "h1" if number == 0 else "h2"
    heading = section.heading if number == 0 else section.heading.capitalize()
    style = f' style="{_URGENT}"' if section.urgent else ""
    parts = "".join(_group(kind, list(lines)) for kind, lines in groupby(section.lines, type))
    head = f"<{level}>{escape(heading)}</{level}>\n" if heading else ""
    return f"<section{style}>\n{head}{parts}</section>\n"


def _group(kind: type, lines: Sequence[Line]) -> str:
    if kind is Field:
        return f"<dl>\n{''.join(_fields(lines))}</dl>\n"
    if kind is Words:
        words = "\n".join(escape(line.text) for line in lines if isinstance(line, Words))
        return f'<blockquote style="{_QUOTE}">{words}</blockquote>\n'
    return "".join(f"<p>{escape(str(line))}</p>\n" for line in lines)


def _fields(lines: Sequence[Line]) -> Iterator[str]:
    for line in lines:
        if isinstance(line, Field):
            yield f"<dt><strong>{escape(line.label)}</strong></dt><dd>{escape(line.value)}</dd>\n"
