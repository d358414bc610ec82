"""The application: settings in, Litestar out."""

from __future__ import annotations

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from api import problems
from api.desk import Desk
from api.front_door import MAX_JSON, front_door
from api.handlers import awards, bids, keys, openings, papers, parties, record, tenders
from api.operations import schemas

VERSION = "0.1.0"
_AREAS = (parties, tenders, keys, bids, openings, awards, papers, record)


def create(desk: Desk) -> Litestar:
    """The ASGI application of one desk."""
    routes = [handler for area in _AREAS for handler in area.HANDLERS]
    return Litestar(
        route_handlers=[Router("/api/v1", route_handlers=routes), *record.ROOT_HANDLERS],
        dependencies={"desk": Provide(lambda: desk, sync_to_thread=False)},
        middleware=[front_door],
        exception_handlers=problems.HANDLERS,
        request_max_body_size=MAX_JSON,
        openapi_config=OpenAPIConfig(
            title="Sunbid 阳光标",
            version=VERSION,
            path="/api/v1",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
            components=Components(
                schemas=schemas(),
                security_schemes={"token": SecurityScheme(type="http", scheme="bearer")},
            ),
            security=[{"token": []}, {}],
        ),
        debug=False,
        logging_config=None,
    )
