"""A person's own account: passkeys, password, where they are signed in."""

from __future__ import annotations

from flask import Flask, Response, g, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from gateway.desk import guard
from gateway.desk.access import Access
from gateway.desk.pages import page
from handlers import desk, passkeys, people, sign_in
from handlers.ceremonies import TooMany
from handlers.passkeys import PasskeyError
from handlers.people import NEED_PASSKEY, PersonError
from handlers.service import Service
from handlers.sign_in import SignedIn

HERE = "/account"
HOW = {
    "password": "password and code",
    "passkey": "passkey",
    "single-sign-on": "single sign-on",
    "link": "demonstration link",
    "enrol": "enrolment",
}
ABSENT = "Passkeys need the desk's own name: QUIETLINE_DESK_URL is not set."


class Account:
    """The pages of one's own account.

    Args:
        service: the shared parts.
        access: whom passkeys are for.
    """

    def __init__(self, service: Service, access: Access) -> None:
        self._service = service
        self._access = access

    def add_to(self, app: Flask) -> None:
        """Adds the routes."""
        for path, endpoint, view, method in (
            (HERE, "account", self.show, "GET"),
            (f"{HERE}/passkeys/options", "account_passkey_options", self.options, "POST"),
            (f"{HERE}/passkeys", "account_passkey_add", self.add, "POST"),
            (f"{HERE}/passkeys/remove", "account_passkey_remove", self.remove, "POST"),
            (f"{HERE}/password", "account_password", self.password, "POST"),
            (f"{HERE}/others", "account_others", self.end_others, "POST"),
        ):
            app.add_url_rule(path, endpoint, view, methods=[method], provide_automatic_options=False)

    def show(self) -> ResponseReturnValue:
        """The page."""
        return self._page()

    def options(self) -> ResponseReturnValue:
        """What the browser asks an authenticator that shall make a passkey."""
        if self._access.party is None:
            return jsonify(problem=ABSENT), 409
        try:
            options = passkeys.begin_adding(self._service, self._access.party, g.person, self._access.address(request))
        except PasskeyError as error:
            return jsonify(problem=str(error)), 409
        except TooMany:
            return jsonify(problem="Too many were begun. Try again in a few minutes."), 429
        return Response(options, content_type="application/json")

    def add(self) -> ResponseReturnValue:
        """Adds a passkey; who came to enrol signs in with it next."""
        form = request.form
        try:
            if self._access.party is None:
                raise PasskeyError(ABSENT)
            passkeys.add(self._service, self._access.party, g.person, form.get("credential", ""), form.get("label", ""))
        except PasskeyError as error:
            return self._page(str(error))
        if g.person.how == sign_in.ENROL:
            del g.person  # the session is over
            return guard.drop_session(Response(page("enrolled.html")[0]))
        return redirect(HERE, 303)

    def remove(self) -> ResponseReturnValue:
        """Removes a passkey."""
        try:
            passkeys.remove(self._service, g.person, request.form.get("passkey", ""))
        except PasskeyError as error:
            return self._page(str(error))
        return redirect(HERE, 303)

    def password(self) -> ResponseReturnValue:
        """Changes the password."""
        form, person = request.form, g.person
        try:
            people.change_password(self._service, person.name, form.get("old", ""), form.get("new", ""), person.session)
        except PersonError as error:
            return self._page(str(error))
        return redirect(HERE, 303)

    def end_others(self) -> ResponseReturnValue:
        """Ends the person's other sessions."""
        sign_in.end_others(self._service, g.person)
        return redirect(HERE, 303)

    def _page(self, wrong: str | None = None) -> ResponseReturnValue:
        person = g.person
        return page(
            "account.html",
            200 if wrong is None else 409,
            wrong=wrong,
            enrolling=person.how == sign_in.ENROL,
            fresh=sign_in.is_fresh(self._service, person),
            passkeys=passkeys.listed(self._service, person.person_id),
            possible=self._access.party is not None,
            needed=any(role in NEED_PASSKEY for _, role in person.roles),
            sessions=sign_in.open_sessions(self._service, person),
            now=int(self._service.clock.now() * 1000),
            how=HOW,
            **_place(person),
        )


def _place(person: SignedIn) -> dict[str, str]:
    """The desk that somebody goes back to, whose alarm is heard here too; none for who only enrols."""
    for one in () if person.how == sign_in.ENROL else person.organisations:
        if person.has(one, *desk.HANDLERS):
            apart = not person.has(one, *desk.roles_of("desk"))
            return {"organisation": one, "team": "?team=confidential" if apart else ""}
    return {}
