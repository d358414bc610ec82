"""Who may do what: one table, deny by default. docs/http.md is its prose.

`roles` is checked before a handler runs; `owns` and `stages` say which further tests the act itself makes on the row (a
foreign thing and an absent one are the same 404). An operation that is not here cannot be mounted. The tests read the
table and try every operation as everybody, on everything, over HTTP (tests/api/sweep.py): what it does not allow must
not succeed, and what it allows must not be refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from notary.errors import Forbidden
from trading import lifecycle
from trading.caller import Caller

PUBLIC = frozenset[str]()
ANYONE = frozenset({"agency", "bidder", "trustee", "expert", "supervisor", "administrator"})


class Owns(Enum):
    """To whom, of those who have the role, the thing of an operation is open. Of several any one is enough."""

    ALL = "everybody"  # it is nobody's, or the office's whose role it is
    PUBLISHED = "everybody, once it is public"  # a lot from its publication on; an entry or document once disclosed
    AGENCY = "the tender's agency"
    TRUSTEE = "the trustees that the tender names"
    COMMITTEE = "the members of the tender's committee"
    FREE = "those members who have declared to be free of interest"
    PARTY = "the parties of the lot's draw of experts"
    BIDDER = "the organisations whose bids were opened"
    OBJECTOR = "the organisation that objected"
    OFFICE = "supervisors, once it is public"
    STRANGER = "other organisations than the tender's agency, once it is public"
    ANNOUNCED = "everybody, once its prior notice is public"
    COMMENTER = "other organisations than the tender's agency, once its prior notice is public"
    ORGANISATION = "the organisation whose it is"
    SELF = "the person whose it is"
    HOLDER = "whoever holds the link, password, device or key that it takes"


@dataclass(frozen=True)
class Permission:
    """roles: any of these (PUBLIC: no sign-in needed). owns: to whom of them. writes: it changes something.

    stages: in no other stage of the lot; None: in every one. The lot's procedure may narrow them (trading.lifecycle).
    apart: by another person than the one who asked for it. strong: not while a role is withheld (api/sessions.py).
    """

    roles: frozenset[str]
    owns: tuple[Owns, ...] = (Owns.ALL,)
    stages: frozenset[str] | None = None
    writes: bool = False
    apart: bool = False
    strong: bool = False


def _read(*roles: str, owns: tuple[Owns, ...] = (Owns.ALL,), stages: frozenset[str] | None = None) -> Permission:
    return Permission(frozenset(roles), owns, stages)


def _write(
    *roles: str,
    owns: tuple[Owns, ...] = (Owns.ALL,),
    stages: frozenset[str] | None = None,
    apart: bool = False,
    strong: bool = False,
) -> Permission:
    return Permission(frozenset(roles), owns, stages, writes=True, apart=apart, strong=strong)


def _when(*acts: str) -> frozenset[str]:
    """The stages in which one of these acts is possible."""
    return frozenset(stage for stage, act in lifecycle.TABLE if act in acts)


_PUBLISHED, _AGENCY, _TRUSTEE, _COMMITTEE = (Owns.PUBLISHED,), (Owns.AGENCY,), (Owns.TRUSTEE,), (Owns.COMMITTEE,)
_ANNOUNCED = (Owns.ANNOUNCED,)
_ORGANISATION, _SELF, _HOLDER = (Owns.ORGANISATION,), (Owns.SELF,), (Owns.HOLDER,)
_DRAFT, _OPEN, _OPENED = frozenset({"draft"}), frozenset({"open"}), frozenset({"opened"})
_OUT = frozenset(lifecycle.STAGES) - {"draft", "proposed"}
_CLOSED = _OUT - {"open"}
_AWARDED = frozenset({"awarded", "contracted", "completed", "terminated"})
_EVALUATED = _AWARDED | {"evaluated", "publicity", "awarding"}
_DRAWN = frozenset({"closed", "opened"})
#: In an auction those who take part are known to the agency, but not before it is over who of them paid what.
_KNOWN = _CLOSED - {"closed", "failed", "cancelled"}
_READABLE = _CLOSED - {"closed", "sold"}

_PARTIES = ("agency", "supervisor", "administrator")  # of draws
_SIGNERS = ("bidder", "expert", *_PARTIES)

POLICY: dict[str, Permission] = {
    "claim.use": _write(owns=_HOLDER),
    "me.show": _read(*ANYONE, owns=_SELF),
    "request.show": _read(*ANYONE, owns=_SELF),
    "organisation.add": _write("administrator"),
    "person.add": _write("administrator"),
    "expert.set": _write("administrator"),
    "token.issue": _write("administrator"),
    "key.register": _write(*_SIGNERS, owns=(Owns.ORGANISATION, Owns.SELF)),
    "key.replace": _write("administrator"),
    "key.list": _read(*_SIGNERS, owns=(Owns.ORGANISATION, Owns.SELF)),
    "trustee.add": _write("administrator"),
    "trustee.list": _read(),
    "anchors.show": _read(),
    "procedure.list": _read(),
    "procedure.show": _read(),
    "document.put": _write("agency"),
    "document.show": _read(owns=(Owns.PUBLISHED, Owns.AGENCY)),
    "tender.draft": _write("agency", owns=_ORGANISATION),
    "tender.list": _read(owns=(Owns.PUBLISHED, Owns.AGENCY)),
    "tender.show": _read(owns=(Owns.PUBLISHED, Owns.AGENCY, Owns.TRUSTEE)),
    "tender.publish": _write("agency", owns=_AGENCY, stages=_when("submit")),
    "tender.amend": _write("agency", owns=_AGENCY, stages=_when("amend")),
    "tender.approve": _write("agency", owns=_AGENCY, apart=True),
    "tender.send_back": _write("agency", owns=_AGENCY, apart=True),
    "tender.fail": _write("agency", owns=_AGENCY, stages=_when("fail", "cancel") & _OUT),
    "tender.hold": _write("supervisor", owns=_PUBLISHED, stages=_when("hold")),
    "tender.lift": _write("supervisor", owns=_PUBLISHED, stages=_when("lift")),
    "question.ask": _write("bidder", owns=_PUBLISHED, stages=_when("ask")),
    "question.list": _read(owns=_PUBLISHED),
    "question.answer": _write("agency", owns=_AGENCY, stages=_when("answer")),
    "objection.file": _write("bidder", owns=(Owns.STRANGER,), stages=_when("object")),
    "objection.list": _read("bidder", "agency", "supervisor", owns=_PUBLISHED),
    "objection.answer": _write("agency", owns=_AGENCY, stages=_when("answer")),
    "prior.list": _read(owns=_ANNOUNCED),
    "prior.show": _read(owns=_ANNOUNCED),
    "prior.propose": _write("agency", owns=_AGENCY, stages=_when("announce")),
    "comment.file": _write("bidder", owns=(Owns.COMMENTER,)),
    "comment.list": _read("bidder", "agency", "supervisor", owns=_ANNOUNCED),
    "comment.answer": _write("agency", owns=_AGENCY),
    "invitation.list": _read("agency", owns=_AGENCY),
    "invitation.add": _write("agency", owns=_AGENCY, stages=_when("invite")),
    "complaint.file": _write("bidder", owns=(Owns.OBJECTOR,)),
    "complaint.list": _read("bidder", "agency", "supervisor", owns=_PUBLISHED),
    "complaint.decide": _write("supervisor", owns=_PUBLISHED),
    "complaint.rule": _write("supervisor", owns=_PUBLISHED),
    "complaint.withdraw": _write("bidder", owns=(Owns.OBJECTOR,)),
    "opening_key.offer": _write("trustee", owns=_TRUSTEE, stages=_DRAFT),
    "opening_key.prove": _write("trustee", owns=_TRUSTEE, stages=_DRAFT),
    "key_set.show": _read(owns=(Owns.PUBLISHED, Owns.AGENCY, Owns.TRUSTEE)),
    "key_set.sign": _write("trustee", owns=_TRUSTEE),
    "rehearsal.show": _read("trustee", owns=_TRUSTEE),
    "rehearsal.answer": _write("trustee", owns=_TRUSTEE),
    "upload.begin": _write("bidder", owns=_PUBLISHED, stages=_OPEN),
    "upload.part": _write("bidder", owns=_ORGANISATION, stages=_OPEN),
    "upload.show": _read("bidder", owns=_ORGANISATION),
    "bid.submit": _write("bidder", owns=_PUBLISHED, stages=_when("bid")),
    "bid.withdraw": _write("bidder", owns=_PUBLISHED, stages=_when("withdraw")),
    "bid.own": _read("bidder", owns=_PUBLISHED),
    "receipt.show": _read("bidder", owns=_ORGANISATION),
    "auction.reserve": _write("agency", owns=_AGENCY, stages=_when("edit")),
    "auction.show": _read(owns=_PUBLISHED),
    "auction.follow": _read(owns=_PUBLISHED),
    "auction.own": _read("bidder", owns=_PUBLISHED),
    "auction.apply": _write("bidder", owns=(Owns.STRANGER,), stages=_when("apply")),
    "auction.applications": _read("agency", owns=_AGENCY),
    "auction.admit": _write("agency", owns=_AGENCY, stages=_when("admit")),
    "auction.bid": _write("bidder", owns=_PUBLISHED, stages=_when("bid_in_auction")),
    "auction.stop": _write("agency", "supervisor", owns=(Owns.AGENCY, Owns.OFFICE), stages=_when("steer")),
    "auction.announce": _write("agency", "supervisor", owns=(Owns.AGENCY, Owns.OFFICE), stages=_when("steer")),
    "auction.resume": _write("agency", "supervisor", owns=(Owns.AGENCY, Owns.OFFICE), stages=_when("steer")),
    "auction.terminate": _write("supervisor", owns=_PUBLISHED, stages=_when("steer")),
    # What an auction has sealed has its closing, and its releases, while the lot is open.
    "closing.show": _read(owns=_PUBLISHED, stages=_CLOSED - {"sold"}),
    "key.release": _write("trustee", owns=_TRUSTEE, stages=frozenset({"closed", "opened"})),
    "opening.show": _read(owns=_PUBLISHED),
    "opening.confirm": _write("bidder", owns=(Owns.BIDDER,), stages=_when("confirm")),
    "envelope.list": _read("agency", "expert", owns=(Owns.AGENCY, Owns.FREE), stages=_READABLE),
    "envelope.part": _read("agency", "expert", owns=(Owns.AGENCY, Owns.FREE), stages=_READABLE),
    "documents.hand": _write("agency", owns=_AGENCY, stages=_OPENED),
    "documents.box": _read("expert", owns=(Owns.FREE,), stages=_OPENED),
    "committee.set": _write("agency", owns=_AGENCY, stages=_DRAWN),
    "draw.call": _write("agency", owns=_AGENCY, stages=_DRAWN),
    "draw.show": _read(owns=_PUBLISHED),
    "draw.seated": _read("agency", owns=_AGENCY),
    "draw.commit": _write(*_PARTIES, owns=(Owns.PARTY,), stages=_DRAWN),
    "draw.reveal": _write(*_PARTIES, owns=(Owns.PARTY,), stages=_DRAWN),
    "draw.withhold": _write("agency", owns=_AGENCY, stages=_DRAWN),
    "draw.replace": _write("agency", owns=_AGENCY, stages=_DRAWN),
    "draw.fail": _write("agency", owns=_AGENCY, stages=_DRAWN),
    "committee.declare": _write("expert", owns=_COMMITTEE, stages=_OPENED),
    "score.sign": _write("expert", owns=_COMMITTEE, stages=_when("score")),
    "explanation.ask": _write("expert", owns=_COMMITTEE, stages=_when("score")),
    "explanation.give": _write("bidder", owns=(Owns.BIDDER,), stages=_when("score")),
    "explanation.list": _read("bidder", "expert", "agency", "supervisor", owns=_PUBLISHED),
    "evaluation.make": _write("agency", owns=_AGENCY, stages=_when("evaluate")),
    "candidates.publish": _write("agency", owns=_AGENCY, stages=_when("publish_candidates")),
    "award.propose": _write("agency", owns=_AGENCY, stages=_when("propose_award")),
    "contract.show": _read(owns=_PUBLISHED),
    "contract.register": _write("agency", owns=_AGENCY, stages=_when("register_contract")),
    "contract.change": _write("agency", owns=_AGENCY, stages=_when("change_contract")),
    "contract.perform": _write("agency", owns=_AGENCY, stages=_when("record_performance")),
    "contract.end": _write("agency", owns=_AGENCY, stages=_when("complete_contract", "terminate_contract")),
    "deposit.import": _write("administrator"),
    "deposit.list": _read("administrator"),
    "deposit.pay": _write("administrator"),
    "deposit.assign": _write("administrator"),
    "deposit.guarantee": _write("administrator", owns=_PUBLISHED),
    "deposit.show": _read("agency", "supervisor", owns=(Owns.AGENCY, Owns.OFFICE), stages=_KNOWN),
    "deposit.own": _read("bidder", owns=_PUBLISHED),
    "deposit.keep": _write("agency", owns=_AGENCY, stages=_KNOWN),
    "paper.list": _read(owns=_PUBLISHED),
    "paper.show": _read(owns=(Owns.PUBLISHED, Owns.AGENCY)),
    "paper.issue": _write("agency", owns=_AGENCY, stages=_OUT),
    "result_letter.list": _read("bidder", "agency", "supervisor", owns=_PUBLISHED),
    "result_letter.show": _read("bidder", "agency", "supervisor", owns=(Owns.ORGANISATION, Owns.AGENCY, Owns.OFFICE)),
    "result_letter.issue": _write("agency", owns=_AGENCY, stages=_AWARDED),
    "report.show": _read(owns=_PUBLISHED, stages=_EVALUATED),
    "record.show": _read(owns=(Owns.PUBLISHED, Owns.ANNOUNCED)),
    "dossier.show": _read(owns=_PUBLISHED, stages=_CLOSED),
    "log.entry": _read(owns=_PUBLISHED),
    "log.consistency": _read(),
    "log.file": _read(),
    "health.show": _read(),
    "asset.show": _read(),
    "page.clock": _read(),
    "page.front": _read(),
    "page.guide": _read(),
    "page.help": _read(),
    "page.lot": _read(owns=_PUBLISHED),
    "page.notices": _read(owns=_PUBLISHED),
    "page.prior": _read(owns=_ANNOUNCED),
    "page.bidder_prior": _read("bidder", owns=_ANNOUNCED),
    "page.supervisor_prior": _read("supervisor", owns=_ANNOUNCED),
    "page.openings": _read(owns=_PUBLISHED),
    "page.organisation": _read(),
    "page.results": _read(owns=_PUBLISHED),
    "page.gallery": _read(),
    "page.keys": _read(*_SIGNERS, "trustee", owns=_SELF),
    "page.draw": _read(*_PARTIES, owns=(Owns.PARTY,)),
    "page.bidder": _read("bidder", owns=_PUBLISHED),
    "page.trustee": _read("trustee", owns=_TRUSTEE),
    "page.verify": _read(),
    "page.verifier": _read(),
    "page.agency": _read("agency", owns=_AGENCY),
    "page.draft": _read("agency", owns=_ORGANISATION),
    "page.draft_write": _write("agency", owns=_ORGANISATION),
    "page.supervisor": _read("supervisor", owns=_PUBLISHED),
    "page.expert": _read("expert", owns=_COMMITTEE),
    "page.sheet": _write("expert", owns=_COMMITTEE),
    "page.own_lot": _read("agency", owns=_AGENCY),
    "page.own_result": _read("agency", owns=_AGENCY, stages=_OUT),
    "demonstration.enter": _write(),
    "session.end": _write(*ANYONE, owns=_SELF),
    "page.sign_in": _read(),
    "page.claim": _read(),
    "page.desk": _read(*ANYONE, owns=_SELF),
    "page.account": _read(*ANYONE, owns=_SELF),
    "page.factors": _read(*ANYONE, owns=_SELF),
    "page.confirm": _read(*ANYONE, owns=_SELF),
    "page.mail": _read(*ANYONE, owns=_SELF),
    "mail.give": _write(*ANYONE, owns=_SELF),
    "mail.confirm": _write(*ANYONE, owns=_SELF),
    "mail.remove": _write(*ANYONE, owns=_SELF),
    "mail.retry": _write("administrator"),
    "account.data": _read(*ANYONE, owns=_SELF),
    "account.claim": _write(owns=_HOLDER),
    "account.password": _write(*ANYONE, owns=_SELF),
    "passkey.ask": _write(),
    "passkey.ask_own": _write(*ANYONE, owns=_SELF),
    "passkey.ask_new": _write(*ANYONE, owns=_SELF),
    "session.begin": _write(owns=_HOLDER),
    "session.passkey": _write(owns=_HOLDER),
    "session.extend": _write(*ANYONE, owns=_SELF),
    "session.end_other": _write(*ANYONE, owns=_SELF),
    "session.confirm": _write(*ANYONE, owns=_HOLDER),
    "session.confirm_passkey": _write(*ANYONE, owns=_HOLDER),
    "factor.authenticator": _write(*ANYONE, owns=_SELF),
    "factor.passkey": _write(*ANYONE, owns=_SELF),
    "factor.remove": _write(*ANYONE, owns=_SELF),
    "factor.codes": _write(*ANYONE, owns=_SELF),
    "token.make": _write(*ANYONE, owns=_SELF, strong=True),
    "token.end": _write(*ANYONE, owns=_SELF),
    "session.certificate": _write(owns=_HOLDER),
    "session.provider": _write(owns=_HOLDER),
    "factor.certificate": _write(*ANYONE, owns=_ORGANISATION),
    "page.provider": _read(),
    "page.provider_own": _read(*ANYONE, owns=_SELF),
    "account.stop_recovery": _write(*ANYONE, owns=_SELF),
    "page.register": _read(),
    "registration.ask": _write(),
    "registration.decide": _write("administrator"),
    "page.colleagues": _read("bidder", owns=_ORGANISATION),
    "colleague.add": _write("bidder", owns=_ORGANISATION),
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
    "administration.organisation": _write("administrator"),
    "administration.trustee": _write("administrator"),
    "administration.person": _write("administrator"),
    "administration.roles": _write("administrator", apart=True),
    "administration.link": _write("administrator"),
    "administration.sessions": _write("administrator"),
    "recovery.propose": _write("administrator"),
    "recovery.decide": _write("administrator", apart=True),
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


def check_role(caller: Caller, roles: frozenset[str], operation: str) -> None:
    """Raise Forbidden unless the caller has one of these of the roles that the operation lets in."""
    if not roles & caller.roles:
        raise _role(operation)


def _role(operation: str) -> Forbidden:
    return Forbidden("role", "您的角色不能执行此操作。", "Your role may not do this.", operation=operation)
