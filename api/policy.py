"""Who may do what: one table, deny by default. docs/http.md is its prose.

`roles` is checked before a handler runs; `owns` says which further test the act itself makes on the row (a foreign
thing and an absent one are the same 404). An operation that is not here cannot be mounted, and a test compares both
ways.
"""

from __future__ import annotations

from dataclasses import dataclass

from notary.errors import Forbidden
from trading.caller import Caller

PUBLIC = frozenset[str]()
ANYONE = frozenset({"agency", "bidder", "trustee", "expert", "supervisor", "administrator"})


@dataclass(frozen=True)
class Permission:
    """roles: any of these (PUBLIC: no sign-in needed). owns: the test that the act makes. writes: it changes."""

    roles: frozenset[str]
    owns: str
    writes: bool = False


def _read(*roles: str, owns: str = "-") -> Permission:
    return Permission(frozenset(roles), owns)


def _write(*roles: str, owns: str) -> Permission:
    return Permission(frozenset(roles), owns, writes=True)


POLICY: dict[str, Permission] = {
    "claim.use": Permission(PUBLIC, "the one-time link", writes=True),
    "me.show": Permission(ANYONE, "oneself"),
    "request.show": Permission(ANYONE, "the sender"),
    "organisation.add": _write("administrator", owns="-"),
    "person.add": _write("administrator", owns="-"),
    "token.issue": _write("administrator", owns="-"),
    "key.register": _write("bidder", "expert", owns="statement: a bidder for its own; score: an expert"),
    "key.replace": _write("administrator", owns="-"),
    "key.list": _read("bidder", "expert", owns="own organisation, and oneself"),
    "trustee.add": _write("administrator", owns="-"),
    "trustee.list": _read(),
    "anchors.show": _read(),
    "procedure.list": _read(),
    "procedure.show": _read(),
    "document.put": _write("agency", owns="own organisation"),
    "document.show": _read(owns="public once published"),
    "tender.draft": _write("agency", owns="own organisation"),
    "tender.list": _read(owns="published, or own organisation"),
    "tender.show": _read(owns="published, own organisation, or trustee of it"),
    "tender.publish": _write("agency", owns="the tender's agency"),
    "tender.amend": _write("agency", owns="the tender's agency"),
    "tender.approve": _write("agency", owns="the tender's agency, another person"),
    "tender.send_back": _write("agency", owns="the tender's agency, another person"),
    "tender.fail": _write("agency", owns="the tender's agency"),
    "tender.hold": _write("supervisor", owns="-"),
    "tender.lift": _write("supervisor", owns="-"),
    "question.ask": _write("bidder", owns="published"),
    "question.list": _read(owns="answered, or the tender's agency"),
    "question.answer": _write("agency", owns="the tender's agency"),
    "objection.file": _write("bidder", owns="published"),
    "objection.list": _read(
        "bidder", "agency", "supervisor", owns="own objections; the tender's agency; supervisors all"
    ),
    "objection.answer": _write("agency", owns="the tender's agency"),
    "opening_key.offer": _write("trustee", owns="the trustee's organisation"),
    "opening_key.prove": _write("trustee", owns="the trustee's organisation"),
    "key_set.show": _read(owns="published, the agency, or trustee of it"),
    "key_set.sign": _write("trustee", owns="the trustee's organisation"),
    "rehearsal.show": _read("trustee", owns="the trustee's organisation"),
    "rehearsal.answer": _write("trustee", owns="the trustee's organisation"),
    "upload.begin": _write("bidder", owns="own organisation"),
    "upload.part": _write("bidder", owns="own upload"),
    "upload.show": _read("bidder", owns="own upload"),
    "bid.submit": _write("bidder", owns="own organisation"),
    "bid.withdraw": _write("bidder", owns="own organisation"),
    "bid.own": _read("bidder", owns="own organisation"),
    "receipt.show": _read("bidder", owns="own organisation"),
    "closing.show": _read(),
    "key.release": _write("trustee", owns="the trustee's organisation"),
    "opening.show": _read(),
    "opening.confirm": _write("bidder", owns="own organisation's opened bid"),
    "envelope.list": _read("agency", "expert", owns="opened: the tender's agency, its committee"),
    "envelope.part": _read("agency", "expert", owns="opened: the tender's agency, its committee"),
    "documents.hand": _write("agency", owns="the tender's agency, after the opening"),
    "documents.box": _read("expert", owns="member of the committee, declared free"),
    "committee.set": _write("agency", owns="the tender's agency"),
    "committee.declare": _write("expert", owns="member of the committee"),
    "score.sign": _write("expert", owns="member of the committee"),
    "evaluation.make": _write("agency", owns="the tender's agency"),
    "candidates.publish": _write("agency", owns="the tender's agency"),
    "award.propose": _write("agency", owns="the tender's agency"),
    "paper.list": _read(owns="published"),
    "paper.show": _read(owns="issued; unsigned: its author"),
    "paper.issue": _write("agency", owns="its author"),
    "record.show": _read(owns="published"),
    "dossier.show": _read(owns="closed or ended"),
    "log.entry": _read(owns="disclosed"),
    "log.consistency": _read(),
    "log.file": _read(),
    "health.show": _read(),
    "asset.show": _read(),
    "page.clock": _read(),
    "page.front": _read(),
    "page.help": _read(),
    "page.lot": _read(owns="published"),
    "page.notices": _read(owns="published"),
    "page.openings": _read(owns="published"),
    "page.organisation": _read(),
    "page.results": _read(owns="awarded"),
    "page.gallery": _read(),
    "page.keys": _read("bidder", "trustee", "expert", owns="oneself"),
    "page.bidder": _read("bidder", owns="own organisation; lots once published"),
    "page.trustee": _read("trustee", owns="lots that name the trustee"),
    "page.verify": _read(),
    "page.verifier": _read(),
    "page.agency": _read("agency", owns="own organisation"),
    "page.draft": _read("agency", owns="own organisation"),
    "page.draft_write": _write("agency", owns="own organisation"),
    "page.supervisor": _read("supervisor", owns="published"),
    "page.expert": _read("expert", owns="member of the committee"),
    "page.sheet": _write("expert", owns="member of the committee"),
    "page.own_lot": _read("agency", owns="the tender's agency"),
    "demonstration.enter": Permission(PUBLIC, "a demonstration only", writes=True),
    "session.end": _write(*ANYONE, owns="oneself"),
    "page.sign_in": _read(),
    "page.claim": _read(),
    "page.desk": _read(*ANYONE, owns="oneself"),
    "page.account": _read(*ANYONE, owns="oneself"),
    "page.factors": _read(*ANYONE, owns="oneself"),
    "page.confirm": _read(*ANYONE, owns="oneself"),
    "page.mail": _read(*ANYONE, owns="oneself"),
    "mail.give": _write(*ANYONE, owns="oneself"),
    "mail.confirm": _write(*ANYONE, owns="oneself"),
    "mail.remove": _write(*ANYONE, owns="oneself"),
    "mail.retry": _write("administrator", owns="-"),
    "account.data": _read(*ANYONE, owns="oneself"),
    "account.claim": Permission(PUBLIC, "the one-time link", writes=True),
    "account.password": _write(*ANYONE, owns="oneself"),
    "passkey.ask": Permission(PUBLIC, "-", writes=True),
    "passkey.ask_own": _write(*ANYONE, owns="oneself"),
    "passkey.ask_new": _write(*ANYONE, owns="oneself"),
    "session.begin": Permission(PUBLIC, "password and code", writes=True),
    "session.passkey": Permission(PUBLIC, "a passkey", writes=True),
    "session.extend": _write(*ANYONE, owns="oneself"),
    "session.end_other": _write(*ANYONE, owns="own session"),
    "session.confirm": _write(*ANYONE, owns="oneself"),
    "session.confirm_passkey": _write(*ANYONE, owns="own passkey"),
    "factor.authenticator": _write(*ANYONE, owns="oneself"),
    "factor.passkey": _write(*ANYONE, owns="oneself"),
    "factor.remove": _write(*ANYONE, owns="own factor"),
    "factor.codes": _write(*ANYONE, owns="oneself"),
    "token.make": _write(*ANYONE, owns="oneself"),
    "token.end": _write(*ANYONE, owns="own token"),
    "session.certificate": Permission(PUBLIC, "a certificate that somebody has added", writes=True),
    "session.provider": Permission(PUBLIC, "a provider's subject that somebody has added", writes=True),
    "factor.certificate": _write(*ANYONE, owns="own organisation's certificate"),
    "page.provider": _read(),
    "page.provider_own": _read(*ANYONE, owns="oneself"),
    "account.stop_recovery": _write(*ANYONE, owns="oneself"),
    "page.register": _read(),
    "registration.ask": Permission(PUBLIC, "an organisation that nobody has registered", writes=True),
    "registration.decide": _write("administrator", owns="-"),
    "page.colleagues": _read("bidder", owns="own organisation"),
    "colleague.add": _write("bidder", owns="own organisation"),
    "page.administrator": _read("administrator"),
    "page.administrator_organisations": _read("administrator"),
    "page.administrator_people": _read("administrator"),
    "page.administrator_person": _read("administrator"),
    "page.administrator_recoveries": _read("administrator"),
    "page.administrator_registrations": _read("administrator"),
    "page.administrator_trustees": _read("administrator"),
    "page.administrator_system": _read("administrator"),
    "page.administrator_mail": _read("administrator"),
    "page.administration_log": _read("administrator", "supervisor"),
    "administration.organisation": _write("administrator", owns="-"),
    "administration.trustee": _write("administrator", owns="-"),
    "administration.person": _write("administrator", owns="-"),
    "administration.roles": _write("administrator", owns="another person"),
    "administration.link": _write("administrator", owns="a person without account"),
    "administration.sessions": _write("administrator", owns="-"),
    "recovery.propose": _write("administrator", owns="-"),
    "recovery.decide": _write("administrator", owns="another administrator than who proposed it"),
    "openapi.show": _read(),
}


def check(operation: str, caller: Caller | None, withheld: frozenset[str] = frozenset()) -> None:
    """Raise Forbidden unless the caller's roles allow the operation. Unknown operations are a KeyError at start.

    withheld: roles that the caller has, but not before it has shown a second factor.
    """
    permission = POLICY[operation]
    if permission.roles == PUBLIC:
        return
    if caller is None:
        raise Forbidden("sign_in", "请先登录（缺少令牌）。", "Sign in first: there is no token.")
    # ANYONE is whoever is signed in, also without a role: one's own account stays one's own.
    if permission.roles == ANYONE or permission.roles & caller.roles:
        return
    if permission.roles & withheld:
        raise Forbidden(
            "second_factor",
            "您的角色须使用通行密钥或动态验证码登录，请先添加第二因素。",
            "Your role needs a passkey or a code at sign-in: add a second factor first.",
        )
    raise _role(operation)


def check_role(caller: Caller, role: str, operation: str) -> None:
    """Raise Forbidden unless the caller has this one of the roles that the operation lets in."""
    if role not in caller.roles:
        raise _role(operation)


def _role(operation: str) -> Forbidden:
    return Forbidden("role", "您的角色不能执行此操作。", "Your role may not do this.", operation=operation)
