"""Works the rules out ahead, so that loading them takes no time: run it after a change to a rule file.

    python -m conversations.reading.compile

Writes `data/compiled.json`: a line with the fingerprint of the rule files, and a line with the tables of `Rules`.
Where the fingerprint does not fit the rule files, these are worked out at loading instead.
"""

from __future__ import annotations

import json

from conversations.reading.files import DATA
from conversations.reading.knowledge import COMPILED, fingerprint, worked_out


def compiled() -> str:
    """The text of the file: the same rule files give the same text."""
    tables = json.dumps(worked_out().tables(), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return f"{fingerprint()}\n{tables}\n"


def main() -> None:
    """Writes the file."""
    (DATA / COMPILED).write_text(compiled(), encoding="utf-8")


if __name__ == "__main__":
    main()
