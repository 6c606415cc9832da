"""New Year's Eve, 23:40: what fourteen people text, three of them from one carriage."""

from __future__ import annotations

from typing import Final

from tests.browser.installation import Force

# (phone, texts): danger, happening now, not said when, over.
THREADS: Final[tuple[tuple[int, tuple[str, ...]], ...]] = (
    (101, ("man rubbing against me coach 3, 2312 victoria to brighton, just left clapham junction",)),
    (102, ("lads blocking the doors and grabbing girls, coach 3 of the 2312 victoria to brighton",)),
    (103, ("someone in coach 3 keeps touching a girl, she is crying, 2312 from victoria to brighton",)),
    (104, ("he has a knife, coach 7, 2305 paddington to reading",)),
    (105, ("yesterday a man stared at me for an hour on the 0815 to leeds, coach 2", "skip", "no")),
    (106, ("a man is following me down the train, 2320 manchester piccadilly to leeds",)),
    (107, ("drunk men shouting abuse at us because of our scarves, coach A, 2330 euston to milton keynes",)),
    (108, ("hello", "at york station, platform 5")),
    (109, ("someone took a photo up my skirt just now, 2318 waterloo to guildford coach 4",)),
    (110, ("last week somebody grabbed me at cardiff central", "skip", "skip")),
    (111, ("man exposing himself, last coach, 2325 liverpool street to chelmsford",)),
    (112, ("can someone come, a man won't leave us alone, coach 5, 2310 leeds to york",)),
    (113, ("he keeps sitting next to me and touching my leg, coach 6, 2301 kings cross to cambridge",)),
    (114, ("mae dyn yn fy nilyn i ar y trên o gaerdydd i abertawe, cerbyd 2",)),
)
ONE_CARRIAGE: Final = (101, 102, 103)


def text_all(force: Force, threads: tuple[tuple[int, tuple[str, ...]], ...] = THREADS) -> None:
    """Everybody texts, one after another."""
    for phone, texts in threads:
        for text in texts:
            force.phone(phone).text(text)
