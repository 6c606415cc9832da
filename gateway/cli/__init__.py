"""The command line. Each command is a module of its own, imported when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import click

from gateway.cli.refusals import refusal_of

_COMMANDS: Final = {
    "up": "gateway.cli.processes",
    "web": "gateway.cli.processes",
    "worker": "gateway.cli.processes",
    "clock": "gateway.cli.processes",
    "desk": "gateway.cli.processes",
    "twin": "gateway.cli.processes",
    "people": "gateway.cli.people",
    "phone": "gateway.cli.phone",
    "reports": "gateway.cli.reports",
    "flows": "gateway.cli.flows",
    "status": "gateway.cli.status",
    "dead": "gateway.cli.dead",
    "spool": "gateway.cli.spool",
    "carrier": "gateway.cli.carrier",
    "understand": "gateway.cli.understand",
    "keys": "gateway.cli.keys",
    "audit": "gateway.cli.audit",
    "backup": "gateway.cli.backup",
    "restore": "gateway.cli.backup",
    "erase": "gateway.cli.erase",
    "hold": "gateway.cli.erase",
    "doctor": "gateway.cli.doctor",
}


class _Commands(click.Group):
    """Loads a command when it is called, and turns what is expected to go wrong into one clear line and exit code 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(_COMMANDS[cmd_name]), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            refusal = refusal_of(error)
            if refusal is None:
                raise
            raise refusal from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="quietline", prog_name="quietline")
def main() -> None:
    """Quietline: passengers report by text, quietly."""
