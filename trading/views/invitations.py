"""Reads of invitations, for the agency: who is invited, since when, how they were chosen."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from notary import clock
from trading.acts import invitations, stages
from trading.caller import Caller
from trading.views.agency import organisation_names


def listed(connection: Connection, caller: Caller, tender: str) -> list[dict[str, Any]]:
    """The invitations of an own lot in their order: number, time, bidders (code and name), way, pool, reason.

    Raises Unknown: a foreign lot and an absent one look the same.
    """
    stages.load_own(connection, caller, tender)
    found = invitations.listed(connection, tender)
    names = organisation_names(connection, {code for one in found for code in one["bidders"]})
    return [
        {
            **one,
            "time": clock.text(one["time"]),
            "bidders": [{"code": code, "name": names[code]} for code in one["bidders"]],
        }
        for one in found
    ]
