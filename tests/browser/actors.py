"""People of a whole story: each has one browser for all of it, with a passkey or a password, and its keys in it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from notary import clock
from tests.accounts import PASSWORD, link
from tests.browser.reader import Reader, Readers
from tests.browser.test_accounts import local, with_authenticator
from tests.browser.test_parties import make_keys
from tests.serving import OPERATOR, Site


@dataclass
class Actor:
    """Somebody at a browser. login: where it has a password and no second factor."""

    town: Town
    reader: Reader
    login: str = ""

    def at(self, path: str) -> Page:
        """A page, signed in anew: the clock of a story jumps over every session."""
        self.reader.context.clear_cookies()
        page = self.reader.go(f"/sign-in?then={path}")
        if self.login:
            page.get_by_label("登录名").fill(self.login)
            page.get_by_role("textbox", name="密码").fill(PASSWORD)
            page.get_by_role("button", name="登录", exact=True).click()
        else:
            page.get_by_role("button", name="使用通行密钥登录").click()
        page.wait_for_url(f"{self.reader.url}{path}")
        return page

    def keys(self) -> None:
        """Make keys, prove the recovery file, register."""
        self.at("/keys")
        make_keys(self.reader.page, self.reader.url, self.town.folder)


@dataclass
class Town:
    """A site whose people all come in by its own pages; the first administrator by a link of the operator's."""

    readers: Readers
    site: Site
    folder: Path
    administrator: Actor = field(init=False)

    def __post_init__(self) -> None:
        self.clock_file = Path(os.environ["SUNBID_DEMONSTRATION_CLOCK"])
        self.site.organisation(OPERATOR, "永州市公共资源交易中心")
        made, _ = self.site.person(OPERATOR, "administrator")
        self.administrator = self._claim(f"/claims#{link(self.site, made)}")

    def reader(self) -> Reader:
        """A new browser. By name: passkeys are not made for network addresses."""
        made = self.readers.new(local(self.site))
        made.page.set_default_timeout(120_000)
        return made

    def organisation(self, code: str, name: str) -> str:
        """The administrator registers an organisation; its code."""
        page = self.administrator.at("/administrator/organisations")
        page.get_by_label("统一社会信用代码").fill(code)
        page.get_by_label("单位全称").fill(name)
        page.get_by_label("行政区划代码").fill("431102")
        page.get_by_role("button", name="登记", exact=True).click()
        page.get_by_text("已登记。").wait_for()
        return code

    def person(self, organisation: str, name: str, role: str) -> Actor:
        """The administrator registers a person with a role, who comes in by the link and adds a passkey."""
        page = self.administrator.at("/administrator/people")
        page.get_by_label("单位的统一社会信用代码").fill(organisation)
        page.get_by_label("姓名", exact=True).fill(name)
        page.locator(f"#field-roles-{role}").check()
        page.get_by_role("button", name="登记并生成一次性链接").click()
        told = page.locator("main code").inner_text()
        return self._claim("/claims#" + told.partition("#")[2])

    def bidder(self, code: str, name: str, login: str) -> Actor:
        """A bidder registers by itself, and the administrator confirms it."""
        reader = self.reader()
        page = reader.go("/register")
        page.get_by_label("统一社会信用代码").fill(code)
        page.get_by_label("单位全称").fill(name)
        page.get_by_label("经办人姓名").fill("周经理")
        page.get_by_label("登录名").fill(login)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="提交注册").click()
        page.get_by_role("heading", name="已收到注册申请").wait_for()
        desk = self.administrator.at("/administrator/registrations")
        desk.locator("section", has_text=name).get_by_role("button", name="通过").click()
        desk.get_by_text("已办理。").wait_for()
        return Actor(self, reader, login)

    def pass_until(self, moment: datetime) -> None:
        """Move the demonstration's clock to a moment, unless it is past."""
        ahead = max(moment - self.site.desk.work.now(), timedelta())
        offset = clock.demonstration_offset() + ahead
        temporary = self.clock_file.with_suffix(".new")
        temporary.write_text(str(offset.total_seconds()), "ascii")
        temporary.replace(self.clock_file)

    def _claim(self, path: str) -> Actor:
        reader = self.reader()
        with_authenticator(reader)
        page = reader.go(path)
        page.wait_for_function("location.hash === ''")
        page.get_by_label("登录名").fill(f"person{len(self.readers)}")
        page.get_by_role("button", name="启用").click()
        page.get_by_role("button", name="添加通行密钥").click()
        expect(page.get_by_role("heading", name="恢复码")).to_be_visible()
        return Actor(self, reader)


def until(met: Callable[[], bool]) -> None:
    """Wait until something holds. Raises AssertionError after two minutes: a busy machine is slow, not stuck."""
    end = time.monotonic() + 120
    while not met():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)
