"""Every setting, from the environment, in one typed place. docs/operate.md lists them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from notary.errors import Malformed

_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_MAX_HELP = 100
_SENDER = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+", re.ASCII)


@dataclass(frozen=True)
class WitnessSetting:
    """One witness: its verifier key and where its add-checkpoint lies."""

    vkey: str
    url: str


@dataclass(frozen=True)
class Provider:
    """An OpenID Connect provider.

    issuer       SUNBID_OIDC_ISSUER: its address, where its configuration is found
    client       SUNBID_OIDC_CLIENT: our id there
    secret_file  SUNBID_OIDC_SECRET_FILE: file with our secret there
    strong       SUNBID_OIDC_STRONG: the `acr` by which it says that a second factor was used; none: it never says so
    """

    issuer: str
    client: str
    secret_file: Path
    strong: str = ""


@dataclass(frozen=True)
class People:
    """How people get in.

    site                  SUNBID_SITE: address of the pages as browsers see it (https://ggzy.example.gov.cn), for
                          passkeys, other providers and mail; without it there are none (a demonstration knows itself)
    hosts                 SUNBID_HOSTS: further names by which the server may be asked for, with commas; that of the
                          site and those of this machine always are
    proxies               SUNBID_PROXIES: addresses of the reverse proxies whose headers are believed, with commas
    recovery_hours        SUNBID_RECOVERY_HOURS: how long an approved recovery waits
    certificate_header    SUNBID_CERTIFICATE_HEADER: in which one of the proxies passes a certificate that it
                          has verified (PEM, percent-encoded); none: nobody signs in by certificate
    provider              SUNBID_OIDC_*: another provider by which people may sign in
    confirm_registration  SUNBID_CONFIRM_REGISTRATION=0: a new bidder may act before an administrator has looked at it
    help_line             SUNBID_HELP_LINE: telephone and hours of whoever helps, one line, at the foot of every page
    """

    site: str = ""
    hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    recovery_hours: int = 24
    confirm_registration: bool = True
    help_line: str = ""
    certificate_header: str = ""
    provider: Provider | None = None

    @property
    def names(self) -> frozenset[str]:
        """The names by which the server may be asked for, in small letters: a request for another one is refused."""
        site = urlsplit(self.site).hostname
        return frozenset({*_THIS_MACHINE, *(name.lower() for name in self.hosts), *([site] if site else [])})


@dataclass(frozen=True)
class SmtpServer:
    """Who takes our mail.

    host      SUNBID_MAIL_HOST
    port      SUNBID_MAIL_PORT: default 587, with TLS from the start 465
    tls       SUNBID_MAIL_TLS: starttls (the default), tls, or none, which only a server on this machine may have
    user      SUNBID_MAIL_USER: our name there; none: we do not sign in
    password  from the file SUNBID_MAIL_PASSWORD_FILE
    """

    host: str
    port: int
    tls: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Mail:
    """How mail goes out: by a server, into a folder, or not at all.

    sender  SUNBID_MAIL_FROM: the address that mail comes from
    site    where the links lead: SUNBID_SITE, in a demonstration SUNBID_MAIL_SITE
    server  SUNBID_MAIL_*: who takes it
    folder  SUNBID_MAIL_FOLDER: instead of sending, each letter is a file (.eml) there, for a try
    """

    sender: str = ""
    site: str = ""
    server: SmtpServer | None = None
    folder: Path | None = None

    @property
    def on(self) -> bool:
        """Whether there is a way out."""
        return self.server is not None or self.folder is not None


@dataclass(frozen=True)
class Settings:
    """What a Sunbid server needs to know.

    home             SUNBID_HOME: keys, log, sealed bytes, documents and, by default, the database
    database_url     SUNBID_DATABASE_URL: default a SQLite file in home; or postgresql+psycopg://…
    origin           SUNBID_ORIGIN: name of the log, a host name and path without scheme
    demonstration    SUNBID_DEMONSTRATION=1: nothing made here can pass for real; the origin ends in /demonstration
    witnesses        SUNBID_WITNESSES: vkey=url, separated by commas
    witness_quorum   SUNBID_WITNESS_QUORUM: how many of them must cosign
    pace             SUNBID_PACE_SECONDS: how often the sequencer and the tick run in embedded mode
    paper_roots      SUNBID_PAPER_ROOTS: file of X.509 roots (PEM) for signed papers; none: no paper is taken
    procedures       SUNBID_PROCEDURES: folder of further procedures (TOML), in a demonstration only
    people           how people get in
    mail             how mail goes out
    """

    home: Path
    database_url: str
    origin: str
    demonstration: bool = False
    witnesses: tuple[WitnessSetting, ...] = ()
    witness_quorum: int = 0
    pace: float = 1.0
    paper_roots: Path | None = None
    procedures: Path | None = None
    people: People = People()
    mail: Mail = Mail()

    def __post_init__(self) -> None:
        if self.demonstration != self.origin.endswith("/demonstration"):
            raise Malformed(
                "origin_wrong",
                "演示系统的日志名必须以 /demonstration 结尾，正式系统不得如此。",
                "A demonstration's origin ends in /demonstration, and no other's does.",
                field="SUNBID_ORIGIN",
            )
        if self.procedures and not self.demonstration:
            raise Malformed(
                "procedures_foreign",
                "只有演示系统可以使用另外的交易程序。",
                "Only a demonstration may have further procedures.",
                field="SUNBID_PROCEDURES",
            )
        if self.witness_quorum > len(self.witnesses):
            raise Malformed(
                "witness_quorum_wrong",
                "见证法定数大于见证方数量。",
                "The witness quorum is larger than the number of witnesses.",
                field="SUNBID_WITNESS_QUORUM",
            )


def from_environment(environment: dict[str, str] | None = None) -> Settings:
    """The settings of this process. Raises Malformed naming the variable."""
    env = dict(os.environ) if environment is None else environment
    home = Path(env.get("SUNBID_HOME", "var")).resolve()
    demonstration = env.get("SUNBID_DEMONSTRATION", "") == "1"
    witnesses = tuple(_witness(text) for text in env.get("SUNBID_WITNESSES", "").split(",") if text)
    return Settings(
        home=home,
        database_url=env.get("SUNBID_DATABASE_URL", f"sqlite:///{home / 'sunbid.db'}"),
        origin=env.get("SUNBID_ORIGIN", "sunbid.example/demonstration" if demonstration else "sunbid.example/log"),
        demonstration=demonstration,
        witnesses=witnesses,
        witness_quorum=int(env.get("SUNBID_WITNESS_QUORUM", len(witnesses))),
        pace=float(env.get("SUNBID_PACE_SECONDS", "1")),
        paper_roots=Path(env["SUNBID_PAPER_ROOTS"]) if "SUNBID_PAPER_ROOTS" in env else None,
        procedures=Path(env["SUNBID_PROCEDURES"]) if "SUNBID_PROCEDURES" in env else None,
        people=_people(env),
        mail=_mail(env, demonstration=demonstration),
    )


def _people(env: dict[str, str]) -> People:
    site = env.get("SUNBID_SITE", "").rstrip("/")
    if site and not site.startswith("https://"):
        raise Malformed(
            "site_wrong",
            "网站地址应以 https:// 开头。",
            "The site's address begins with https://.",
            field="SUNBID_SITE",
        )
    return People(
        site=site,
        hosts=tuple(one for one in env.get("SUNBID_HOSTS", "").split(",") if one),
        proxies=tuple(one for one in env.get("SUNBID_PROXIES", "").split(",") if one),
        recovery_hours=int(env.get("SUNBID_RECOVERY_HOURS", "24")),
        confirm_registration=env.get("SUNBID_CONFIRM_REGISTRATION", "1") != "0",
        help_line=_help_line(env.get("SUNBID_HELP_LINE", "").strip()),
        certificate_header=env.get("SUNBID_CERTIFICATE_HEADER", "").lower(),
        provider=_provider(env) if "SUNBID_OIDC_ISSUER" in env else None,
    )


def _help_line(text: str) -> str:
    if len(text) > _MAX_HELP or not text.isprintable():
        raise Malformed(
            "help_line_wrong",
            f"服务电话应为一行文字，最多 {_MAX_HELP} 字。",
            f"The help line is one line of at most {_MAX_HELP} characters.",
            field="SUNBID_HELP_LINE",
        )
    return text


def _mail(env: dict[str, str], *, demonstration: bool) -> Mail:
    folder, host = env.get("SUNBID_MAIL_FOLDER"), env.get("SUNBID_MAIL_HOST")
    if not folder and not host:
        return Mail()
    site = env.get("SUNBID_SITE", "").rstrip("/") or (env.get("SUNBID_MAIL_SITE", "") if demonstration else "")
    if not site:
        raise Malformed(
            "mail_incomplete", "发送邮件须先设置网站地址。", "Mail needs the site's address.", field="SUNBID_SITE"
        )
    sender = env.get("SUNBID_MAIL_FROM", "")
    if not _SENDER.fullmatch(sender):
        raise Malformed(
            "mail_incomplete", "缺少发件地址。", "The sender's address is missing.", field="SUNBID_MAIL_FROM"
        )
    return Mail(sender, site, None if folder else _smtp(env), Path(folder) if folder else None)


def _smtp(env: dict[str, str]) -> SmtpServer:
    host, tls = env["SUNBID_MAIL_HOST"], env.get("SUNBID_MAIL_TLS", "starttls")
    if tls not in {"starttls", "tls", "none"} or (tls == "none" and host not in _THIS_MACHINE):
        raise Malformed(
            "mail_tls_wrong",
            "SUNBID_MAIL_TLS 应为 starttls 或 tls；只有本机的邮件服务器可以用 none。",
            "SUNBID_MAIL_TLS is starttls or tls; none is for a server on this machine only.",
            field="SUNBID_MAIL_TLS",
        )
    file = env.get("SUNBID_MAIL_PASSWORD_FILE")
    return SmtpServer(
        host=host,
        port=int(env.get("SUNBID_MAIL_PORT", "465" if tls == "tls" else "587")),
        tls=tls,
        user=env.get("SUNBID_MAIL_USER", ""),
        password=Path(file).read_text("utf-8").strip() if file else "",
    )


def _provider(env: dict[str, str]) -> Provider:
    for name in ("SUNBID_OIDC_CLIENT", "SUNBID_OIDC_SECRET_FILE"):
        if name not in env:
            raise Malformed("provider_incomplete", f"缺少 {name}。", f"{name} is missing.", field=name)
    return Provider(
        issuer=env["SUNBID_OIDC_ISSUER"].rstrip("/"),
        client=env["SUNBID_OIDC_CLIENT"],
        secret_file=Path(env["SUNBID_OIDC_SECRET_FILE"]),
        strong=env.get("SUNBID_OIDC_STRONG", ""),
    )


def _witness(text: str) -> WitnessSetting:
    # A vkey may end in "=", so the address begins at the last "=http".
    vkey, found, rest = text.rpartition("=http")
    if not found:
        raise Malformed(
            "witness_wrong", "见证方应写作 vkey=url。", "A witness is written vkey=url.", field="SUNBID_WITNESSES"
        )
    return WitnessSetting(vkey, "http" + rest)
