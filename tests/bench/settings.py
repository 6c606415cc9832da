"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Counts and seconds of one run.

    `pairs`: interleaved pairs behind each ratio. `seconds`: length of a saturated slice. `connections`: of the closed
    loop, dealt evenly over the workers. `reporters` text six times each within `window` seconds (S6). `backlog`:
    reports that pile up (S10). `slow_us`: added to each sync (S9). `server`, `workers`, `threads`: of the floors, as
    of the product.
    """

    pairs: int = 5
    seconds: float = 1.5
    connections: int = 8
    reporters: int = 400
    window: float = 12.0
    backlog: int = 1000
    slow_us: int = 2000
    server: str = "gunicorn"
    workers: int = 2
    threads: int = 4
