"""The experts of the demonstration: a pool, three parties who draw from it with their own tools, who was drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from api.demo import story
from api.demo.cast import Cast, Member
from api.demo.site import until
from api.tools import draws
from notary.errors import Held

SEATS = 4


def call(cast: Cast, tender: str) -> dict[str, Any]:
    """The agency puts the pool into the record, under pseudonyms; the draw as everybody sees it."""
    body = {
        "groups": [{"speciality": story.SPECIALITY, "count": SEATS}],
        "supervisor": story.SUPERVISOR.code,
        "operator": story.CENTRE.code,
    }
    cast.agency[0].client.post(f"/tenders/{tender}/draws", body)
    return _latest(cast, tender)


def commit(cast: Cast, tender: str) -> None:
    """Each party commits to its values, once it finds the pool in a cosigned checkpoint."""
    for party in cast.drawers:
        until(partial(_once_out, partial(draws.commit, *party, tender)))


def reveal(cast: Cast, tender: str) -> dict[str, Any]:
    """Each party reveals its value; the draw, which the last value makes."""
    for party in cast.drawers:
        until(partial(_once_out, partial(draws.reveal, *party, tender)))
    return _latest(cast, tender)


def seat(cast: Cast, tender: str) -> list[Member]:
    """Name the committee: those who were drawn, and the buyer's representative; its members."""
    drawn = [cast.experts[one["person"]] for one in cast.agency[0].client.items(f"/tenders/{tender}/draws/seated")]
    members = [{"person": person.id, "role": "expert"} for person, _ in drawn]
    members.append({"person": cast.buyer[0].id, "role": "buyer"})
    cast.agency[0].client.post(f"/tenders/{tender}/committee", {"members": members})
    return [*drawn, cast.buyer]


def _latest(cast: Cast, tender: str) -> dict[str, Any]:
    found: dict[str, Any] = list(cast.agency[0].client.items(f"/tenders/{tender}/draws"))[-1]
    return found


def _once_out(step: Callable[[], Any]) -> Any:
    try:
        return step()
    except Held:
        return None
