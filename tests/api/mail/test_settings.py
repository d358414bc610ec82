"""Where mail goes is set whole or not at all; a server is spoken to by TLS, with our name and password."""

from __future__ import annotations

import ssl
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from api.mail import compose, examples, outlets
from api.mail.outlets import NotDeliveredError
from api.settings import Mail, SmtpServer, from_environment
from notary import clock
from notary.errors import Malformed
from templates import mail
from tests.mailbox import SENDER, SITE, Mailbox

GIVEN = {"SUNBID_MAIL_HOST": "mail.example.gov.cn", "SUNBID_MAIL_FROM": SENDER, "SUNBID_SITE": SITE}


def test_a_server_is_set_with_a_password_that_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("secret\n", "utf-8")
    found = from_environment(GIVEN | {"SUNBID_MAIL_USER": "notices", "SUNBID_MAIL_PASSWORD_FILE": str(file)}).mail
    assert found == Mail(SENDER, SITE, SmtpServer("mail.example.gov.cn", 587, "starttls", "notices", "secret"))
    assert "secret" not in repr(found)
    tls = from_environment(GIVEN | {"SUNBID_MAIL_TLS": "tls"}).mail.server
    assert tls is not None
    assert tls.port == 465


def test_without_server_and_folder_there_is_no_mail() -> None:
    assert not from_environment({}).mail.on


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"SUNBID_SITE": ""}, "SUNBID_SITE"),
        ({"SUNBID_MAIL_FROM": ""}, "SUNBID_MAIL_FROM"),
        ({"SUNBID_MAIL_FROM": "a@x.example\nBcc: b@x.example"}, "SUNBID_MAIL_FROM"),
        ({"SUNBID_MAIL_TLS": "none"}, "SUNBID_MAIL_TLS"),
        ({"SUNBID_MAIL_TLS": "maybe"}, "SUNBID_MAIL_TLS"),
        ({"SUNBID_SITE": "", "SUNBID_MAIL_SITE": "http://localhost:8000"}, "SUNBID_SITE"),
    ],
)
def test_a_setting_that_is_wrong_is_named(change: dict[str, str], field: str) -> None:
    with pytest.raises(Malformed) as refused:
        from_environment(GIVEN | change)
    assert refused.value.field == field


def certificate(folder: Path) -> Path:
    """A certificate of this machine, which signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = clock.host_time()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    file = folder / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return file


def send(box: Mailbox, password: str) -> None:
    """One letter by STARTTLS and sign-in."""
    words = mail.letter("opening", examples.FACTS["opening"], "zh", site=SITE, demonstration=False)
    message = compose.envelope(words, "b@b.example", SENDER, "ab" * 16, clock.host_time(), SITE)
    server = SmtpServer("127.0.0.1", box.port, "starttls", "notices", password)
    with outlets.opened(Mail(SENDER, SITE, server)) as out:
        out(message)


def test_tls_is_checked_and_we_sign_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)

    def known(_server: object, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
        right = getattr(data, "login", b"") == b"notices" and getattr(data, "password", b"") == b"secret"
        return AuthResult(success=right, handled=False)

    box = Mailbox()
    with box.open(tls_context=context, require_starttls=True, auth_required=True, authenticator=known):
        with pytest.raises(NotDeliveredError) as stranger:
            send(box, "secret")  # nobody vouches for the server
        assert (stranger.value.answer, stranger.value.gone) == ("SSLCertVerificationError", True)
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        with pytest.raises(NotDeliveredError) as wrong:
            send(box, "other")
        assert (wrong.value.answer, wrong.value.gone) == ("535", True)
        assert box.delivered == []
        send(box, "secret")
    assert [one.to for one in box.taken()] == [["b@b.example"]]
