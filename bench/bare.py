"""The limit of acceptance: the same stack with an endpoint that only inserts one row, durably.

    python -m bench.bare PORT

Settings from the environment, as `sunbid serve` has them.
"""

from __future__ import annotations

import sys
from functools import partial

import uvicorn
from litestar import Litestar, Response, post
from litestar.di import NamedDependency, Provide
from litestar.params import RawBody
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert

from api import build, problems
from api.desk import Desk, json_response
from api.front_door import front_door
from api.settings import from_environment

PATH = "/api/bare"  # of the interface: elsewhere the front door wants forms
bare = Table("bare", MetaData(), Column("serial", Integer, primary_key=True), Column("body", Text))


@post(PATH, sync_to_thread=True, status_code=200)
def keep(desk: NamedDependency[Desk], body: RawBody) -> Response[bytes]:
    """One row, committed."""
    with desk.work.engine.begin() as connection:
        connection.execute(insert(bare).values(body=body.decode()))
    return json_response(body)


def main(port: int) -> None:
    """Serve the one endpoint as api.server does its application."""
    desk = build.desk(from_environment())
    bare.create(desk.work.engine, checkfirst=True)
    application = Litestar(
        route_handlers=[keep],
        dependencies={"desk": Provide(lambda: desk, sync_to_thread=False)},
        middleware=[partial(front_door, names=desk.settings.people.names)],
        exception_handlers=problems.HANDLERS,
        openapi_config=None,
        logging_config=None,
    )
    uvicorn.run(application, host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="on")


if __name__ == "__main__":
    main(int(sys.argv[1]))
