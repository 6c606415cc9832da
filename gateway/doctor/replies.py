"""The approved replies of staff: what is wrong with the file, and which language nobody has read yet."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.config import Config
from gateway.doctor.advice import Advice, info, must, should


def check(config: Config) -> Iterator[Advice]:
    """What must be put right in the replies, and who should read them before production."""
    from handlers import replies

    for problem in replies.problems():
        yield must(f"Approved reply {problem}. Put it right in handlers/replies.yaml.")
    for language in replies.unread():
        tell = should if config.production else info
        yield tell(
            f"No speaker has read the approved replies in {language} yet. Have one read handlers/replies.yaml and name "
            "them under reviewed_by."
        )
