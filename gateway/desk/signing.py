"""Signing in and out: by password and code, by passkey, by single sign-on."""

from __future__ import annotations

import logging
import secrets

from flask import Flask, Response, g, jsonify, make_response, redirect, request
from flask.typing import ResponseReturnValue

from gateway.desk import guard
from gateway.desk.access import Access
from gateway.desk.oidc import BACK, ProviderError
from gateway.desk.pages import page
from handlers import passkeys, shifts, sign_in, single_sign_on
from handlers.ceremonies import TooMany
from handlers.service import Service

WRONG = "That did not work. Check the name, the password and the code; a code works once."
WRONG_PASSKEY = "That did not work. Try again, or ask whoever looks after the accounts."
WRONG_ISSUER = "Single sign-on did not work. Try again; if it still fails, your account here may not be joined to it."
WRONG_LINK = "This link was used, or is over ten minutes old."
BUSY = "Too many people here are signing in at once. Try again in a few minutes."

log = logging.getLogger("quietline.desk")


class Signing:
    """The pages before the desk.

    Args:
        service: the shared parts.
        access: what is offered.
    """

    def __init__(self, service: Service, access: Access) -> None:
        self._service = service
        self._access = access

    def add_to(self, app: Flask) -> None:
        """Adds the routes."""
        for path, endpoint, view, method in (
            (guard.SIGN_IN, "sign_in_page", self.show, "GET"),
            (guard.SIGN_IN, "sign_in", self.enter, "POST"),
            ("/passkeys/options", "passkey_options", self.passkey_options, "POST"),
            ("/passkeys/enter", "passkey_enter", self.passkey_enter, "POST"),
            ("/single-sign-on", "single_sign_on", self.go_to_issuer, "GET"),
            (BACK, "single_sign_on_back", self.back_from_issuer, "GET"),
            ("/enrol/<token>", "enrol_page", self.show_enrol, "GET"),
            ("/enrol/<token>", "enrol", self.enrol, "POST"),
            ("/link/<token>", "link_page", self.show_link, "GET"),
            ("/link/<token>", "use_link", self.use_link, "POST"),
            ("/sign-out", "sign_out", self.leave, "POST"),
        ):
            app.add_url_rule(path, endpoint, view, methods=[method], provide_automatic_options=False)

    def show(self) -> ResponseReturnValue:
        """The form."""
        return self._form()

    def enter(self) -> ResponseReturnValue:
        """Checks what was typed; a form of another site is refused by its origin (there is no session yet)."""
        token = None if guard.is_foreign() else self._typed()
        if token is None:
            return self._form(WRONG, 403)
        return guard.enter(self._service, redirect("/", 303), token)

    def passkey_options(self) -> ResponseReturnValue:
        """What the browser asks an authenticator; binds the answer to this browser."""
        if self._access.party is None or guard.is_foreign():
            return jsonify(problem=WRONG_PASSKEY), 403
        bound = secrets.token_urlsafe(32)
        try:
            options = passkeys.begin_entering(self._service, self._access.party, bound, self._access.address(request))
        except TooMany:
            return jsonify(problem=BUSY), 429
        return guard.keep_step(Response(options, content_type="application/json"), bound)

    def passkey_enter(self) -> ResponseReturnValue:
        """Checks what an authenticator answered."""
        token = None
        if self._access.party is not None and not guard.is_foreign():
            given, bound = request.form.get("credential", ""), request.cookies.get(guard.STEP, "")
            token = passkeys.enter(self._service, self._access.party, given, bound, self._access.address(request))
        if token is None:
            return self._form(WRONG_PASSKEY, 403)
        return guard.drop_step(guard.enter(self._service, redirect("/", 303), token))

    def go_to_issuer(self) -> ResponseReturnValue:
        """Sends the browser to the issuer of single sign-on."""
        if self._access.provider is None or guard.is_foreign():
            return redirect(guard.SIGN_IN, 303)
        bound = secrets.token_urlsafe(32)
        try:
            begun = single_sign_on.begin(self._service, bound, self._access.address(request))
            there = self._access.provider.address(begun)
        except TooMany:
            return self._form(BUSY, 429)
        except ProviderError as error:
            log.error("single sign-on: %s", error)
            return self._form(WRONG_ISSUER, 503)
        return guard.keep_step(redirect(there, 303), bound, crosses=True)

    def back_from_issuer(self) -> ResponseReturnValue:
        """Checks what the browser came back with; only an attempt that it began itself counts."""
        token, address = None, self._access.address(request)
        begun = single_sign_on.finish(self._service, request.args.get("state", ""), request.cookies.get(guard.STEP, ""))
        if self._access.provider is not None and begun is not None:
            try:
                found = self._access.provider.identity(request.args, begun, self._service.clock.now())
                token = single_sign_on.enter(self._service, found, address)
            except ProviderError as error:
                log.warning("single sign-on: %s", error)
                single_sign_on.failed(self._service, address)
        if token is None:
            return self._form(WRONG_ISSUER, 403)
        # A redirect would still be the other site's navigation, which carries no strict cookie.
        entered = make_response(*page("entered.html"))
        return guard.drop_step(guard.enter(self._service, entered, token))

    def show_enrol(self, token: str) -> ResponseReturnValue:
        """The form of an enrolment link: the link alone opens nothing."""
        return page("enrol.html", wrong=None)

    def enrol(self, token: str) -> ResponseReturnValue:
        """Opens the page where a passkey is added, and nothing else."""
        session = None if guard.is_foreign() else self._typed(enrolment=token)
        if session is None:
            return page("enrol.html", 403, wrong=f"{WRONG} The link works once, within an hour.")
        return guard.enter(self._service, redirect("/account", 303), session)

    def show_link(self, token: str) -> ResponseReturnValue:
        """A button: to look at an address changes nothing."""
        return page("link.html", token=token, wrong=None)

    def use_link(self, token: str) -> ResponseReturnValue:
        """Uses a link up."""
        session = None if guard.is_foreign() else sign_in.by_link(self._service, token)
        if session is None:
            return page("link.html", 403, token=token, wrong=WRONG_LINK)
        return guard.enter(self._service, redirect("/", 303), session)

    def leave(self) -> ResponseReturnValue:
        """Gives every report back and ends the session."""
        shifts.sign_off(self._service, g.person)
        sign_in.sign_out(self._service, g.person.session)
        return guard.drop_session(redirect(guard.SIGN_IN, 303))

    def _typed(self, enrolment: str = "") -> str | None:
        form = request.form
        typed = (form.get("name", ""), form.get("password", ""), form.get("code", ""))
        return sign_in.sign_in(self._service, *typed, self._access.address(request), enrolment=enrolment)

    def _form(self, wrong: str | None = None, status: int = 200) -> ResponseReturnValue:
        return page(
            "sign_in.html",
            status,
            wrong=wrong,
            passkeys=self._access.party is not None,
            issuer=self._access.provider is not None,
        )
