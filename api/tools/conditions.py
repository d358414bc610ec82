"""When a trustee's tool gives up an opening key: conditions checked on the trustee's own machine. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.tools.record import Disclosed
from bidding.keysets import KeySet
from notary import anchors as anchor
from notary import clock, merkle, notes
from notary.anchors import Anchors
from notary.errors import Malformed, Refusal
from notary.forms import Form, Hex32, convert
from notary.notes import Checkpoint
from trading.auctions import terms
from trading.auctions.draft import RESERVE


class _Notice(Form, frozen=True, forbid_unknown_fields=False):
    deadline: str
    key_sets: dict[str, str]
    minimum_bids: int
    opens_at: str


class _Closing(Form, frozen=True):
    accepted: list[Hex32]
    count: int
    deadline: str
    root: Hex32


class _AuctionClosing(Form, frozen=True):
    count: int
    envelopes: list[Hex32]
    event: Hex32
    kind: str
    root: Hex32


@dataclass(frozen=True)
class Condition:
    """One condition. zh, en: the sentence that is printed with ✓ or ✗. refusal: why it is not met."""

    name: str
    zh: str
    en: str
    refusal: Refusal | None

    @property
    def met(self) -> bool:
        """Whether it is met."""
        return self.refusal is None


@dataclass(frozen=True)
class Evidence:
    """What a release rests on.

    key_set: of the envelopes; signed: id of the one key set that this trustee signed for its opening key.
    closing: the entry lot_closed, or auction_closed of what an auction has sealed; notice: the latest notice of the
    record; their proofs lead to the checkpoint (a signed note). last_seen: size and root of the newest checkpoint that
    this trustee saw before, and the consistency proof from there. held: the server says that a hold is in force.
    record: the tender's disclosed entries.
    now: by the trustee's own clock.
    """

    key_set: KeySet
    signed: str | None
    anchors: Anchors
    closing: Disclosed
    closing_proof: tuple[bytes, ...]
    notice: Disclosed
    notice_proof: tuple[bytes, ...]
    checkpoint: bytes
    last_seen: tuple[int, bytes] | None
    consistency: tuple[bytes, ...]
    held: bool
    record: tuple[Disclosed, ...]
    now: datetime


def release_conditions(evidence: Evidence) -> list[Condition]:
    """Every condition of a release, met or not, in the order in which they are printed."""
    found = _OF_AUCTION if "auction" in evidence.notice.body else _CONDITIONS
    return [Condition(name, zh, en, _refusal(check, evidence)) for name, check, zh, en in found]


def _refusal(check: Callable[[Evidence], None], evidence: Evidence) -> Refusal | None:
    try:
        check(evidence)
    except Refusal as refusal:
        return refusal
    return None


def _notice(evidence: Evidence) -> _Notice:
    return convert(evidence.notice.body, _Notice)


def _closing(evidence: Evidence) -> _Closing:
    return convert(evidence.closing.body, _Closing)


def _check_key_set(evidence: Evidence) -> None:
    key_set = evidence.key_set
    if key_set.id != evidence.signed:
        raise _unmet("key_set_not_signed", "密钥组不是本人签署的。", "This trustee has not signed the key set.")
    if _notice(evidence).key_sets.get(key_set.kind) != key_set.id:
        raise _unmet("key_set_not_published", "公告采用的是另一密钥组。", "The notice names another key set.")


def _auction_closing(evidence: Evidence) -> _AuctionClosing:
    return convert(evidence.closing.body, _AuctionClosing)


def _check_clock(evidence: Evidence) -> None:
    _check_past(
        evidence,
        max(
            clock.parse(_notice(evidence).opens_at, "opens_at"),
            clock.parse(_closing(evidence).deadline, "deadline"),
        ),
    )


def _check_auction_clock(evidence: Evidence) -> None:
    _check_past(evidence, terms.read(evidence.notice.body["auction"]).earliest_end)


def _check_past(evidence: Evidence, opens_at: datetime) -> None:
    if evidence.now < opens_at:
        raise _unmet(
            "too_early",
            f"开标时间为 {clock.text(opens_at)}，本机时间为 {clock.text(evidence.now)}。",
            f"The opening is at {clock.text(opens_at)}; the clock here says {clock.text(evidence.now)}.",
        )


def _check_witnessed(evidence: Evidence) -> None:
    anchor.open_checkpoint(evidence.anchors, evidence.checkpoint)


def _check_closing(evidence: Evidence) -> None:
    _check_closing_of_lot(evidence, "lot_closed")
    if _notice(evidence).deadline != _closing(evidence).deadline:
        raise _unmet("deadline_differs", "截标时间与公告不符。", "The closing has not the notice's deadline.")
    _check_both_included(evidence)


def _check_auction_closing(evidence: Evidence) -> None:
    _check_closing_of_lot(evidence, "auction_closed")
    if _auction_closing(evidence).kind != evidence.key_set.kind:
        raise _unmet("closing_wrong", "该记录开启的是另一种封套。", "That closing is of another kind of envelope.")
    _check_both_included(evidence)


def _check_closing_of_lot(evidence: Evidence, kind: str) -> None:
    head, key_set = evidence.closing.head, evidence.key_set
    if (head["kind"], head["tender"], head["lot"]) != (kind, key_set.tender, key_set.lot):
        raise _unmet("closing_wrong", "不是本标段的截标记录。", "This is not the closing of the lot.")


def _check_both_included(evidence: Evidence) -> None:
    notice, closing = evidence.notice.index, evidence.closing.index
    if notice is None or closing is None or notice >= closing:
        raise _unmet("order_wrong", "公告不在截标之前。", "The notice does not stand before the closing.")
    root = checkpoint_of(evidence.checkpoint)
    _check_inclusion(notice, evidence.notice, evidence.notice_proof, root)
    _check_inclusion(closing, evidence.closing, evidence.closing_proof, root)


def _check_inclusion(index: int, entry: Disclosed, proof: tuple[bytes, ...], checkpoint: Checkpoint) -> None:
    merkle.verify_inclusion(index, checkpoint.size, merkle.leaf_hash(entry.commitment), proof, checkpoint.root)


def _check_consistent(evidence: Evidence) -> None:
    if evidence.last_seen is None:
        return
    size, root = evidence.last_seen
    checkpoint = checkpoint_of(evidence.checkpoint)
    merkle.verify_consistency(size, checkpoint.size, evidence.consistency, root, checkpoint.root)


def _check_count(evidence: Evidence) -> None:
    closing = _closing(evidence)
    accepted = [bytes.fromhex(commitment) for commitment in closing.accepted]
    root = merkle.root([merkle.leaf_hash(commitment) for commitment in accepted])
    if closing.count != len(accepted) or closing.root != root.hex():
        raise _unmet("list_wrong", "截标清单的数目或树根不符。", "Count or root of the closing list is wrong.")
    minimum = _notice(evidence).minimum_bids
    if len(accepted) < minimum:
        raise _unmet(
            "too_few",
            f"只有 {len(accepted)} 份投标，少于 {minimum} 份。",
            f"{len(accepted)} bids; {minimum} are needed.",
        )


def _check_auction_count(evidence: Evidence) -> None:
    closing = _auction_closing(evidence)
    root = merkle.root([merkle.leaf_hash(bytes.fromhex(envelope)) for envelope in closing.envelopes])
    if closing.count != len(closing.envelopes) or closing.root != root.hex():
        raise _unmet("list_wrong", "截标清单的数目或树根不符。", "Count or root of the closing list is wrong.")
    # A reserve price stands in the terms: nobody may put another envelope in its place. Of offers that is seen later.
    reserve = [evidence.notice.body["auction"]["reserve"]]
    if closing.kind == RESERVE and closing.envelopes != reserve:
        raise _unmet(
            "reserve_differs",
            "待开启的不是公告写明的保留价。",
            "What is to be opened is not the notice's reserve price.",
        )


def _check_no_hold(evidence: Evidence) -> None:
    holds = sum(entry.kind == "lot_held" for entry in evidence.record)
    lifts = sum(entry.kind == "hold_lifted" for entry in evidence.record)
    if evidence.held or holds > lifts:
        raise _unmet("held", "监督部门已责令暂停。", "A supervisor has put the lot on hold.")
    if any(entry.kind == "lot_failed" for entry in evidence.record):
        raise _unmet("failed", "该标段已终止，密钥不得公布。", "The lot has failed: none of its keys may be released.")


_CONDITIONS: tuple[tuple[str, Callable[[Evidence], None], str, str], ...] = (
    ("key_set", _check_key_set, "密钥组是本人签署的那一个", "the key set is the one that this trustee signed"),
    ("clock", _check_clock, "本机时钟已过开标时间", "the clock of this machine is past the opening time"),
    (
        "witnessed",
        _check_witnessed,
        "检查点有日志与法定数量见证人的签名",
        "log and witness quorum have signed the checkpoint",
    ),
    ("closing", _check_closing, "截标记录与公告都在检查点之内", "closing and notice stand in the checkpoint"),
    ("consistent", _check_consistent, "检查点与上次所见的一致", "the checkpoint continues the one seen last"),
    ("count", _check_count, "投标数不少于法定最低数", "there are no fewer bids than the minimum"),
    ("no_hold", _check_no_hold, "没有暂停令，标段未终止", "no hold is in force, and the lot has not failed"),
)


#: Nothing of a running auction is public, so the one public fact of its closing is the entry that says what to open.
_OF_AUCTION: tuple[tuple[str, Callable[[Evidence], None], str, str], ...] = (
    _CONDITIONS[0],
    (
        "clock",
        _check_auction_clock,
        "本机时钟已过竞价最早的截止时间",
        "the clock of this machine is past the earliest end of bids",
    ),
    _CONDITIONS[2],
    (
        "closing",
        _check_auction_closing,
        "竞价截止记录与公告都在检查点之内",
        "closing and notice stand in the checkpoint",
    ),
    _CONDITIONS[4],
    ("count", _check_auction_count, "待开启的正是公告写明的封套", "what is to be opened is what the notice names"),
    _CONDITIONS[6],
)


def checkpoint_of(note: bytes) -> Checkpoint:
    """The checkpoint in a signed note, its signatures unchecked."""
    return notes.parse_checkpoint(notes.parse_note(note).text)


def _unmet(reason: str, zh: str, en: str) -> Malformed:
    return Malformed(reason, zh, en)
