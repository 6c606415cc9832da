"""Works the rules out ahead, so that loading them takes no time: run it after a change to a rule file.

    python -m conversations.reading.compile

Writes `data/compiled.json`: a line with the fingerprint of the rule files, and a line with its `Tables`.
Where the fingerprint does not fit the rule files, these are worked out at loading instead.
"""

from __future__ import annotations

import msgspec

from conversations.reading.files import DATA
from conversations.reading.knowledge import COMPILED, fingerprint, worked_out


def compiled() -> str:
    """The text of the file: the same rule files give the same text."""
    return f"{fingerprint()}\n{msgspec.json.encode(worked_out()).decode()}\n"


def main() -> None:
    """Writes the file."""
    (DATA / COMPILED).write_text(compiled(), encoding="utf-8")


if __name__ == "__main__":
    main()
