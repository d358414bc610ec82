"""Letters by themselves: what others wrote is text in both forms, and no title breaks a header."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from api.mail import compose, examples
from api.mail.kinds import KINDS
from templates import mail

SITE = "https://ggzy.example.gov.cn"
HOSTILE = [
    "题目\r\nBcc: victim@x.example\r\n\r\n<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>\" onmouseover='alert(1)' {{ 7 * 7 }} %(title)s {% raw %}",
    "翻转\u202e\u2066\u200f\u061c的题目\u2028\u2029\x85\x00\x1b[31m",
    "很长的题目" * 100,
    "=?utf-8?q?=0D=0ABcc:_victim=40x.example?=",
]
WHEN = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


def composed(kind: str, language: str, text: str | None = None) -> EmailMessage:
    """The message of a kind as it is read again from its bytes, with every text of its facts replaced."""
    facts = dict(examples.FACTS[kind])
    if text is not None:
        kept = {"deadline", "objections_until", "answer_by", "decide_by", "rule_by", "code", "tender"}
        facts = {key: text if isinstance(value, str) and key not in kept else value for key, value in facts.items()}
    words = mail.letter(kind, facts, language, site=SITE, demonstration=False)
    made = compose.envelope(words, "b@b.example", "notices@ggzy.example.gov.cn", "ab" * 16, WHEN, SITE)
    data = made.as_bytes()
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))  # RFC 5322 2.1.1
    assert b"\n" not in data.replace(b"\r\n", b"")
    found = email.message_from_bytes(data, policy=email.policy.SMTP)
    assert isinstance(found, EmailMessage)
    return found


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_every_kind_has_an_example() -> None:
    assert examples.FACTS.keys() == {"confirm", *KINDS}


@pytest.mark.parametrize("language", mail.LANGUAGES)
@pytest.mark.parametrize("kind", examples.FACTS)
def test_a_letter_is_whole_in_both_forms(kind: str, language: str) -> None:
    message = composed(kind, language)
    text, markup = body(message, "plain"), body(message, "html")
    assert message["message-id"] == f"<{'ab' * 16}@ggzy.example.gov.cn>"
    assert message["date"].datetime == WHEN
    assert message["auto-submitted"] == "auto-generated"
    account = f"{SITE}{'/en' if language == 'en' else ''}/account/mail"
    assert message["list-unsubscribe"] == f"<{account}>"
    assert account in text
    assert account in markup
    assert (
        message["from"].addresses[0].display_name == ("Sunbid" if language == "en" else "阳光标公共资源交易")
        or language == "en"
    )
    assert markup.count("<h1") == 1
    assert "{" not in text
    assert "\n\n\n" not in text.replace("\r\n", "\n")


@pytest.mark.parametrize("language", mail.LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_others_wrote_stays_text(kind: str, language: str, hostile: str) -> None:
    plain, message = composed(kind, language), composed(kind, language, hostile)
    assert message.keys() == plain.keys()
    assert [part.get_content_type() for part in message.walk()] == [part.get_content_type() for part in plain.walk()]
    assert len(message["subject"]) <= 150
    assert message["to"] == "b@b.example"
    markup = body(message, "html")
    for sign in ("<script", "<img", 'onerror=alert(1)>"'):
        assert sign not in markup
    assert "49" not in markup
    for text in (markup, body(message, "plain"), message["subject"]):
        assert not [sign for sign in text if sign in "\u202e\u2066\u200f\u061c\u2028\u2029\x85\x00\x1b"]
