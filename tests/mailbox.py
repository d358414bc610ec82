"""A mail server of one's own on a free port: it keeps what it takes, and answers as the test says."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from api.settings import Mail, SmtpServer
from tests.servers import free_port

SENDER = "notices@ggzy.example.gov.cn"
SITE = "https://ggzy.example.gov.cn"


@dataclass
class Delivered:
    """One message as it came: who sent it to whom, its bytes, and these read."""

    sender: str
    to: list[str]
    data: bytes
    message: EmailMessage

    @property
    def text(self) -> str:
        """The plain text."""
        return self.part("plain")

    @property
    def html(self) -> str:
        """The HTML."""
        return self.part("html")

    def part(self, kind: str) -> str:
        """The text of a part."""
        found = self.message.get_body((kind,))
        assert found is not None
        return str(found.get_content())


@dataclass
class Mailbox:
    """refuse: address -> the server's answer to RCPT; data: the answer to every DATA; then: called before it."""

    port: int = field(default_factory=free_port)
    delivered: list[Delivered] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    data: str = "250 OK"
    then: Callable[[], None] = lambda: None

    async def handle_RCPT(  # noqa: N802  # aiosmtpd looks for it by this name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        answer = self.refuse.get(address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # the same
        if self.data.startswith("250"):
            message = email.message_from_bytes(envelope.content, policy=email.policy.SMTP)
            assert isinstance(message, EmailMessage)
            self.delivered.append(Delivered(envelope.mail_from, envelope.rcpt_tos, envelope.content, message))
        self.then()
        return self.data

    def taken(self) -> list[Delivered]:
        """What came since the last time."""
        found, self.delivered = self.delivered, []
        return found

    def mail(self) -> Mail:
        """The setting under which a server sends here."""
        return Mail(SENDER, SITE, SmtpServer("127.0.0.1", self.port, "none"))

    @contextmanager
    def open(self, **options: Any) -> Iterator[Mailbox]:
        """Take mail."""
        controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()
