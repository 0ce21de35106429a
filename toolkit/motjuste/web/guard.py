"""Lets requests in, by a token that works once or by the name that a proxy sends; and sets the headers of every response."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask import Request, Response

COOKIE = "motjuste"
PROXY_HEADER = "X-Motjuste-Proxy"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex",
}


class Refused(Exception):
    """A request that is not let in: `code` is one of host, login, proxy, origin, csrf."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Person:
    """Who asks: `role` is the database role to play, '' for that of who started the desk; `mark` tells sessions apart."""

    role: str
    mark: str


@dataclass
class Guard:
    """Lets requests in. `hosts` are the names that the desk answers to; with a `header` a proxy says who it is, which proves
    itself by `proof`; without one, the token opens once."""

    hosts: frozenset[str]
    header: str = ""
    proof: str = ""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _sessions: set[str] = field(default_factory=set)

    def enter(self, request: Request) -> str:
        """The cookie of the session that this request's token opens; the token works only once. Raises Refused."""
        self._require_host(request)
        given = request.args.get("jeton", "")
        if not self.token or not hmac.compare_digest(given.encode(), self.token.encode()):
            raise Refused("login", 403)
        self.token = ""
        session = secrets.token_urlsafe(32)
        self._sessions.add(session)
        return session

    def person(self, request: Request) -> Person:
        """Who asks. Raises Refused for a request that is not let in."""
        self._require_host(request)
        if self.header:
            if not hmac.compare_digest(request.headers.get(PROXY_HEADER, "").encode(), self.proof.encode()):
                raise Refused("proxy", 403)
            role = request.headers.get(self.header, "").strip()
            if not role:
                raise Refused("login", 403)
            person = Person(role, f"role {role}")
        else:
            session = request.cookies.get(COOKIE, "")
            if session not in self._sessions:
                raise Refused("login", 403)
            person = Person("", session)
        if request.method not in ("GET", "HEAD"):
            self._require_own(request, person)
        return person

    def csrf(self, person: Person) -> str:
        """The CSRF token of this person's forms, which another site cannot know."""
        return hmac.digest(self._key, person.mark.encode(), "sha256").hex()

    def csrf_key(self) -> bytes:
        """A key for signing values in pages, other than that of forms. It is lost when the process ends."""
        return hmac.digest(self._key, b"pages", "sha256")

    def _require_host(self, request: Request) -> None:
        # a name of somebody's that leads to this machine is not ours
        if request.host.lower() not in self.hosts:
            raise Refused("host", 421)

    def _require_own(self, request: Request, person: Person) -> None:
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc.lower() not in self.hosts:
            raise Refused("origin", 403)
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise Refused("origin", 403)
        given = request.form.get("csrf", "")
        if not hmac.compare_digest(given.encode(), self.csrf(person).encode()):
            raise Refused("csrf", 403)


def seal(response: Response, *, static: bool) -> Response:
    """The response with the headers that all responses have. Only responses without data may be cached."""
    response.headers.update(HEADERS)
    if static:
        response.headers["Cache-Control"] = "no-cache"
    return response
