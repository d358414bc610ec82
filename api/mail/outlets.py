"""The ways out: an SMTP server, or a folder of files for a demonstration and for a try."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from api.settings import Mail, SmtpServer

_SECONDS = 10
_PERMANENT = 500

Send = Callable[[EmailMessage], None]


class NotDeliveredError(Exception):
    """A message was not taken. answer: the server's number or a word, never its text, which has the address.

    lasting: this letter is not taken later either. gone: the connection is of no more use.
    """

    def __init__(self, answer: str, *, lasting: bool = False, gone: bool = False) -> None:
        super().__init__(answer)
        self.answer = answer
        self.lasting = lasting
        self.gone = gone


@contextmanager
def opened(mail: Mail) -> Iterator[Send]:
    """A connection for some messages. Raises NotDeliveredError; what it yields raises it for one message."""
    if mail.folder is not None:
        mail.folder.mkdir(parents=True, exist_ok=True)
        yield _into(mail.folder)
    elif mail.server is not None:
        server = _connect(mail.server, mail.sender)
        try:
            yield lambda message: _send(server, mail.sender, message)
        finally:
            _leave(server)
    else:
        raise NotDeliveredError("off", gone=True)


def _into(folder: Path) -> Send:
    def send(message: EmailMessage) -> None:
        """The same letter again is the same file."""
        name = message["message-id"].strip("<>").partition("@")[0]
        temporary = folder / f"{name}.new"
        temporary.write_bytes(message.as_bytes())
        temporary.replace(folder / f"{name}.eml")

    return send


def _connect(setting: SmtpServer, sender: str) -> smtplib.SMTP:
    # Our name in EHLO is the sender's domain: asking for the host's own may take seconds and tells of our network.
    name = sender.rpartition("@")[2]
    try:
        if setting.tls == "tls":
            context = ssl.create_default_context()
            made: smtplib.SMTP = smtplib.SMTP_SSL(
                setting.host, setting.port, local_hostname=name, timeout=_SECONDS, context=context
            )
        else:
            made = smtplib.SMTP(setting.host, setting.port, local_hostname=name, timeout=_SECONDS)
    except (OSError, smtplib.SMTPException) as error:
        raise _away(error) from error
    try:
        if setting.tls == "starttls":
            made.starttls(context=ssl.create_default_context())
        if setting.user:
            made.login(setting.user, setting.password)
    except (OSError, smtplib.SMTPException) as error:
        _leave(made)
        raise _away(error) from error
    return made


def _send(server: smtplib.SMTP, sender: str, message: EmailMessage) -> None:
    try:
        server.send_message(message, sender, [message["to"].addresses[0].addr_spec])
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise NotDeliveredError(str(code), lasting=code >= _PERMANENT) from None  # its text has the address
    except smtplib.SMTPDataError as error:
        raise NotDeliveredError(str(error.smtp_code), lasting=error.smtp_code >= _PERMANENT) from None
    except (OSError, smtplib.SMTPException) as error:
        raise _away(error) from None


def _away(error: Exception) -> NotDeliveredError:
    """What concerns the server or our account there, and not one letter: it may be right again later."""
    code = getattr(error, "smtp_code", None)
    return NotDeliveredError(str(code) if code else type(error).__name__[:40], gone=True)


def _leave(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()
