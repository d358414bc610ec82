"""Facts for paper: what trading knows, and for the opening record what the opening disclosed."""

from __future__ import annotations

from sqlalchemy import Connection

from bidding.views import openings
from trading.acts import papers


def facts(connection: Connection, tender: str, name: str, *, origin: str, demonstration: bool) -> tuple[str, bytes]:
    """Template and canonical facts of one paper of a tender, from the record alone. Raises Unknown before its act."""
    opening = openings.paper_facts(connection, tender) if papers.needs_opening(name) else None
    return papers.paper_facts(connection, tender, name, origin=origin, demonstration=demonstration, opening=opening)
