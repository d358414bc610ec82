"""The shortest way through a draw of experts: plain calls with keys that the parties have, nothing looked at between.

What a party's own tool looks at (:mod:`api.tools.draws`) the story of a draw shows (tests/story/test_draw.py).
"""

from __future__ import annotations

from typing import Any

from api.tools import conditions
from api.tools.client import Client
from api.tools.vault import Vault
from notary import chance, draws, signing
from trading import drawing

Parties = dict[str, tuple[Client, Vault]]


def draw(parties: Parties, tender: str, lot: str = "1") -> None:
    """All parties commit and reveal in the draw that was called last, once a checkpoint holds its pool."""
    names = list(parties)
    client = parties[names[0]][0]
    leaf = list(client.items(f"/tenders/{tender}/draws"))[-1]["draw"]
    head = conditions.checkpoint_of(client.read_static("/log/checkpoint"))
    checkpoint = {"root": signing.b64(head.root), "size": head.size}
    values = {name: (chance.token(), chance.token()) for name in names}

    def say(party: str, step: str, **said: Any) -> None:
        own, vault = parties[party]
        about = {"tender": tender, "lot": lot, "draw": leaf, "party": party, **said}
        own.post(f"/tenders/{tender}/draw-{step}s", {step: signing.sign(about, vault.signing_key("draw"))})

    def committed(of: str, value: bytes, *, stands_in: bool) -> str:
        return draws.commitment(bytes.fromhex(leaf), of, stands_in=stands_in, value=value).hex()

    for number, party in enumerate(names):
        own, other = values[party]
        said = {
            "own": committed(party, own, stands_in=False),
            "stands_in": committed(names[number - 1], other, stands_in=True),
            "checkpoint": checkpoint,
        }
        say(party, "commitment", type=drawing.COMMITMENT_TYPE, **said)
    for party in names:
        say(party, "reveal", type=drawing.REVEAL_TYPE, of=party, value=values[party][0].hex())
