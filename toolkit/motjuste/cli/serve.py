"""`motjuste serve`: the officer's desk in a browser."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from motjuste.cli import policy
from motjuste.cli.common import compare_option, dsn_option, reading_options, say
from motjuste.cli.report import earlier_report
from motjuste.errors import ConfigError
from motjuste.files import private
from motjuste.printable import name

LOCAL = ("127.0.0.1", "::1", "localhost")


@click.command()
@dsn_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="The port; 0: any that is free.",
)
@click.option(
    "--reviewer", default="", help="Who decides [default: the database role]. Not with --user-header."
)
@click.option(
    "--user-header",
    "header",
    metavar="NAME",
    help="For a team behind a proxy: the header by which it names the user, who is the database role of that name.",
)
@click.option(
    "--proxy-secret",
    "secret",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with the secret that the proxy sends as X-Motjuste-Proxy; needed with --user-header.",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="HOST",
    help="A name by which browsers reach the desk through the proxy (desk.example.org); may be repeated.",
)
@compare_option(
    "The state page says what changed since this report, which `motjuste report --format json` wrote."
)
@reading_options
def serve(
    dsn: str | None,
    host: str,
    port: int,
    reviewer: str,
    header: str | None,
    secret: Path | None,
    names: tuple[str, ...],
    earlier: Path | None,
    reads: dict[str, bool],
) -> None:
    """Open the officer's desk in a browser: review by single keys, second reading, plan, coverage, samples, requests.

    Listens on this machine only, and prints an address whose token opens once. For a team, a proxy that knows its users stands
    in front (--user-header): each is a database role of their own, of which the desk's role is a member, and has that role's
    rights and no others. Nothing of a note is kept, logged, or put into an address. Needs the extra 'web'. Ctrl-C stops it.

    \b
    Example: motjuste serve
             motjuste serve --user-header Remote-User --proxy-secret proxy.secret --name desk.example.org
    """
    if header and reviewer:
        raise ConfigError(
            "--reviewer and --user-header exclude each other", hint="the proxy says who decides"
        )
    if bool(header) != bool(secret):
        raise ConfigError(
            "--user-header and --proxy-secret go together", hint="motjuste serve --help has an example"
        )
    if host not in LOCAL and not header:
        raise ConfigError(
            f"{name(host)} is open to other machines, and everybody there would decide as you",
            hint="leave --host out; for a team put a proxy in front: --user-header",
        )
    before = earlier_report(earlier) if earlier else None
    run(dsn, reads, host, port, reviewer, header or "", _proof(secret), names, before=before)


def run(
    dsn: str | None,
    reads: dict[str, bool],
    host: str = "127.0.0.1",
    port: int = 0,
    reviewer: str = "",
    header: str = "",
    proof: str = "",
    names: tuple[str, ...] = (),
    place: str = "",
    before: dict[str, Any] | None = None,
    told: Callable[[str], Any] = click.echo,
) -> None:
    """Serve the desk until it is stopped. Raises ConfigError where it cannot listen, or a shared desk's role is too mighty."""
    require()
    from waitress.server import create_server

    from motjuste.db.people import People, require_plain
    from motjuste.web.app import Desk, create
    from motjuste.web.guard import Guard

    settings = policy.settings()
    people = People(dsn, **reads)
    if header:
        with people.session() as conn:
            require_plain(conn)
    guard = Guard(frozenset(), header=header, proof=proof)
    desk = Desk(
        config=settings,
        matcher=policy.matcher(settings),
        whole_pack=partial(policy.pack, settings),
        people=people,
        guard=guard,
        reviewer=reviewer,
        place=place,
        before=before,
    )
    app = create(desk)
    try:
        listening = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as exc:
        raise ConfigError(
            f"{name(host)}:{port}: {exc.strerror}", hint="choose another --port; 0 takes a free one"
        ) from exc
    server = create_server(
        app, sockets=[listening], threads=8, ident="motjuste", clear_untrusted_proxy_headers=True
    )
    bound = listening.getsockname()[1]
    guard.hosts = frozenset(
        [f"{h}:{bound}" for h in ("127.0.0.1", "localhost", "[::1]")] + [n.lower() for n in names]
    )
    if header:
        told(f"http://{host}:{bound}/ (for the proxy)")
    else:
        told(f"http://{'127.0.0.1' if host in LOCAL else host}:{bound}/entrer?jeton={guard.token}")
        say("open this address in a browser: its token opens once; Ctrl-C stops the desk")
    try:
        server.run()
    finally:
        server.close()
        people.close()


def require() -> None:
    """Raise ConfigError where the extra 'web' is not installed."""
    for needed in ("flask", "waitress"):
        if find_spec(needed) is None:
            raise ConfigError(f"the desk needs {needed}", hint="in a clone of motjuste: pip install '.[web]'")


def _proof(file: Path | None) -> str:
    if file is None:
        return ""
    found = private.read(file).strip()
    if len(found) < 16:
        raise ConfigError(
            f"{file}: a secret has 16 characters at least", hint="openssl rand -hex 32 > proxy.secret"
        )
    return found
