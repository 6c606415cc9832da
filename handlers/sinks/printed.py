"""A report as a PDF, for the file and the briefing room. The same bytes for the same report.

The letters are Noto Sans's: Latin with every Welsh one, Greek and Cyrillic. What it lacks (Arabic, pictures) stands as
a white square; the other parts of the message have it as it was.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from tempfile import NamedTemporaryFile
from threading import Lock
from typing import IO, Final

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from handlers.sinks.readable import Field, Section, Words

# The library names letters that a font lacks in its log: those are a reporter's words (R18).
logging.getLogger("fpdf").setLevel(logging.CRITICAL)
logging.getLogger("fontTools").setLevel(logging.CRITICAL)

_FONT: Final = files("fontpkg_noto_sans").joinpath("files", "NotoSans[wdth,wght].ttf")
_UNNEEDED: Final = frozenset({"fvar", "gvar", "avar", "HVAR", "MVAR", "STAT", "GPOS", "GSUB", "GDEF"})
_MISSING: Final = "\u25a1"
_INDENT: Final = 6.0
_ONCE: Final = Lock()


def printed(sections: Sequence[Section], made_at: float) -> bytes:
    """The sections on A4; the first heading is the title. `made_at` is when the revision was made, in Unix seconds."""
    document = _Document(sections[0].heading, made_at)
    for section in sections:
        document.write_section(section)
    return bytes(document.output())


class _Document(FPDF):
    def __init__(self, title: str, made_at: float) -> None:
        super().__init__(format="A4")
        self._title = _printable(title)
        self.set_creation_date(datetime.fromtimestamp(int(made_at), UTC))
        self.set_title(self._title)
        self.set_lang("en-GB")
        self.set_producer("Quietline")
        self.set_margins(20, 18)
        self.set_auto_page_break(True, 20)
        with _ONCE:  # threads that began together would each make one, and the first be gone with the second
            font = _lean_font()
        self.add_font("report", "", font.name)
        self.add_page()

    def footer(self) -> None:
        """Which report, which page."""
        self.set_y(-14)
        self.set_font("report", size=9)
        self.cell(0, 6, f"{self._title}, page {self.page_no()}")

    def write_section(self, section: Section) -> None:
        """A heading and its lines; each of their words is indented."""
        first = self.page_no() == 1 and self.get_y() < 20
        if section.heading:
            self.set_font("report", size=18 if first else 13)
            self._write(section.heading if first else section.heading.capitalize(), 10 if first else 8)
        self.set_font("report", size=11)
        for line in section.lines:
            if isinstance(line, Field):
                self._write(f"{line.label}: {line.value}", 6)
            elif isinstance(line, Words):
                self._write(f"\u201c{line.text}\u201d", 6, _INDENT)
            else:
                self._write(line, 6)
        self.ln(4)

    def _write(self, text: str, height: float, indent: float = 0.0) -> None:
        self.set_x(self.l_margin + indent)
        self.multi_cell(0, height, _printable(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _printable(text: str) -> str:
    """The text in the font's letters, on one line."""
    letters = _letters()
    return "".join(letter if ord(letter) in letters else _MISSING for letter in " ".join(text.split()))


@cache
def _lean_font() -> IO[bytes]:
    """The font without what a report does not need (its other weights, ligatures): a third of the work for each PDF.

    In a file, since the library takes nothing else; it goes with the process.
    """
    file = NamedTemporaryFile(prefix="quietline-", suffix=".ttf")  # noqa: SIM115 - kept open as long as it is needed
    with TTFont(str(_FONT), recalcTimestamp=False) as font:
        for table in _UNNEEDED & {*font.keys()}:
            del font[table]
        font.save(file)
    file.flush()
    return file


@cache
def _letters() -> frozenset[int]:
    with TTFont(str(_FONT), lazy=True) as font:
        return frozenset(number for number in font.getBestCmap() if number > 0x1F and not 0x7F <= number < 0xA0)
