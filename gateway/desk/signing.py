"""Signing in and out."""

from __future__ import annotations

from flask import Flask, g, redirect, request
from flask.typing import ResponseReturnValue

from gateway.desk import guard
from gateway.desk.pages import page
from handlers import handling, sign_in
from handlers.service import Service

WRONG = "That did not work. Check the name, the password and the code; a code works once."


class Signing:
    """The pages before the desk.

    Args:
        service: the shared parts.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_to(self, app: Flask) -> None:
        """Adds the routes."""
        for path, endpoint, view, method in (
            (guard.SIGN_IN, "sign_in_page", self.show, "GET"),
            (guard.SIGN_IN, "sign_in", self.enter, "POST"),
            ("/link/<token>", "link_page", self.show_link, "GET"),
            ("/link/<token>", "use_link", self.use_link, "POST"),
            ("/sign-out", "sign_out", self.leave, "POST"),
        ):
            app.add_url_rule(path, endpoint, view, methods=[method], provide_automatic_options=False)

    def show(self) -> ResponseReturnValue:
        """The form."""
        return page("sign_in.html", wrong=None)

    def enter(self) -> ResponseReturnValue:
        """Checks what was typed; a form of another site is refused by its origin (there is no session yet)."""
        if _is_foreign():
            return page("sign_in.html", 403, wrong=WRONG)
        form = request.form
        typed = (form.get("name", ""), form.get("password", ""), form.get("code", ""))
        token = sign_in.sign_in(self._service, *typed, request.remote_addr or "")
        if token is None:
            return page("sign_in.html", 403, wrong=WRONG)
        return guard.keep_session(redirect("/", 303), token)

    def show_link(self, token: str) -> ResponseReturnValue:
        """A button: to look at an address changes nothing."""
        return page("link.html", token=token, wrong=None)

    def use_link(self, token: str) -> ResponseReturnValue:
        """Uses a link up."""
        session = None if _is_foreign() else sign_in.by_link(self._service, token)
        if session is None:
            return page("link.html", 403, token=token, wrong="This link was used, or is over ten minutes old.")
        return guard.keep_session(redirect("/", 303), session)

    def leave(self) -> ResponseReturnValue:
        """Gives every report back and ends the session."""
        handling.release_all(self._service, g.person)
        sign_in.sign_out(self._service, g.person.session)
        return guard.drop_session(redirect(guard.SIGN_IN, 303))


def _is_foreign() -> bool:
    """Whether a browser says that another site sent this (Fetch Metadata, https://www.w3.org/TR/fetch-metadata/)."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
