"""`motjuste`: the group of commands. Each command's module is imported only when it is called."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import NoReturn

import click

from motjuste import __version__
from motjuste.cli.streams import drop, folded, settle
from motjuste.errors import MotjusteError
from motjuste.printable import message

# name -> (module, help line): the help is here so that `motjuste --help` imports no command
COMMANDS = {
    "demo": ("motjuste.cli.demo", "See the whole flow on a throw-away server, in a minute."),
    "init": ("motjuste.cli.discover", "Write motjuste.toml, the policy file."),
    "discover": ("motjuste.cli.discover", "Find the columns that hold notes."),
    "install": ("motjuste.cli.install", "Install or update the checks in the database."),
    "attach": ("motjuste.cli.watch", "Watch a column."),
    "detach": ("motjuste.cli.watch", "Stop watching a column."),
    "grant": ("motjuste.cli.watch", "Let a role read the findings."),
    "revoke": ("motjuste.cli.watch", "Take a grant back."),
    "status": ("motjuste.cli.status", "Say whether the checks of each column are in place."),
    "scan": ("motjuste.cli.scan", "Read every note and record the findings."),
    "work": ("motjuste.cli.work", "Read what was written into deferred columns."),
    "review": ("motjuste.cli.review", "Decide of each finding: rewrite, mask, dismiss or tolerate."),
    "serve": ("motjuste.cli.serve", "Open the officer's desk in a browser."),
    "decisions": ("motjuste.cli.exchange", "Export what was decided of the notes, or take over such a file."),
    "migrate": ("motjuste.cli.migrate", "Write, apply and verify a redaction migration."),
    "access": ("motjuste.cli.access", "Gather every note about one person; the register of such requests."),
    "sample": ("motjuste.cli.sample", "Draw notes at random for a person to read; the rate of each team."),
    "report": ("motjuste.cli.report", "Write the state of the whole base for the officer's file."),
    "rekey": ("motjuste.cli.rekey", "Give the digests of the notes a new key."),
    "purge": ("motjuste.cli.keeping", "Drop the findings that are older than the policy keeps them."),
    "guide": ("motjuste.cli.guide", "Write the training booklet, with a quiz."),
    "notice": ("motjuste.cli.guide", "Print what to show beside each comment field."),
    "kernel": ("motjuste.cli.building", "Build the extension that runs the checks in C inside PostgreSQL."),
    "uninstall": ("motjuste.cli.install", "Remove motjuste from the database."),
    "lint": ("motjuste.cli.lint", "Check notes and propose neutral wordings."),
    "explain": ("motjuste.cli.explain", "Say why a text is a finding, or why not."),
    "check": ("motjuste.cli.check", "Check that no migration opens an unwatched comment column."),
    "rules": ("motjuste.cli.rules", "List, show, test and measure the rules."),
}


class LazyGroup(click.Group):
    """A group that knows its commands' names and help lines without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[name][0]), name.replace("-", "_"))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS)
            meant = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from motjuste.engine.kernel import executor  # which --help does without

    click.echo(f"motjuste, version {__version__} ({executor()})")
    ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Show the version, and what finds: the kernel in C or the reference in Python.",
)
def motjuste() -> None:
    """Keep the free-comment columns of a PostgreSQL database lawful.

    \b
    Try it:  motjuste demo
    One note: echo "client alcoolique" | motjuste lint
    """


def show(error: MotjusteError) -> None:
    """Print an error in two lines: what happened, what to do; their first words have a colour on a terminal."""
    color = None if coloured() else False
    for lead, style, text in (
        ("motjuste: error:", {"fg": "red", "bold": True}, error.message),
        ("help:", {"fg": "cyan"}, error.hint),
    ):
        if text:
            line = folded(f"{lead} {message(text)}", sys.stderr)
            click.echo(click.style(lead, **style) + line.removeprefix(lead), err=True, color=color)


def coloured() -> bool:
    """Whether a terminal may be given colours: not where NO_COLOR is set (no-color.org), or the terminal is a dumb one."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def run(args: list[str] | None = None) -> NoReturn:
    """Run the command line. An error ends in two lines on stderr and exit code 2, never in 1, which means findings."""
    # a pack is some hundred thousand objects that stay: looking through them for garbage takes as long as reading them
    gc.set_threshold(1_000_000)
    settle()
    out = sys.stdout
    try:
        color = None if coloured() else False
        sys.exit(motjuste.main(args=args, prog_name="motjuste", standalone_mode=False, color=color))
    except click.exceptions.NoArgsIsHelpError as exc:
        exc.show()
    except click.UsageError as exc:
        command = exc.ctx.command_path if exc.ctx else "motjuste"
        show(MotjusteError(exc.format_message(), hint=f"{command} --help"))
    except click.Abort:
        hint = (
            "run it again"
            if sys.stdin and sys.stdin.isatty()
            else "where nobody can answer, options do: --yes"
        )
        show(MotjusteError("stopped before it was done", hint=hint))
    except MotjusteError as exc:
        show(exc)
    except SystemExit:
        if sys.stdout is out:
            raise
        # Click put another in its place and means to end with 1: a pipe of ours is broken
    except OSError as exc:
        if not exc.filename:
            drop(1)  # else what it holds back is tried once more at the end
        show(
            MotjusteError(
                f"{exc.filename or 'standard output'}: {exc.strerror}",
                hint="make room, or give a place that can be read or written",
            )
        )
    sys.exit(2)
