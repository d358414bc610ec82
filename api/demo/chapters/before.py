"""From nothing to the rehearsal: parties, key set, publication, question, amendment."""

from __future__ import annotations

from api.demo import attachments, story
from api.demo.cast import Cast
from api.demo.play import KIND, PATH, Play
from api.demo.show import beijing
from api.tools import agency
from api.tools import trustee as trustee_tool
from api.tools.client import Client
from api.tools.files import write_private
from notary import canonical, clock
from notary.certificates import certificate_for, demonstration_authority
from notary.errors import Conflict


def preparation(play: Play) -> None:
    """Programs, parties, keys; and the anchors, written down apart before anything happens."""
    with play.show.step("启动服务器和两名见证人（SQLite，本机）", "Server and two witnesses start (SQLite, here)"):
        _certify(play)
        play.attachments = play.behind.submit(attachments.write, play.folders.attachments)
        play.site.start()
    with play.show.step("管理员领取一次性链接", "The administrator claims the one-time link"):
        claim = play.site.administrator_link().rpartition("#")[2]
        with Client(play.site.url) as stranger:
            token = stranger.post("/claims", {"claim": claim})["token"]
        play.cast = Cast(play.site.url, Client(play.site.url, token, demonstration=True), play.vaults)
    with play.show.step("登记单位、人员，发放令牌", "Organisations, people, tokens") as tell:
        count = play.cast.register_organisations() + 1
        play.cast.bring_agency()
        tell(f"{count} 家单位；招标人两人，互相复核", f"{count} organisations; the agency's two check each other")
    with play.show.step(
        "三名密钥受托人各自生成身份密钥并登记", "Three trustees make and register identity keys"
    ) as tell:
        play.cast.bring_trustees()
        for one in story.TRUSTEES:
            tell(f"{one.name} {one.organisation.zh}", one.organisation.en)
    with play.show.step("七家投标人、七名专家和抽取各方登记签名密钥", "Bidders, experts and who draws register keys"):
        for bid in story.BIDS:
            play.cast.bring_bidder(bid)
        play.cast.bring_experts()
        play.cast.bring_drawers()
    with play.show.step("核验锚点另存于卷宗之外", "The verifier's anchors are written apart"):
        _write_anchors(play)


def key_set(play: Play) -> None:
    """The agency drafts; each trustee makes a one-time key and signs the whole set."""
    with play.show.step("编制招标文件和工程量清单", "Tender documents and bill of quantities"):
        play.attachments.result()
    with play.show.step("拟稿并上传文件", "The draft, with its documents"):
        names = [attachments.TENDER_DOCUMENTS, attachments.BILL]
        content = story.draft(story.TOO_EARLY, names)
        agency.draft(play.clerk, play.cast.agency_vault, content, play.folders.attachments / "tender")
        play.vaults.store("agency")
    with play.show.step("受托人各自生成一次性开标密钥", "Each trustee makes a one-time opening key"):
        for own in play.cast.trustees.values():
            trustee_tool.offer_key(own, story.TENDER, KIND)
    with play.show.step("每名受托人核对并签署整个密钥组", "Every trustee checks and signs the whole set") as tell:
        for own in play.cast.trustees.values():
            signed = trustee_tool.sign_key_set(own, story.TENDER, KIND)
        tell(f"三人中任意两人可开启；密钥组 {signed['key_set'][:16]}…", "any two of three open the bids")


def publication(play: Play) -> None:
    """The rules refuse a deadline that is too early; then two persons publish."""
    tried = beijing(story.TOO_EARLY)[:16]
    play.refused(
        "rule_broken",
        lambda: play.clerk.post(f"{PATH}/publication", {}),
        f"拟以 {tried} 截止：规则不准发布",
        f"A deadline of {tried}: refused by rule",
    )
    with play.show.step("改为 2026-12-16 09:30 截止，李慧提请发布", "Another deadline; one person proposes"):
        content = play.clerk.get(PATH)["content"]
        play.clerk.post("/tenders", content | {"deadline": clock.text(story.FIRST_DEADLINE)})
        proposed = play.clerk.post(f"{PATH}/publication", {})
    with play.show.step("王建国核对后核准，公告发布", "Another person approves: published") as tell:
        leaf = play.approve(proposed)["leaf"]
        tell(f"进入日志 {leaf[:16]}…", "recorded in the log")
    with play.show.step("招标公告（PDF/A-3）由招标人签名", "The notice as PDF/A-3, signed by the agency"):
        play.issue("tender_notice_0", "招标公告")


def amendment(play: Play) -> None:
    """A question answered in public; an amendment that affects bids, less than 15 days before the deadline."""
    play.at(story.QUESTION)
    with play.show.step("一家投标人提问，提问人不公开", "A bidder asks; nobody is told who") as tell:
        asker = play.cast.bidders[story.BIDS[1].organisation.slug]
        question = asker.client.post(f"{PATH}/questions", {"question": story.ASKED})["question"]
        tell(story.ASKED, "")
    with play.show.step("招标人公开答复", "The agency answers in public") as tell:
        play.clerk.post(f"{PATH}/answers", {"question": question, "answer": story.ANSWERED})
        tell(story.ANSWERED, "")
    play.at(story.AMENDMENT)
    with play.show.step("修改招标文件，影响投标文件编制", "An amendment that affects the bids") as tell:
        documents = [attachments.TENDER_DOCUMENTS, attachments.AMENDED_BILL]
        changes = {"ceiling": story.AMENDED_CEILING, "documents": documents}
        wanted = {"reason": story.AMENDED, "affects_bids": True, "changes": changes}
        proposed = agency.amend(play.clerk, story.TENDER, wanted, play.folders.attachments / "tender")
        moved = play.approve(proposed)["entry"]["body"]
        play.deadline = clock.parse(moved["deadline"])
        rule = moved["deadline_rule"]
        tell(
            f"距截止不足 15 日，按规则顺延至 {beijing(play.deadline)[:16]}（{rule['cites']}）",
            "under 15 days were left: the rule has moved the deadline",
        )
    with play.show.step("澄清（修改）公告由招标人签名", "The amendment notice, signed"):
        play.issue("tender_notice_1", "澄清（修改）公告")


def rehearsal(play: Play) -> None:
    """More than a day before: every trustee shows that its key is still there. No key leaves."""
    play.at(story.REHEARSAL)
    with play.show.step("三名受托人演练开启，密钥不离开本机", "Trustees open a trial box; no key leaves"):
        for own in play.cast.trustees.values():
            trustee_tool.rehearse(own, story.TENDER, KIND)


def _certify(play: Play) -> None:
    """A demonstration authority, and the agency's certificate for signing paper."""
    authority = demonstration_authority(play.clock.now())
    agency_ = story.AGENCY
    play.identity = certificate_for(authority, agency_.zh, agency_.code, play.clock.now())
    play.root = authority.certificate
    (play.folders.certificates / "root.pem").write_bytes(play.root)


def _write_anchors(play: Play) -> None:
    """As the parties know them: the witnesses' and trustees' own keys, not what the server says they are."""
    found = play.cast.public().get("/anchors")
    own = {
        "log_key": play.site.log_key,
        "origin": story.ORIGIN,
        "trustees": {name: one.vault.public_key("trustee").hex() for name, one in play.cast.trustees.items()},
        "witness_quorum": len(play.site.witness_keys),
        "witnesses": list(play.site.witness_keys),
    }
    wrong = [name for name in own if found[name] != own[name]]
    if wrong:
        raise Conflict("anchors_differ", f"服务器公布的锚点不符：{wrong}", f"The server shows other anchors: {wrong}")
    write_private(play.folders.anchors / "anchors.json", canonical.dumps(found))
