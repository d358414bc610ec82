"""Paper: rendered from the record, signed by its author on the author's own machine, kept with its hash in a leaf."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from litestar import Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from api import paper, streams
from api.desk import AnyRequest, Desk, for_saving
from api.handlers.tenders import pieces
from api.operations import operation
from bidding.acts import papers as paper_acts
from notary.errors import Malformed
from notary.work import Lock
from trading.acts import papers, reports
from trading.caller import Caller
from trading.views import tenders as tender_views

MOST = 32 << 20


@get("/tenders/{tender:str}/papers", **operation("paper.list"))
def list_papers(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return desk.read(request, lambda connection, _caller: {"items": tender_views.papers(connection, tender)})


@get("/tenders/{tender:str}/papers/{name:str}", **operation("paper.show"))
def show_paper(
    desk: NamedDependency[Desk],
    request: AnyRequest,
    tender: FromPath[str],
    name: FromPath[str],
    unsigned: FromQuery[bool] = False,
) -> Response[bytes] | Stream:
    caller = desk.enter(request)
    if unsigned:
        data = unsigned_paper(desk, caller, tender, name)
        return Response(data, media_type="application/pdf", headers=for_saving(f"{name}.pdf"))
    with desk.work.reading() as connection:
        found = tender_views.paper(connection, tender, name)
    return saved(desk, found, f"{name}.pdf")


@get("/tenders/{tender:str}/evaluation-report", **operation("report.show"))
def show_report(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    """The evaluation report, made again each time: the committee has signed what it rests on."""
    caller, settings = desk.enter(request), desk.settings
    with desk.work.reading() as connection:
        facts = reports.report_facts(
            connection, caller, tender, origin=settings.origin, demonstration=settings.demonstration
        )
    data = paper.rendered(desk.store, reports.TEMPLATE, facts)
    return Response(data, media_type="application/pdf", headers=for_saving(f"{tender}-evaluation-report.pdf"))


@put("/tenders/{tender:str}/papers/{name:str}", **streams.operation("paper.issue", most=MOST))
async def issue_paper(
    desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    def begin(caller: Caller) -> bytes:
        return unsigned_paper(desk, caller, tender, name)

    def store(caller: Caller, unsigned: bytes, chunks: streams.Chunks) -> dict[str, Any]:
        signed = b"".join(chunks)
        sha256 = keep_signed(desk, caller, unsigned, signed)
        with desk.work.unit(Lock(tender)) as unit:
            entry = papers.issue(unit, caller, tender, name, sha256=sha256, size=len(signed))
        return {"leaf": entry.commitment().hex(), "sha256": sha256}

    return await streams.receive(desk, request, begin, store)


def unsigned_paper(desk: Desk, caller: Caller | None, tender: str, name: str) -> bytes:
    """A paper as rendered, for its author to sign. Raises Unknown."""
    with desk.work.reading() as connection:
        papers.check_author(connection, caller, tender, name)
        template, facts = paper_acts.facts(
            connection, tender, name, origin=desk.settings.origin, demonstration=desk.settings.demonstration
        )
    return paper.rendered(desk.store, template, facts)


def keep_signed(desk: Desk, caller: Caller, unsigned: bytes, signed: bytes) -> str:
    """Store a signed file, and give its SHA-256 in hex. unsigned: the paper as rendered.

    Raises Malformed (paper_differs, paper_signer_wrong) unless it is our paper, byte for byte, with a trusted signature
    of its author appended.
    """
    if not signed.startswith(unsigned):
        raise Malformed(
            "paper_differs",
            "签名文件与系统生成的文件不一致，请下载原件后重新签名。",
            "The signed file is not the paper as rendered: fetch it again and sign that.",
            field="pdf",
        )
    # pyHanko is slow to import, and most servers start without a paper to check.
    from notary import documents

    found = documents.check_pdf(signed, desk.paper_roots, desk.work.now())
    if caller.organisation not in [one.organisation for one in found]:
        raise Malformed(
            "paper_signer_wrong",
            "签名人不是文件的作者单位。",
            "The signer is not the organisation whose paper it is.",
            field="pdf",
        )
    sha256 = hashlib.sha256(signed).hexdigest()
    desk.store.put(f"documents/{sha256}", [signed], sha256=sha256)
    return sha256


def saved(desk: Desk, found: Mapping[str, Any], name: str) -> Stream:
    """An issued file, to be saved. found: its `sha256` and `size`; name: of the file."""
    return Stream(
        pieces(desk, f"documents/{found['sha256']}"),
        media_type="application/pdf",
        headers={"Content-Length": str(found["size"]), **for_saving(name)},
    )


HANDLERS = [list_papers, show_paper, show_report, issue_paper]
