"""The record: disclosed entries, the log's static files, dossiers, and what became of a request."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from api.desk import AnyRequest, Desk, for_saving
from api.operations import operation
from api.spools import Spools
from bidding import dossier
from notary import record, signing, tiles
from notary.errors import Malformed, Unknown
from trading.acts import prior
from trading.lifecycle import FIRST

#: Of dossiers being sent: anybody may ask, and each is a file of the dossier's whole size.
SPOOLS = Spools(8, seconds=600)


@get("/log/entries/{index:int}", **operation("log.entry"))
def show_entry(desk: NamedDependency[Desk], request: AnyRequest, index: FromPath[int]) -> Response[bytes]:
    return desk.read(request, lambda connection, _caller: record.by_index(connection, index).disclosed())


@get("/log/consistency", **operation("log.consistency"))
def show_consistency(
    desk: NamedDependency[Desk], request: AnyRequest, old: FromQuery[int], new: FromQuery[int]
) -> Response[bytes]:
    def view(_connection: Any, _caller: Any) -> dict[str, list[str]]:
        published = desk.log.published()
        if published is None or not 0 < old <= new <= published.size:
            raise Malformed("size_beyond_log", "大小超出日志。", "Sizes beyond the log.", field="new")
        proof = desk.log.tree(published.size).consistency_proof(old, new)
        return {"proof": [signing.b64(hash_) for hash_ in proof]}

    return desk.read(request, view)


@get("/tenders/{tender:str}/record", **operation("record.show"))
def show_record(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def view(connection: Any, _caller: Any) -> dict[str, Any]:
        row = prior.load_public(connection, tender)
        found = record.of_tender(connection, tender)
        closed = any(entry.kind == "auction_closed" for _, entry in found)
        if row.stage in {FIRST, "proposed"} or (row.stage == "open" and not closed):
            # An index would tell how many leaves, and so about how many bids, lie between two public acts.
            return {"items": [entry.disclosed() for _, entry in found]}
        return {"items": [{"index": index, **entry.disclosed()} for index, entry in found]}

    return desk.read(request, view)


@get("/tenders/{tender:str}/dossier", **operation("dossier.show"))
def show_dossier(
    desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str], since: FromQuery[int | None] = None
) -> Stream:
    desk.enter(request)
    with desk.work.reading() as connection:
        composed = dossier.compose(connection, desk.log, tender, demonstration=desk.settings.demonstration, since=since)
    sink = SPOOLS.open()
    try:
        dossier.write(composed, desk.store, sink)
    except BaseException:
        SPOOLS.close(sink)
        raise
    return Stream(
        SPOOLS.drained(sink),
        media_type="application/zip",
        headers=for_saving(f"{tender}.zip"),
    )


@get("/requests/{key:str}", **operation("request.show"))
def show_request(desk: NamedDependency[Desk], request: AnyRequest, key: FromPath[str]) -> Response[bytes]:
    return desk.what_became_of(request, key)


@get("/log/{path:path}", **operation("log.file"))
def show_file(desk: NamedDependency[Desk], request: AnyRequest, path: FromPath[str]) -> Response[bytes]:
    """A tile, bundle or the checkpoint (C2SP tlog-tiles). In production a web server serves the files themselves."""
    desk.enter(request)
    name = path.removeprefix("/")
    if name == tiles.CHECKPOINT_PATH:
        note = desk.log.published_note()
        if note is None:
            raise Unknown("not_found", "尚无检查点。", "There is no checkpoint yet.")
        # As a header: to a media type Litestar adds a charset of its own.
        return Response(note.data, headers={"content-type": "text/plain; charset=utf-8"})
    tiles.parse_path(name)
    return Response(
        desk.log.store.read(name),
        media_type="application/octet-stream",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


@get("/healthz", **operation("health.show"))
def health(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    """The process runs and reaches its database."""
    return desk.read(request, lambda _connection, _caller: {"status": "ok"})


HANDLERS = [show_entry, show_consistency, show_record, show_dossier, show_request]
ROOT_HANDLERS = [show_file, health]
