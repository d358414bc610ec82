"""Prior notices, comments and answers, on both databases: what is public, and what keeps a tender back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from notary import canonical, clock, forms
from notary.entries import Entry
from notary.errors import Conflict, Forbidden, Malformed, RuleBroken, TooLate, TooMuch, Unknown
from tests.trading.acts.office import POLICY, TENDER, Office, content, load, organisation_code, recorded, refused
from tests.trading.examples import beijing
from trading import fsck, lifecycle, procedures, terms
from trading.acts import prior, proposals, tenders
from trading.fsck.objections import check_objections
from trading.fsck.pinned import check_pinned
from trading.fsck.tenders import check_proposals, check_tenders
from trading.objections import commitment
from trading.prior_draft import PriorDraft
from trading.prior_rows import comments as rows
from trading.views import prior as views

SUPPLIER = organisation_code(10)
#: The Friday before the holidays of October: five working days later are the 8th, 9th, the Saturday that is worked, the
#: 12th and the 13th.
ANNOUNCED = beijing("2026-09-30 16:00")
OVER = beijing("2026-10-14 00:00")
INSTANT = timedelta(microseconds=1)
SAID = {"reason": "专利唯一。", "opinion": "三位专业人员一致认为只能从该供应商处采购。", "contact": "0746-0000000"}
OPINION: dict[str, Any] = {
    "name": "论证意见.pdf",
    "media_type": "application/pdf",
    "sha256": "22" * 32,
    "size": 2000,
}


def draft(**changed: Any) -> dict[str, Any]:
    return content(
        **{
            "procedure": "procurement-single-source",
            "subject": "goods",
            "title": "某型光谱仪采购",
            "deposit": "0.00",
            "documents_offered_until": clock.text(beijing("2026-11-20 17:00")),
            "invited": {"bidders": [SUPPLIER], "way": "only_supplier"},
            "committee": {"size": 3, "experts": 2},
        }
        | changed
    )


def written(**changed: Any) -> PriorDraft:
    return forms.convert({"said": SAID} | changed, PriorDraft)


def announce(office: Office, moment: datetime = ANNOUNCED, **changed: Any) -> Entry:
    """The clerk asks, the chief approves."""
    with office.at(moment) as unit:
        asked = prior.propose(unit, office.clerk, TENDER, written(**changed))
    with office.at(moment) as unit:
        taken = proposals.take(unit, office.chief, TENDER, asked.proposal, asked.content_sha256)
        return prior.publish(unit, office.chief, taken)


def write(office: Office, moment: datetime = ANNOUNCED, **changed: Any) -> None:
    with office.at(moment) as unit:
        tenders.draft(unit, office.clerk, draft(**changed))


def propose(office: Office, moment: datetime) -> None:
    with office.at(moment) as unit:
        tenders.propose_publication(unit, office.clerk, TENDER, policy=POLICY)


def comment(
    office: Office, name: str = "A", moment: datetime = ANNOUNCED, text: str = "另有供应商。"
) -> dict[str, Any]:
    with office.at(moment) as unit:
        return prior.file(unit, office.bidders[name], TENDER, text)


def answer(office: Office, about: str, outcome: Any = "dismissed", moment: datetime = ANNOUNCED) -> Entry:
    with office.at(moment) as unit:
        return prior.answer(unit, office.clerk, TENDER, about, outcome=outcome, text="经论证，异议不成立。")


def sound(office: Office) -> bool:
    with office.reading() as connection:
        checks = (check_tenders, check_proposals, check_objections, check_pinned)
        found = [one for check in checks for one in check(connection)]
        mirrored = ("prior_notices", "comments", "comment_answers")
        found += [one for name in mirrored for one in fsck.checks(connection, None)[name]]  # type: ignore[arg-type]
    return found == []


def test_from_the_notice_to_the_publication(office: Office) -> None:
    write(office)
    entry = announce(office, documents=[OPINION])
    assert entry.body["documents"] == [OPINION]
    assert entry.body["until"] == clock.text(OVER)
    assert entry.body["notice"]["bidders"] == [SUPPLIER]
    assert entry.body["kept"] == ["bidders", "budget", "scope", "title"]
    filed = comment(office, moment=OVER - INSTANT)
    said = filed["content"] | {"text": "另有供应商。", "organisation": SUPPLIER}
    assert commitment(said, bytes.fromhex(filed["salt"])) == filed["commitment"]
    reply = answer(office, filed["comment"], moment=OVER)
    published = office.publish(OVER, draft())
    assert published.body["prior"] == entry.commitment().hex()
    assert "prior_ground" not in published.body["notice"]
    assert reply.body["answer"] == "经论证，异议不成立。"
    assert sound(office)
    with office.reading() as connection:
        shown = views.shown(connection, TENDER)
        assert [one["outcome"] for one in shown["comments"]] == ["dismissed"]
        assert shown["published"]
        [(listed)], following = views.listed(connection, terms.of_query("光谱仪"), cursor=None, limit=10)
        assert (listed["tender"], listed["until"], following) == (TENDER, clock.text(OVER), None)
        assert views.listed(connection, terms.of_query("显微镜"), cursor=None, limit=10) == ([], None)


@pytest.mark.parametrize(("moment", "earliest"), [(OVER - INSTANT, OVER), (OVER - timedelta(days=1), OVER)])
def test_not_before_its_period_is_over(small_office: Office, moment: datetime, earliest: datetime) -> None:
    write(small_office)
    with refused(RuleBroken, "rule_broken") as broken:
        propose(small_office, ANNOUNCED)
    assert broken.value.facts["broken"][0]["rule"] == "prior_notice"
    announce(small_office)
    with refused(RuleBroken, "rule_broken") as broken:
        propose(small_office, moment)
    assert broken.value.facts["earliest"] == clock.text(earliest)
    assert broken.value.cites == "政府采购法实施条例 38"
    propose(small_office, OVER)


def test_it_stands_as_long_as_it_says(small_office: Office) -> None:
    """Longer than the law asks, and never shorter."""
    write(small_office)
    with refused(RuleBroken, "rule_broken") as broken:
        announce(small_office, until=clock.text(OVER - INSTANT))
    assert (broken.value.field, broken.value.facts["earliest"]) == ("until", clock.text(OVER))
    later = OVER + timedelta(days=3)
    announce(small_office, until=clock.text(later))
    with refused(RuleBroken, "rule_broken") as broken:
        propose(small_office, later - INSTANT)
    assert broken.value.facts["earliest"] == clock.text(later)
    comment(small_office, moment=later - INSTANT)
    with refused(TooLate, "comment_late"):
        comment(small_office, moment=later)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"budget": "4200000.01"}, "budget"),
        ({"title": "某型光谱仪采购（二）"}, "title"),
        ({"scope": "两台。"}, "scope"),
        ({"invited": {"bidders": [organisation_code(11)], "way": "only_supplier"}}, "invited.bidders"),
    ],
)
def test_what_was_announced_stands(small_office: Office, changed: dict[str, Any], field: str) -> None:
    """A change needs a new notice, whose period begins anew."""
    office = small_office
    write(office)
    first = announce(office)
    write(office, OVER, **changed)
    with refused(RuleBroken, "rule_broken") as broken:
        propose(office, OVER)
    assert broken.value.field == field
    again = announce(office, OVER)
    assert (again.body["number"], again.body["previous"]) == (1, first.commitment().hex())
    over = clock.parse(again.body["until"])
    with refused(RuleBroken, "rule_broken"):
        propose(office, over - INSTANT)
    published = office.publish(over, draft(**changed))
    assert published.body["prior"] == again.commitment().hex()
    assert sound(office)


def test_what_was_not_announced_may_change(small_office: Office) -> None:
    write(small_office)
    announce(small_office)
    write(small_office, OVER, qualification="有独立承担民事责任的能力。")
    propose(small_office, OVER)


def test_an_objection_is_answered_first_and_an_upheld_one_ends_it(small_office: Office) -> None:
    office = small_office
    write(office)
    announce(office)
    about = comment(office)["comment"]
    with refused(RuleBroken, "rule_broken") as broken:
        propose(office, OVER)
    assert (broken.value.field, broken.value.facts["waiting"]) == ("comments", 1)
    answer(office, about, "partly_upheld", OVER)
    with refused(RuleBroken, "rule_broken") as broken:
        propose(office, OVER)
    assert broken.value.facts["upheld"] == 1
    # Announcing the same once more puts nothing right; another purchase is another matter.
    over = clock.parse(announce(office, OVER).body["until"])
    with refused(RuleBroken, "rule_broken") as broken:
        propose(office, over)
    assert broken.value.facts["upheld"] == 1
    write(office, over, scope="两台。")
    over = clock.parse(announce(office, over).body["until"])
    office.publish(over, draft(scope="两台。"))
    assert sound(office)


def test_an_objection_after_the_proposal_stops_the_approval(small_office: Office) -> None:
    """Between proposal and approval nothing may come: the rules are those of the approval's moment."""
    office = small_office
    write(office)
    until = OVER + timedelta(days=1)
    announce(office, until=clock.text(until))
    with refused(RuleBroken, "rule_broken"):
        propose(office, until - INSTANT)
    propose(office, until)
    with office.at(until) as unit, refused(TooLate, "comment_late"):
        prior.file(unit, office.bidders["A"], TENDER, "迟到")
    with office.at(until) as unit, refused(Conflict, "act_not_in_stage"):
        prior.propose(unit, office.clerk, TENDER, written())


def test_who_may_comment_and_read(office: Office) -> None:
    write(office)
    with refused(Unknown, "tender_unknown"):
        comment(office)
    announce(office)
    with office.at(ANNOUNCED) as unit, refused(Forbidden, "own_tender"):
        prior.file(unit, office.clerk, TENDER, "自问")
    filed = comment(office)
    comment(office, "B", ANNOUNCED + INSTANT, "技术参数有倾向性。")
    with office.reading() as connection:
        assert [one["text"] for one in views.seen(connection, office.bidders["A"], TENDER)] == ["另有供应商。"]
        assert [one["by"] for one in views.seen(connection, office.clerk, TENDER)] == [None, None]
        names = [one["by"] and one["by"]["code"] for one in views.seen(connection, office.supervisor, TENDER)]
        assert names == [SUPPLIER, organisation_code(11)]
        assert views.seen(connection, office.other, TENDER) == []
        public = canonical.dumps([views.shown(connection, TENDER), *recorded(connection, "comment_filed")]).decode()
    assert "另有供应商" not in public
    assert filed["comment"] in public
    with office.at(ANNOUNCED) as unit, refused(Unknown, "tender_unknown"):
        prior.answer(unit, office.other, TENDER, filed["comment"], outcome="dismissed", text="不")
    answer(office, filed["comment"])
    with refused(Conflict, "answered_already"):
        answer(office, filed["comment"])
    with refused(Unknown, "comment_unknown"):
        answer(office, "00" * 16)


def test_no_more_comments_than_a_desk_can_take(small_office: Office) -> None:
    write(small_office)
    announce(small_office)
    for _ in range(prior.MAX_COMMENTS):
        comment(small_office)
    with refused(TooMuch, "comments_many"):
        comment(small_office)
    comment(small_office, "B")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"said": {"reason": "专利唯一。"}}, "said.opinion"),
        ({"said": SAID | {"wish": "尽快。"}}, "said.wish"),
        ({"said": SAID | {"reason": " "}}, "said.reason"),
        ({"documents": [OPINION, OPINION]}, "documents[1].name"),
    ],
)
def test_what_a_notice_must_say(small_office: Office, changed: dict[str, Any], field: str) -> None:
    write(small_office)
    with pytest.raises(Malformed) as wrong:
        announce(small_office, **changed)
    assert wrong.value.field == field


def test_what_was_approved_is_what_is_published(small_office: Office) -> None:
    office = small_office
    write(office)
    with office.at(ANNOUNCED) as unit:
        asked = prior.propose(unit, office.clerk, TENDER, written())
    with office.at(ANNOUNCED) as unit, refused(Forbidden, "same_person"):
        proposals.take(unit, office.clerk, TENDER, asked.proposal, asked.content_sha256)
    write(office, scope="三台。")
    with office.at(ANNOUNCED) as unit, refused(Conflict, "draft_changed"):
        taken = proposals.take(unit, office.chief, TENDER, asked.proposal, asked.content_sha256)
        prior.publish(unit, office.chief, taken)


def test_only_where_the_procedure_has_one(small_office: Office) -> None:
    with small_office.at(ANNOUNCED) as unit:
        tenders.draft(unit, small_office.clerk, content())
    with small_office.at(ANNOUNCED) as unit, refused(Conflict, "act_not_in_stage"):
        prior.propose(unit, small_office.clerk, TENDER, written())


def test_on_a_ground_that_the_agency_states(small_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A procedure that needs a notice on some grounds alone: none without, and none for another ground."""
    single = procedures.in_force("procurement-single-source", ANNOUNCED)
    assert single.prior is not None
    grounds = [
        {"id": one, "cites": "32号令 13", "zh": one, "en": one, "confirmed": False} for one in ("control", "listed")
    ]
    changed = single.content["prior"] | {"required": False, "grounds": grounds, "binding": False, "drafts": True}
    known = procedures.from_content(single.content | {"prior": changed})
    monkeypatch.setattr(procedures, "in_force", lambda _name, _moment: known)
    monkeypatch.setattr("trading.acts.tenders.in_force", lambda _name, _moment: known)
    office = small_office
    write(office)
    propose(office, ANNOUNCED)
    with office.at(ANNOUNCED) as unit, refused(Malformed, "ground_unknown"):
        tenders.draft(unit, office.clerk, draft(prior_ground="wish"))
    write(office)
    with refused(Malformed, "ground_missing"):
        announce(office)
    write(office, prior_ground="control")
    with refused(RuleBroken, "rule_broken"):
        propose(office, ANNOUNCED)
    entry = announce(office)
    assert entry.body["notice"]["ground"] == "control"
    # The documents of the tender are public with it, as drafts.
    assert [one["name"] for one in entry.body["documents"]] == ["招标文件.pdf"]
    comment(office)
    write(office, OVER, prior_ground="listed")
    with refused(RuleBroken, "rule_broken") as broken:
        propose(office, OVER)
    assert broken.value.field == "prior_ground"
    write(office, OVER, prior_ground="control")
    propose(office, OVER)


def test_a_changed_comment_is_found(small_office: Office) -> None:
    office = small_office
    write(office)
    announce(office)
    filed = comment(office)
    with office.engine.begin() as connection:
        stored = connection.execute(rows.select()).one()._asdict()
    assert sound(office)
    with office.at(ANNOUNCED) as unit:
        unit.connection.exec_driver_sql("DROP TRIGGER IF EXISTS comments_no_delete")
        unit.connection.execute(rows.delete())
        said = canonical.dumps(filed["content"] | {"text": "没有意见。"}).decode()
        unit.connection.execute(insert(rows).values(stored | {"content": said}))
    assert not sound(office)


def test_the_golden_table_knows_the_act() -> None:
    assert lifecycle.TABLE["draft", "announce"] == "draft"
    single = procedures.in_force("procurement-single-source", ANNOUNCED)
    assert single.invitation is not None
    assert (single.invitation.most, "invite" in single.stages["open"]) == (1, False)


def test_one_supplier_and_no_more(small_office: Office) -> None:
    both = {"bidders": [SUPPLIER, organisation_code(11)], "way": "only_supplier"}
    write(small_office, invited=both)
    announce(small_office)
    with refused(RuleBroken, "rule_broken") as broken:
        propose(small_office, OVER)
    assert [one["rule"] for one in broken.value.facts["broken"]] == ["most_invited"]


def test_the_record_holds_no_more_than_its_bodies(small_office: Office) -> None:
    write(small_office)
    announce(small_office)
    answer(small_office, comment(small_office)["comment"])
    with small_office.reading() as connection:
        [filed] = recorded(connection, "comment_filed")
        [answered] = recorded(connection, "comment_answered")
        assert load(connection).stage == "draft"
    assert filed.keys() == {"answer_by", "comment", "commitment", "notice", "disclosed"}
    assert filed["answer_by"] == clock.text(OVER)
    assert answered.keys() == {"answer", "comment", "commitment", "outcome", "disclosed"}
