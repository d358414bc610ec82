"""The bidder's side: statements that chain, receipts that are checked before they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from api.tools import keys, record, uploads
from api.tools.client import Client, ServerRefused
from api.tools.files import write_private
from api.tools.uploads import Progress
from api.tools.vault import Vault
from notary import canonical, chance, clock, receipts, signing
from notary.anchors import Anchors
from notary.errors import Conflict, Forbidden, Malformed
from notary.receipts import Checked

_NONCE = 16
PROOF_SECONDS = 60


@dataclass(frozen=True)
class Bidder:
    """A bidder at work: its connection, its opened vault, the anchors it believes, its organisation's code."""

    client: Client
    vault: Vault
    anchors: Anchors
    code: str


def bidder(client: Client, vault: Vault, anchors: Anchors) -> Bidder:
    """The bidder whose token the connection has."""
    return Bidder(client, vault, anchors, client.get("/me")["organisation"])


def submit(own: Bidder, path: Path, progress: Progress, *, replace: bool = False) -> dict[str, Any]:
    """Upload a sealed file, state it as the bid, and give the checked receipt.

    replace: a bid stands and this one takes its place. Raises Conflict (bid_stands, no_bid_stands, key_set_changed,
    key_unknown), Forbidden (not_invited), Malformed, and what the server refuses. For one that came too late the
    receipt says that it was refused.
    """
    bid = uploads.read_bid(path)
    base = bid.front.header.base
    if base.bidder != own.code:
        raise Malformed(
            "bidder_wrong", "封标文件属于另一投标人。", "The sealed file is another bidder's.", field="bidder"
        )
    standing, last = _chain(own, base.tender)
    _check_standing(standing, wanted=replace)
    upload, envelope = uploads.upload(own.client, bid, progress)
    notice = record.latest_notice(record.of_tender(own.client, base.tender))
    if notice.body["key_sets"].get(base.kind) != base.key_set:
        raise Conflict("key_set_changed", "密钥组已变更，请重新封标。", "The key set has changed: seal the bid again.")
    statement = {
        "type": "sunbid/statement/1",
        "tender": base.tender,
        "lot": base.lot,
        "bidder": own.code,
        "envelopes": {base.kind: envelope},
        "key_sets": {base.kind: base.key_set},
        "seen": notice.commitment.hex(),
        "replaces": last,
        "nonce": chance.token(_NONCE).hex(),
    }
    signed = signing.sign(statement, own.vault.signing_key("statement"))
    return send(own, f"/tenders/{base.tender}/bids", {"statement": signed, "uploads": {base.kind: upload}})


def withdraw(own: Bidder, tender: str) -> dict[str, Any]:
    """Withdraw the bid that stands; the checked receipt. Raises Conflict (no_bid_stands, key_unknown)."""
    standing, last = _chain(own, tender)
    _check_standing(standing, wanted=True)
    statement = {
        "type": "sunbid/withdrawal/1",
        "tender": tender,
        "lot": own.client.get(f"/tenders/{tender}")["lot"],
        "bidder": own.code,
        "replaces": last,
        "nonce": chance.token(_NONCE).hex(),
    }
    signed = signing.sign(statement, own.vault.signing_key("statement"))
    return send(own, f"/tenders/{tender}/withdrawals", {"statement": signed})


def opening(own: Bidder, tender: str) -> dict[str, Any]:
    """What this bidder can confirm: ``{opened, opened_at, bids, own}``.

    `opened`: the commitment of the opening's entry, computed here; `bids`: how many; `own`: this bidder's as disclosed,
    or None. Raises Held (not_opened).
    """
    entry = record.opening(record.of_tender(own.client, tender))
    bids = entry.body["bids"]
    return {
        "opened": entry.commitment.hex(),
        "opened_at": entry.head["time"],
        "bids": len(bids),
        "own": next((bid for bid in bids if bid["bidder"] == own.code), None),
    }


def confirm(own: Bidder, tender: str, opened: str) -> dict[str, Any]:
    """Confirm the opening whose entry has this commitment; ``{leaf}``, the commitment of the confirmation.

    Raises Conflict (opening_other, key_unknown), Held (not_opened), and what the server refuses.
    """
    keys.check_known(own.client, own.vault, own.anchors, own.code)
    entry = record.opening(record.of_tender(own.client, tender))
    if entry.commitment.hex() != opened:
        raise Conflict(
            "opening_other",
            "公开记录中的开标与所给摘要不符，未签署；请重新核对。",
            "The opening in the record is not the one of that hash: nothing was signed; look again.",
        )
    confirmation = {
        "type": "sunbid/confirmation/1",
        "tender": tender,
        "lot": entry.head["lot"],
        "bidder": own.code,
        "opened": opened,
    }
    signed = signing.sign(confirmation, own.vault.signing_key("statement"))
    answer: dict[str, Any] = own.client.post(f"/tenders/{tender}/confirmations", {"confirmation": signed})
    return answer


def status(own: Bidder, tender: str) -> dict[str, Any]:
    """What the server says of this bidder's statements: ``{standing, statements}``."""
    found: dict[str, Any] = own.client.get(f"/tenders/{tender}/bids/own")
    return found


def check_invited(own: Bidder, tender: str) -> None:
    """Raise Forbidden (not_invited) where a bid of this bidder would be refused: the lot invites, and not this one."""
    _check_invited(status(own, tender))


def check(own: Bidder, receipt: dict[str, Any]) -> Checked:
    """Check a receipt against the anchors and this bidder's own key. Raises Malformed."""
    return receipts.check(receipt, own.anchors, own.vault.public_key("statement"))


def proved_receipt(own: Bidder, number: str, *, seconds: float = PROOF_SECONDS) -> tuple[dict[str, Any], Checked]:
    """The receipt with this number, checked; waits until it has its log proof, `seconds` long at most.

    When the time is over it is given as it is: signed, not yet proved.
    """

    def fetch() -> tuple[dict[str, Any], Checked]:
        receipt = own.client.get(f"/receipts/{number}")
        return receipt, check(own, receipt)

    tries = Retrying(
        retry=retry_if_result(lambda found: not found[1].proved), wait=wait_fixed(1), stop=stop_after_delay(seconds)
    )
    try:
        return tries(fetch)
    except RetryError as error:
        found: tuple[dict[str, Any], Checked] = error.last_attempt.result()
        return found


def number_of(receipt: dict[str, Any]) -> str:
    """The receipt's number."""
    number: str = receipt["acceptance"]["object"]["receipt"]
    return number


def moment(checked: Checked) -> str:
    """When the bid was accepted or refused, as the record writes times."""
    return clock.text(checked.moment)


def store(receipt: dict[str, Any], path: Path) -> None:
    """Keep a receipt in a file."""
    write_private(path, canonical.dumps(receipt))


def send(own: Bidder, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Hand in a statement; the receipt, checked. One that came too late has a receipt of its refusal."""
    try:
        receipt = own.client.post(path, body)
    except ServerRefused as refusal:
        if "receipt" not in refusal.facts:
            raise
        receipt = refusal.facts["receipt"]
    if check(own, receipt).statement != signing.object_id(body["statement"]["object"]):
        raise Malformed(
            "receipt_foreign", "回执不是本次声明的。", "The receipt is for another statement.", field="receipt"
        )
    found: dict[str, Any] = receipt
    return found


def unknown_keys(own: Bidder) -> list[str]:
    """Keys in this bidder's name of which its vault does not know that they are its own."""
    found = keys.registered(own.client, "statement")
    return [one.public_key for one in keys.unknown(found, own.vault, own.anchors, own.code, "statement")]


def _chain(own: Bidder, tender: str) -> tuple[str | None, str | None]:
    """The statement that stands, and the chain's end, which the next one replaces. Raises Conflict (key_unknown)."""
    keys.check_known(own.client, own.vault, own.anchors, own.code)
    found = status(own, tender)
    _check_invited(found)
    return found["standing"], found["latest"]


def _check_invited(found: dict[str, Any]) -> None:
    if found["invited"] is False:
        raise Forbidden(
            "not_invited",
            "本项目只接受被邀请的单位投标，贵单位不在邀请之列；没有上传任何内容。",
            "Only those who are invited may bid here, and your organisation is not: nothing was sent.",
        )


def _check_standing(standing: str | None, *, wanted: bool) -> None:
    if wanted and standing is None:
        raise Conflict("no_bid_stands", "没有有效的投标。", "No bid of yours stands.")
    if not wanted and standing is not None:
        raise Conflict(
            "bid_stands",
            "您已有一份有效投标，如要替换请用 sunbid bid replace。",
            "A bid of yours stands already: use sunbid bid replace to put this one in its place.",
        )
