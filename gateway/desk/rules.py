"""Who may call what at the desk: every route is in this table, or the desk does not start (R7).

    RouteWithoutRule    a route that the table does not name, or a rule for none

A rule names the roles that a person must have at the organisation in the address; `EVERYBODY` is for who is signed in
in any role, `OUTSIDE` for the few pages before that.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from handlers.desk import HANDLERS
from handlers.people import ROLES


class RouteWithoutRule(Exception):
    """The table and the routes do not agree."""


class Rule(Struct, frozen=True):
    """Who may call one route.

    `reports` says that a report's audience is checked as well (R8), `enrolling` that a session which only enrols may
    call it too.
    """

    roles: frozenset[str]
    outside: bool = False
    reports: bool = False
    enrolling: bool = False


OUTSIDE: Final = Rule(frozenset(), outside=True)
EVERYBODY: Final = Rule(frozenset(ROLES))
_ENROLLING: Final = Rule(frozenset(ROLES), enrolling=True)
_HANDLING: Final = Rule(frozenset(HANDLERS), reports=True)
_OVERSIGHT: Final = Rule(frozenset({"supervisor", "confidential"}))  # each team its own board
_EXERCISES: Final = Rule(frozenset({"supervisor"}))
_AUDIT: Final = Rule(frozenset({"auditor"}))

RULES: Final = {
    "healthy": OUTSIDE,
    "static": OUTSIDE,
    "sign_in_page": OUTSIDE,
    "sign_in": OUTSIDE,
    "link_page": OUTSIDE,
    "use_link": OUTSIDE,
    "passkey_options": OUTSIDE,
    "passkey_enter": OUTSIDE,
    "single_sign_on": OUTSIDE,
    "single_sign_on_back": OUTSIDE,
    "enrol_page": OUTSIDE,
    "enrol": OUTSIDE,
    "home": EVERYBODY,
    "waiting_everywhere": EVERYBODY,
    "sign_out": _ENROLLING,
    "account": _ENROLLING,
    "account_passkey_options": _ENROLLING,
    "account_passkey_add": _ENROLLING,
    "account_passkey_remove": EVERYBODY,
    "account_password": EVERYBODY,
    "account_others": EVERYBODY,
    "queue": _HANDLING,
    "lines": _HANDLING,
    "waiting": _HANDLING,
    "report": _HANDLING,
    "aside": _HANDLING,
    "claim": _HANDLING,
    "reopen": _HANDLING,
    "release": _HANDLING,
    "transfer": _HANDLING,
    "note": _HANDLING,
    "incident": _HANDLING,
    "close": _HANDLING,
    "write": _HANDLING,
    "hand_back": _HANDLING,
    "join": _HANDLING,
    "split": _HANDLING,
    "write_all": _HANDLING,
    "label": _HANDLING,
    "label_off": _HANDLING,
    "check": _HANDLING,
    "search_page": _HANDLING,
    "search": _HANDLING,
    "view_save": _HANDLING,
    "view_drop": _HANDLING,
    "presence": _HANDLING,
    "shift": _HANDLING,
    "hand_over": _HANDLING,
    "hand_over_withdraw": _HANDLING,
    "hand_over_accept": _HANDLING,
    "promise": _HANDLING,
    "promise_kept": _HANDLING,
    "board": _OVERSIGHT,
    "review": _OVERSIGHT,
    "exercises": _EXERCISES,
    "exercise_start": _EXERCISES,
    "exercise_stop": _EXERCISES,
    "audit": _AUDIT,
}
EVENTS: Final = _HANDLING  # the live stream, which is served beside the routes


def check(endpoints: Iterable[str]) -> None:
    """Raises RouteWithoutRule unless each endpoint has a rule and each rule an endpoint."""
    found = set(endpoints)
    without, unused = sorted(found - set(RULES)), sorted(set(RULES) - found)
    if without or unused:
        raise RouteWithoutRule(f"routes without a rule: {without}; rules without a route: {unused}")
