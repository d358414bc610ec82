"""Tables of tenders that repeat their entries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from notary import canonical, clock
from notary.entries import Entry
from notary.fsck.mirrors import Mirror
from trading import explanations, money, prior
from trading.explanation_rows import explanation_requests
from trading.explanation_rows import explanations as explained
from trading.prior_rows import comment_answers, comments, prior_notices
from trading.remedy_rows import complaint_decisions, complaint_ends, complaints, objection_answers, objections
from trading.rows import awards, evaluations, keys, papers, publicities, questions, result_letters, scores


def _text(value: Any) -> str:
    return canonical.dumps(value).decode()


def _key(entry: Entry) -> dict[str, Any]:
    return {
        "public_key": entry.body["public_key"],
        "owner": entry.body["owner"],
        "purpose": entry.body["purpose"],
        "registered_at": entry.time,
    }


def _question(entry: Entry) -> dict[str, Any]:
    return {
        "tender": entry.tender,
        "text": entry.body["question"],
        "answer": entry.body["answer"],
        "answered_at": entry.time,
    }


def _score(entry: Entry) -> dict[str, Any]:
    signed = entry.body["score"]
    return {
        "tender": entry.tender,
        "person": signed["object"]["expert"],
        "score": _text(signed),
        "signed_at": entry.time,
    }


def _evaluation(entry: Entry) -> dict[str, Any]:
    return {"tender": entry.tender, "evaluation": _text(entry.body["evaluation"]), "evaluated_at": entry.time}


def _publicity(entry: Entry) -> dict[str, Any]:
    return {
        "tender": entry.tender,
        "candidates": _text(entry.body["candidates"]),
        "published_at": clock.parse(entry.body["published_at"]),
        "objections_until": clock.parse(entry.body["objections_until"]),
    }


def _award(entry: Entry) -> dict[str, Any]:
    return {
        "tender": entry.tender,
        "winner": entry.body["winner"],
        "price_fen": money.parse(entry.body["price"]),
        "awarded_at": entry.time,
    }


def _paper(entry: Entry) -> dict[str, Any]:
    same = {name: entry.body[name] for name in ("name", "author", "entry", "sha256", "size")}
    return {"tender": entry.tender, "issued_at": entry.time, **same}


def _result_letter(entry: Entry) -> dict[str, Any]:
    same = {name: entry.body[name] for name in ("bidder", "author", "award", "sha256", "size")}
    return {"tender": entry.tender, "issued_at": entry.time, **same}


def _explanation_request(entry: Entry) -> dict[str, Any]:
    answer_by = clock.parse(entry.body["answer_by"])
    return {"tender": entry.tender, "bidder": entry.body["bidder"], "asked_at": entry.time, "answer_by": answer_by}


def _explanation(entry: Entry) -> dict[str, Any]:
    return {"tender": entry.tender, "asked": entry.body["asked"], "given_at": entry.time}


def _objection(entry: Entry) -> dict[str, Any]:
    return {
        "objection": entry.body["objection"],
        "tender": entry.tender,
        "against": entry.body["against"],
        "filed_at": entry.time,
        "answer_by": _moment(entry.body["answer_by"]),
        "suspends": entry.body["suspends"],
    }


def _objection_answer(entry: Entry) -> dict[str, Any]:
    same = {name: entry.body[name] for name in ("objection", "outcome")}
    return {"answered_at": entry.time, **same}


def _complaint(entry: Entry) -> dict[str, Any]:
    same = {name: entry.body[name] for name in ("complaint", "objection")}
    return {"tender": entry.tender, "filed_at": entry.time, "decide_by": _moment(entry.body["decide_by"]), **same}


def _complaint_decision(entry: Entry) -> dict[str, Any]:
    same = {name: entry.body[name] for name in ("complaint", "suspends", "taken_up")}
    due = {name: _moment(entry.body[name]) for name in ("suspended_until", "rule_by")}
    return {"decided_at": entry.time, **same, **due}


def _complaint_end(entry: Entry) -> dict[str, Any]:
    said = {"outcome": entry.body.get("outcome", "withdrawn"), "ruling": entry.body.get("ruling")}
    return {"complaint": entry.body["complaint"], "ended_at": entry.time, **said}


def _prior_notice(entry: Entry) -> dict[str, Any]:
    same = {name: entry.body[name] for name in ("number", "procedure_version")}
    times = {"published_at": entry.time, "until": clock.parse(entry.body["until"])}
    return {"tender": entry.tender, "content": _text(entry.body), **same, **times}


def _comment(entry: Entry) -> dict[str, Any]:
    same = {name: entry.body[name] for name in ("comment", "notice")}
    return {"tender": entry.tender, "filed_at": entry.time, "answer_by": _moment(entry.body["answer_by"]), **same}


def _comment_answer(entry: Entry) -> dict[str, Any]:
    same = {name: entry.body[name] for name in ("comment", "outcome")}
    return {"answered_at": entry.time, **same}


def _moment(text: str | None) -> datetime | None:
    return None if text is None else clock.parse(text)


MIRRORS = (
    Mirror(keys, ("key_registered",), _key),
    Mirror(questions, ("question_answered",), _question),
    Mirror(scores, ("score_signed",), _score),
    Mirror(evaluations, ("lot_evaluated",), _evaluation),
    Mirror(publicities, ("candidates_published",), _publicity),
    Mirror(awards, ("lot_awarded",), _award),
    Mirror(objections, ("objection_filed",), _objection),
    Mirror(objection_answers, ("objection_answered",), _objection_answer),
    Mirror(complaints, ("complaint_filed",), _complaint),
    Mirror(complaint_decisions, ("complaint_decided",), _complaint_decision),
    Mirror(complaint_ends, ("complaint_ruled", "complaint_withdrawn"), _complaint_end),
    Mirror(prior_notices, (prior.KIND,), _prior_notice),
    Mirror(comments, (prior.FILED,), _comment),
    Mirror(comment_answers, (prior.ANSWERED,), _comment_answer),
    Mirror(papers, ("document_issued",), _paper),
    Mirror(explanation_requests, (explanations.ASKED,), _explanation_request),
    Mirror(explained, (explanations.GIVEN,), _explanation),
    Mirror(result_letters, ("result_told",), _result_letter),
)
