"""Result letters: what each loser is told, signed by the agency on its own machine, for its addressee alone."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from api import paper, streams
from api.desk import AnyRequest, Desk, for_saving
from api.handlers.papers import MOST, keep_signed, saved
from api.operations import operation
from notary.work import Lock
from trading.acts import result_letters
from trading.caller import Caller, known
from trading.views import result_letters as views


@get("/tenders/{tender:str}/result-letters", **operation("result_letter.list"))
def list_letters(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return desk.read(request, lambda connection, caller: {"items": views.seen(connection, known(caller), tender)})


@get("/tenders/{tender:str}/result-letters/{bidder:str}", **operation("result_letter.show"))
def show_letter(
    desk: NamedDependency[Desk],
    request: AnyRequest,
    tender: FromPath[str],
    bidder: FromPath[str],
    unsigned: FromQuery[bool] = False,
) -> Response[bytes] | Stream:
    caller, name = known(desk.enter(request)), f"{tender}-result-{bidder}.pdf"
    if unsigned:
        data = unsigned_letter(desk, caller, tender, bidder)
        return Response(data, media_type="application/pdf", headers=for_saving(name))
    with desk.work.reading() as connection:
        found = views.issued(connection, caller, tender, bidder)
    return saved(desk, found, name)


@put("/tenders/{tender:str}/result-letters/{bidder:str}", **streams.operation("result_letter.issue", most=MOST))
async def issue_letter(
    desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str], bidder: FromPath[str]
) -> Response[bytes]:
    def begin(caller: Caller) -> bytes:
        return unsigned_letter(desk, caller, tender, bidder)

    def store(caller: Caller, unsigned: bytes, chunks: streams.Chunks) -> dict[str, Any]:
        signed = b"".join(chunks)
        sha256 = keep_signed(desk, caller, unsigned, signed)
        with desk.work.unit(Lock(tender)) as unit:
            entry = result_letters.issue(unit, caller, tender, bidder, sha256=sha256, size=len(signed))
        return {"leaf": entry.commitment().hex(), "sha256": sha256}

    return await streams.receive(desk, request, begin, store)


def unsigned_letter(desk: Desk, caller: Caller | None, tender: str, bidder: str) -> bytes:
    """A letter as rendered, for the agency to sign. Raises Unknown."""
    with desk.work.reading() as connection:
        result_letters.check_author(connection, caller, tender, bidder)
        facts = result_letters.letter_facts(
            connection, tender, bidder, origin=desk.settings.origin, demonstration=desk.settings.demonstration
        )
    return paper.rendered(desk.store, result_letters.TEMPLATE, facts)


HANDLERS = [list_letters, show_letter, issue_letter]
