"""The procedures that lots were published under: kept whole, by version, whatever the catalogue says later.

A lot stays with the version that was in force when it was published. The catalogue is part of the program and changes
with it; so the first lot of a version leaves the version's whole content in the database, under the id by which its
notice names it.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import Connection, select, text

from notary import canonical
from notary.work import Unit
from trading import procedures
from trading.procedures import Procedure
from trading.rows import pinned_procedures

# The same words in SQLite and PostgreSQL; two first publications at once must not disturb each other.
_KEEP = text("INSERT INTO pinned_procedures (version, content) VALUES (:version, :content) ON CONFLICT DO NOTHING")


def pin(unit: Unit, procedure: Procedure) -> str:
    """Keep the procedure for the lot that is published now; gives the version's id."""
    content = canonical.dumps(procedure.content).decode()
    unit.connection.execute(_KEEP, {"version": procedure.version, "content": content})
    return procedure.version


def load(connection: Connection, version: str) -> Procedure:
    """The procedure of a version's id: of the catalogue, or of one that a lot was published under. Raises Unknown."""
    found = procedures.procedures().get(version)
    if found is not None:
        return found
    content = connection.scalar(select(pinned_procedures.c.content).where(pinned_procedures.c.version == version))
    if content is None:
        raise procedures.unknown()
    return read(content)


@cache
def read(content: str) -> Procedure:
    """The procedure of a kept content, canonical JSON. Raises ImpossibleProcedure."""
    return procedures.from_content(canonical.loads(content.encode()))
