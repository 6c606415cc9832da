"""`quietline people`: who may sign in at the desk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from gateway.cli.installed import person
from gateway.cli.refusals import Refusal
from gateway.cli.table import table

if TYPE_CHECKING:
    from gateway.runtime import Runtime
    from handlers.people import Enrolled
    from handlers.service import Service


@click.group()
def people() -> None:
    """Accounts of the control-room desk."""


@people.command()
@click.argument("name")
@click.option("--shown", help="How others see the person; the name where absent.")
@click.option("--role", "roles", multiple=True, help="ORGANISATION:ROLE, such as demo:dispatcher; more than once.")
@click.option("--language", "languages", multiple=True, help="What the person speaks besides English, such as cy.")
@click.option("--ask-password", is_flag=True, help="Type a password instead of getting one.")
def add(name: str, shown: str | None, roles: tuple[str, ...], languages: tuple[str, ...], ask_password: bool) -> None:
    """Make an account; prints its password and second factor once."""
    from handlers import colleagues
    from handlers import people as accounts

    service = _service()
    given = [_role(one) for one in roles]
    try:
        for organisation, role in given:
            accounts.check_role(service, organisation, role)
        for code in languages:
            colleagues.check_language(code)
        enrolled = accounts.add(service, name, shown or name, _asked() if ask_password else None)
        for organisation, role in given:
            _note(service, name, f"{role} given", organisation)
            accounts.change_role(service, name, organisation, role)
        for code in languages:
            colleagues.change_language(service, name, code)
    except accounts.PersonError as error:
        raise Refusal(str(error)) from None
    _tell(enrolled, ask_password)


@people.command("list")
def list_people() -> None:
    """List accounts and their roles."""
    from handlers import colleagues
    from handlers import people as accounts

    service = _service()
    found, spoken = accounts.listed(service), colleagues.spoken_by(service)
    rows = [
        (
            one.name,
            one.shown,
            "\n".join(f"{at}:{role}" for at, role in one.roles) or "none",
            " ".join(spoken.get(one.id, ())),
            "needed" if one.lacks_passkey else str(one.passkeys),
            "yes" if one.locked else "",
        )
        for one in found
    ]
    click.echo(
        table(("NAME", "SHOWN", "ROLES", "LANGUAGES", "PASSKEYS", "LOCKED"), rows)
        if rows
        else "Nobody yet: quietline people add NAME"
    )


@people.command(short_help="Note that a person speaks a language.")
@click.argument("name")
@click.argument("code")
@click.option("--take", is_flag=True, help="Take it back instead.")
def language(name: str, code: str, take: bool) -> None:
    """Note that a person speaks a language besides English, such as cy."""
    from handlers import colleagues
    from handlers.people import PersonError

    try:
        colleagues.change_language(_service(), name, code, spoken=not take)
    except PersonError as error:
        raise Refusal(str(error)) from None


@people.command()
@click.argument("name")
@click.option("--open", "opened", is_flag=True, help="Unlock instead.")
def lock(name: str, opened: bool) -> None:
    """Lock an account and end its sessions."""
    from handlers import people as accounts

    service = _service()
    _note(service, name, "unlock" if opened else "lock")
    try:
        accounts.lock(service, name, not opened)
    except accounts.PersonError as error:
        raise Refusal(str(error)) from None


@people.command()
@click.argument("name")
@click.argument("role")
@click.option("--take", is_flag=True, help="Take the role away instead.")
def role(name: str, role: str, take: bool) -> None:
    """Give a role, as ORGANISATION:ROLE; the person signs in again."""
    from handlers import people as accounts

    organisation, which = _role(role)
    service = _service()
    _note(service, name, f"{which} {'taken' if take else 'given'}", organisation)
    try:
        accounts.change_role(service, name, organisation, which, given=not take)
    except accounts.PersonError as error:
        raise Refusal(str(error)) from None


@people.command(short_help="Give a new password and second factor.")
@click.argument("name")
@click.option("--ask-password", is_flag=True, help="Type a password instead of getting one.")
def reset(name: str, ask_password: bool) -> None:
    """Give a new password and second factor; removes the passkeys and ends the sessions."""
    from handlers import people as accounts

    service = _service()
    _note(service, name, "reset")
    try:
        enrolled = accounts.reset(service, name, _asked() if ask_password else None)
    except accounts.PersonError as error:
        raise Refusal(str(error)) from None
    _tell(enrolled, ask_password)


@people.command(short_help="Print a link for adding a passkey.")
@click.argument("name")
def enrol(name: str) -> None:
    """Print a link for adding a passkey: works once, within an hour, with the person's password and code."""
    from handlers import people as accounts
    from handlers.passkeys import RelyingParty

    parts = _parts()
    if RelyingParty.of(parts.config.desk_url) is None:
        raise Refusal("Passkeys need the desk's name: set QUIETLINE_DESK_URL to its https address.")
    _note(parts.service, name, "enrol")
    try:
        token = accounts.enrolment(parts.service, name)
    except accounts.PersonError as error:
        raise Refusal(str(error)) from None
    click.echo(f"For {name} alone, once, within an hour: {parts.config.desk_url}/enrol/{token}")


@people.command(short_help="Join an account to a name at the single sign-on.")
@click.argument("name")
@click.argument("subject", required=False)
@click.option("--take", is_flag=True, help="Take it away instead.")
def join(name: str, subject: str | None, take: bool) -> None:
    """Join an account to SUBJECT, which the single sign-on knows the person by."""
    from handlers import people as accounts

    if bool(subject) == take:
        raise Refusal("Give what the single sign-on knows the person by, or --take.")
    parts = _parts()
    _note(parts.service, name, "join taken" if take else "join")
    try:
        accounts.join(parts.service, name, parts.config.oidc_issuer, subject or "")
    except accounts.PersonError as error:
        raise Refusal(str(error)) from None


def _note(service: Service, name: str, what: str, organisation: str | None = None) -> None:
    """Writes down who changes an account, before it is done (R10)."""
    from handlers import commands
    from handlers.service import milliseconds

    now = milliseconds(service.clock.now())
    commands.note_account(service.database, person(), name, what, now=now, organisation=organisation)


def _parts() -> Runtime:
    from gateway import runtime, secrets

    parts = runtime.build(secrets.load(os.environ), os.environ)
    parts.prepare()
    return parts


def _service() -> Service:
    return _parts().service


def _role(text: str) -> tuple[str, str]:
    organisation, found, role = text.partition(":")
    if not found:
        raise Refusal("A role is given as ORGANISATION:ROLE, such as demo:dispatcher.")
    return organisation, role


def _asked() -> str:
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


def _tell(enrolled: Enrolled, chosen: bool) -> None:
    if not chosen:
        click.echo(f"Password        {enrolled.password}")
    click.echo(f"Second factor   {enrolled.secret}")
    click.echo(f"For an app      {enrolled.uri}")
    click.echo("Shown this once.")
