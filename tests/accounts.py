"""People with accounts, and browsers without scripts: an HTTP client that fills in the forms of pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pyotp

from api import accounts, auth, codes, passwords
from notary import chance
from tests.serving import Site

PASSWORD = "correct horse battery"


@dataclass
class Person:
    """Somebody with an account. secret: of the authenticator, or empty; step: the next time step that is unused."""

    id: str
    login: str
    secret: str = ""
    by: int = -1

    def code(self, site: Site) -> str:
        """A code that was not used before: each of the three that are good now, then none is left."""
        now = int(site.desk.work.now().timestamp()) // codes.PERIOD
        found = pyotp.TOTP(self.secret).generate_otp(now + self.by)
        self.by += 1
        return found


def person(site: Site, organisation: str, *roles: str, second: bool = True) -> Person:
    """A new person with an account, and with an authenticator unless `second` is False."""
    made, _ = site.person(organisation, *roles)
    found = Person(made, f"p{chance.token(6).hex()}")
    with site.desk.work.unit() as unit:
        accounts.make(unit, made, found.login, passwords.hashed(PASSWORD))
        if second:
            found.secret = codes.offer(found.login).text
            first = pyotp.TOTP(found.secret).generate_otp(int(unit.now.timestamp()) // codes.PERIOD - 1)
            codes.add(unit, site.desk.marks, made, text=found.secret, name="手机", code=first)
            found.by = 0
    return found


def link(site: Site, made: str) -> str:
    """The secret of a one-time link for a person."""
    with site.desk.work.unit() as unit:
        return auth.issue_claim(unit, made)


class Browser:
    """A browser without scripts: it keeps cookies, follows no redirect, and sends forms of pages it was given."""

    def __init__(self, site: Site, **headers: str) -> None:
        self.http = httpx.Client(base_url=site.url, headers=headers)
        self.site = site
        self.page = ""

    def get(self, path: str) -> httpx.Response:
        """Open a page."""
        answer = self.http.get(path)
        self.page = answer.text
        return answer

    def form(self, action: str, **changes: str) -> dict[str, str]:
        """What the page's form with this action has, with `changes`."""
        found = re.findall(
            rf'<form[^>]*method="post" action="(?:/en)?{re.escape(action)}"[^>]*>(.*?)</form>', self.page, re.DOTALL
        )
        assert found, f"no form for {action} in:\n{self.page[:3000]}"
        fields = {}
        for tag in re.findall(r"<input[^>]*>", found[0]):
            attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
            if "name" in attributes:
                fields[attributes["name"]] = attributes.get("value", "")
        return fields | changes

    def send(self, path: str, action: str, **changes: str) -> httpx.Response:
        """Open a page and send its form with this action."""
        self.get(path)
        return self.post(action, self.form(action, **changes))

    def post(self, action: str, fields: dict[str, Any], **headers: str) -> httpx.Response:
        """Send a form as it is."""
        answer = self.http.post(action, data=fields, headers=headers)
        self.page = answer.text
        return answer

    def sign_in(self, who: Person, password: str = PASSWORD, **fields: str) -> httpx.Response:
        """Sign in by password, and by a code where the person has an authenticator."""
        code = {"code": who.code(self.site)} if who.secret and "code" not in fields else {}
        return self.send("/sign-in", "/sign-in", login=who.login, password=password, **code, **fields)

    def enter(self, who: str) -> httpx.Response:
        """Enter as somebody of the demonstration."""
        return self.http.post("/demonstration/enter", data={"person": who})

    def is_in(self) -> bool:
        """Whether it is signed in."""
        return self.get("/account").status_code == 200

    @property
    def cookie(self) -> str | None:
        """The session's secret."""
        return self.http.cookies.get("sunbid")

    def close(self) -> None:
        """Close it."""
        self.http.close()


#: What makes browsers: the fixture `browser` of tests/api.
Make = Callable[..., Browser]
