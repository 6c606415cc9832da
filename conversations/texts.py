"""What a text weighs and how it is made safe to keep: GSM-7 counting, normalising, softening."""

from __future__ import annotations

import re
import unicodedata

from msgspec import Struct

GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENSION = frozenset("^{}\\[~]|€\f")

GSM7_SINGLE, GSM7_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67

_UNKEEPABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

_SOFTER = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys(
            "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
        ),
        **dict.fromkeys("\u200b\u2060\ufeff\u00ad", ""),
        "\u2026": "...",
    }
)


def normalise(body: str) -> tuple[str, bool]:
    """Makes a received text storable everywhere, once, at the edge.

    Args:
        body: any Python string, lone surrogates included.

    Returns:
        The text in NFC, line ends as `\\n`, with NUL, lone surrogates and C0/C1 controls other than newline and tab
        as U+FFFD; and whether anything had to change. Never raises.
    """
    if body.isascii() and body.isprintable():
        return body, False
    text = body.replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFC", _UNKEEPABLE.sub("\ufffd", text))
    return text, text != body


def soften(text: str) -> str:
    """Turns curly quotes, dashes, the ellipsis, the backtick and odd spaces into plain ones; accents stay."""
    return text if text.isascii() and "`" not in text else text.translate(_SOFTER)


def septets(text: str) -> int | None:
    """Length in GSM-7 septets (3GPP TS 23.038: extension characters count two), None where a character is not in it."""
    extended = 0
    for character in text:
        if character in GSM7_BASIC:
            continue
        if character not in GSM7_EXTENSION:
            return None
        extended += 1
    return len(text) + extended


class Segments(Struct, frozen=True):
    """What a text costs to send.

    `encoding` is `gsm7` or `ucs2`; `units` its length in septets or UTF-16 code units; `count` the segments;
    `costly` the characters that forced UCS-2, each once, in order.
    """

    encoding: str
    units: int
    count: int
    costly: tuple[str, ...] = ()


def segments(text: str) -> Segments:
    """Counts segments as carriers do: 160 septets or 153 each when longer; 70 UTF-16 units or 67 each.

    A two-unit character is never split over two segments, so it may leave one unit of a segment empty.
    """
    units = septets(text)
    if units is not None:
        widths = [2 if character in GSM7_EXTENSION else 1 for character in text]
        return Segments("gsm7", units, _count(widths, units, GSM7_SINGLE, GSM7_PART))
    costly = tuple(dict.fromkeys(c for c in text if c not in GSM7_BASIC and c not in GSM7_EXTENSION))
    widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
    units = sum(widths)
    return Segments("ucs2", units, _count(widths, units, UCS2_SINGLE, UCS2_PART), costly)


def fits_one(text: str) -> bool:
    """Whether a text is sent as one segment."""
    units = septets(text)
    if units is not None:
        return units <= GSM7_SINGLE
    return sum(2 if ord(character) > 0xFFFF else 1 for character in text) <= UCS2_SINGLE


def _count(widths: list[int], units: int, single: int, part: int) -> int:
    if units <= single:
        return 1 if units else 0
    count, room = 1, part
    for width in widths:
        if width > room:
            count, room = count + 1, part
        room -= width
    return count
