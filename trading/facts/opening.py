"""开标记录: what was opened, by whose keys, and what was not opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from notary import clock, signing
from notary.entries import Entry
from trading.facts.words import Facts, Occasion, beijing, cell, field, paper, second, sum_of, titled, words

STATES = {
    "opened": words("已开启", "opened"),
    "invalid": words("已开启，不合格式", "opened, invalid"),
    "unopenable": words("无法开启", "unopenable"),
}
_ENDED = {
    "replaced": words("被本单位新的投标代替，已销毁", "replaced by its own bidder, destroyed"),
    "withdrawn": words("截止前撤回，已销毁", "withdrawn before the deadline, destroyed"),
}
# The steps of docs/spec/envelope.md at which an envelope fails, and why a bid is refused.
_REASONS = {
    "base_wrong": words("封套不属于本标段的密钥组或本投标人", "the envelope is not of this key set or bidder"),
    "deadline_passed": words("投标截止时间已过", "the deadline had passed"),
    "form_closed": words("开标一览表不能解密", "the form does not decrypt"),
    "lot_ended": words("标段已终止", "the lot had ended"),
    "form_layout": words("开标一览表不合格式", "the form is not of its layout"),
    "not_invited": words("未被邀请", "it was not invited"),
    "wrap_closed": words("密钥封装不能开启", "a key wrap does not open"),
    "wrap_differs": words("密钥封装被改动，对任何受托人组合均无效", "a key wrap was altered: void for every quorum"),
}
_REFUSED = words("拒收", "refused")


def opening_record(
    occasion: Occasion,
    entries: Sequence[Entry],
    trustees: Mapping[str, Mapping[str, str]],
    refused: Sequence[Mapping[str, str]],
) -> Facts:
    """The facts of templates.facts.OpeningRecord.

    entries: all disclosed entries of the tender. trustees: code -> `name`; refused: `bidder` (code), `moment` (time
    text) and `reason` of each bid that was refused.
    """
    schema = occasion.notice.body["form_schema"]
    columns = [
        {"title": words(one["zh"], one["en"]), "numeric": one["type"] in {"money", "integer"}}
        for one in schema["fields"]
    ]
    accepted = {entry.commitment().hex(): entry for entry in entries if entry.kind == "bid_accepted"}
    return paper(occasion, titled(occasion.procedure, "opening")) | {
        "summary": _summary(occasion),
        "columns": columns,
        "bids": [_bid(schema, bid, accepted[bid["accepted"]]) for bid in occasion.entry.body["bids"]],
        "trustees": _releases(occasion, entries, trustees),
        "policy": _policy(occasion),
        "not_opened": [*_ended(occasion, entries, accepted), *_refusals(occasion, refused)],
        "remarks": [],
        "notes": [
            words(
                f"本记录依据{occasion.procedure.notices['opening'].cites}制作，并向社会公布。",
                "Made by law and published.",
            )
        ],
    }


def _summary(occasion: Occasion) -> list[Facts]:
    body = occasion.notice.body
    ceiling = body["notice"]["ceiling"]
    return [
        field("开标时间", "Opened at", beijing(occasion.entry.time)),
        field("投标截止时间", "Deadline", beijing(clock.parse(body["deadline"]))),
        *([] if ceiling is None else [field("最高投标限价", "Ceiling price", sum_of(ceiling))]),
        field("截止时有效投标", "Bids standing at the deadline", f"{len(occasion.entry.body['bids'])} 份"),
    ]


def _bid(schema: Mapping[str, Any], bid: Mapping[str, Any], accepted: Entry) -> Facts:
    opened = bid["outcome"] == "opened"
    return {
        "bidder": bid["name"],
        "code": bid["bidder"],
        "received": second(accepted.time),
        "receipt": accepted.body["receipt"][:8],
        "state": STATES[bid["outcome"]],
        "values": [cell(one["type"], bid["values"].get(one["name"])) for one in schema["fields"]] if opened else None,
        "reason": None if opened else because(bid["reason"]),
    }


def because(reason: str) -> Facts:
    """A reason in words; one that has none is shown as it stands in the record."""
    return _REASONS.get(reason, words(reason, reason))


def _releases(occasion: Occasion, entries: Sequence[Entry], trustees: Mapping[str, Mapping[str, str]]) -> list[Facts]:
    released = {
        entry.body["release"]["object"]["trustee"]: second(entry.time)
        for entry in entries
        if entry.kind == "key_released"
    }
    codes = sorted({code for quorum in occasion.notice.body["notice"]["policy"]["quorums"] for code in quorum})
    return [
        {
            "trustee": trustees.get(code, {}).get("name", code),
            "released": released.get(code),
            "note": None,
        }
        for code in codes
    ]


def _policy(occasion: Occasion) -> Facts:
    quorums = occasion.notice.body["notice"]["policy"]["quorums"]
    total = len({code for quorum in quorums for code in quorum})
    return words(
        f"开启规则：{total} 名受托人中任意 {len(quorums[0])} 人的密钥开启全部投标。截标经见证后密钥公布如下。",
        f"Any {len(quorums[0])} of {total} trustees open all bids; their keys came after the witnessed closing.",
    )


def _ended(occasion: Occasion, entries: Sequence[Entry], accepted: Mapping[str, Entry]) -> Iterator[Facts]:
    """Bids that their own bidders ended, with the moment of the statement that ended them."""
    ends = {
        entry.body["statement"]["object"]["replaces"]: entry.time
        for entry in entries
        if entry.kind in {"bid_accepted", "bid_withdrawn"}
    }
    for entry in entries:
        if entry.kind == "envelope_destroyed" and entry.body["reason"] in _ENDED:
            statement = accepted[entry.body["accepted"]].body["statement"]["object"]
            moment = ends[signing.object_id(statement)]
            yield _not_opened(occasion, statement["bidder"], second(moment), _ENDED[entry.body["reason"]])


def _refusals(occasion: Occasion, refused: Sequence[Mapping[str, str]]) -> Iterator[Facts]:
    for one in refused:
        why = because(one["reason"])
        what = words(f"{_REFUSED['zh']}：{why['zh']}", f"{_REFUSED['en']}: {why['en']}")
        yield _not_opened(occasion, one["bidder"], second(clock.parse(one["moment"])), what)


def _not_opened(occasion: Occasion, code: str, moment: str, what: Facts) -> Facts:
    return {"bidder": occasion.names.get(code, code), "moment": moment, "what": what}
