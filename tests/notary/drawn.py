"""A draw of experts in the record of one lot, made from docs/spec alone; some faults make somebody cheat in it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.notary.world import LOT, TENDER, public
from tests.vectors.make_draw import commitment_of, order_of, pseudonym_of, seed_of

if TYPE_CHECKING:
    from tests.notary.dossier_builder import Story

PARTIES = ["91430000MA4LAGENCY", "11430000MA4LSUPERV", "91430000MA4LOPERAT"]
PEOPLE = [f"P{number}" for number in range(12)]
#: Label, speciality, seats, who has it.
GROUPS = [("1", "道路工程", 2, PEOPLE[:9]), ("2", "工程造价", 1, PEOPLE[6:])]
GOOD = ("draw_plain", "draw_withheld", "draw_replaced", "draw_after_a_failed_one", "draw_exhausted", "draw_announced")
BAD = [
    "draw_other_seed",
    "draw_other_seats",
    "draw_value_changed",
    "draw_checkpoint_too_early",
    "draw_checkpoints_differ",
    "draw_revealed_early",
    "draw_not_its_turn",
    "draw_given_up",
    "draw_called_twice",
    "draw_replaced_by_another",
    "draw_of_a_stranger",
    "draw_forged",
    "draw_other_lot",
    "draw_hand_named",
    "draw_left_out",
    "draw_unfinished",
    "draw_too_few_seats",
    "draw_excluded_and_listed",
    "draw_behind_a_score",
    "draw_announced_hand_named",
    "draw_announced_failed",
    "draw_announced_changed",
]


def notice(story: Story) -> dict[str, Any]:
    """What a notice says of draws."""
    return {"drawn": True} if story.fault.startswith("draw_announced") else {}


def amended(story: Story) -> dict[str, Any]:
    """What an amended notice says of them."""
    return {"drawn": 1} if story.fault == "draw_announced_changed" else {}


class Draw:
    """One draw of a story: its steps, which `fault` may spoil."""

    def __init__(self, story: Story, fault: str) -> None:
        self.w, self.fault, self.story = story.w, fault, story
        self.values = {(party, own): self.w.rng.randbytes(32) for party in PARTIES for own in (True, False)}
        self.salts = {person: self.w.rng.randbytes(32) for person in PEOPLE}
        self.names = {pseudonym_of(self.salts[person], person): person for person in PEOPLE}
        self.head: dict[str, Any] = {}
        self.seed = b""
        self.gone: list[str] = []

    def register(self) -> None:
        """A key of each party."""
        self.keys = {party: self.w.ed25519() for party in PARTIES}
        for party, key in self.keys.items():
            body = {"owner": party, "public_key": public(key), "purpose": "draw"}
            self.w.add("key_registered", body, whole_log=True)

    def call(self, few: int = 0) -> None:
        """The pool; few: how many can be drawn for each seat, all where it is 0."""
        early = self.w.checkpoint()
        able = {person: pseudonym_of(self.salts[person], person) for person in PEOPLE}
        self.groups: list[dict[str, Any]] = [
            {"label": label, "speciality": word, "count": count, "candidates": sorted(able[one] for one in persons)}
            for label, word, count, persons in GROUPS
        ]
        excluded = [{"candidate": "aa" * 32, "reason": "suspended"}]
        if few:
            self.groups = [{**self.groups[0], "count": 3, "candidates": self.groups[0]["candidates"][:few]}]
        if self.fault == "draw_too_few_seats":
            self.groups.pop()
        if self.fault == "draw_excluded_and_listed":
            excluded = [{"candidate": self.groups[0]["candidates"][0], "reason": "suspended"}]
        body = {"parties": PARTIES, "groups": self.groups, "excluded": excluded}
        self.draw = self.w.add("draw_called", body)
        self.head = early if self.fault == "draw_checkpoint_too_early" else self.w.checkpoint()

    def commit(self, party: str) -> None:
        """The party's two commitments."""
        before, pool = PARTIES[PARTIES.index(party) - 1], bytes.fromhex(self.draw)
        head = self.head
        if self.fault == "draw_checkpoints_differ" and party == PARTIES[2]:
            head = self.w.checkpoint()
        said = {
            **self._about(party),
            "type": "sunbid/draw-commitment/1",
            "own": commitment_of(pool, party, 0, self.values[party, True]),
            "stands_in": commitment_of(pool, before, 1, self.values[party, False]),
            "checkpoint": head,
        }
        if self.fault == "draw_other_lot" and party == PARTIES[1]:
            said["lot"] = "2"
        key = self.w.ed25519() if self.fault == "draw_forged" and party == PARTIES[1] else self.keys[party]
        self.w.add("draw_committed", {"commitment": self.w.sign(said, key)})

    def reveal(self, party: str, of: str) -> None:
        """A value, one's own or of whom one stands in for."""
        value = self.values[party, party == of]
        if self.fault == "draw_value_changed" and party == PARTIES[2]:
            value = self.w.rng.randbytes(32)
            self.values[party, party == of] = value
        said = {**self._about(party), "type": "sunbid/draw-reveal/1", "of": of, "value": value.hex()}
        self.w.add("draw_revealed", {"reveal": self.w.sign(said, self.keys[party])})

    def withhold(self, of: str, party: str) -> None:
        """Somebody does not reveal what it is its turn to reveal."""
        self.w.add("draw_withheld", {"draw": self.draw, "of": of, "party": party})

    def make(self, used: dict[str, tuple[int, bytes]]) -> None:
        """The result."""
        size, root = self.head["size"], base64.b64decode(self.head["root"])
        self.seed = seed_of(bytes.fromhex(self.draw), size, root, [used[party] for party in PARTIES])
        if self.fault == "draw_other_seed":
            self.seed = self.w.rng.randbytes(32)
        seats = self.seats()
        if self.fault == "draw_other_seats":
            seats[0][0] = next(one for one in self.groups[0]["candidates"] if one not in seats[0] + seats[1])
        self.drawn = seats
        self.w.add("draw_made", {"draw": self.draw, "seed": self.seed.hex(), "seats": seats})

    def replace(self) -> None:
        """The first who was drawn goes."""
        gone, before = self.drawn[0][0], {one for seats in self.drawn for one in seats}
        self.gone.append(gone)
        after = self.seats()
        coming = after[0][0]
        if self.fault == "draw_replaced_by_another":
            coming = next(one for one in self.groups[0]["candidates"] if one not in before | {coming})
        self.drawn = after
        body = {"draw": self.draw, "gone": gone, "reason": "recused", "seated": coming}
        self.w.add("draw_replaced", body)

    def fail(self, reason: str, gone: str | None = None) -> None:
        """No result, or none any more."""
        self.w.add("draw_failed", {"draw": self.draw, "gone": gone, "reason": reason})

    def seats(self) -> list[list[str]]:
        """Who sits, drawn and replaced as the spec says."""
        orders = [order_of(self.seed, group["label"], group["candidates"]) for group in self.groups]
        used: list[str] = []

        def following(place: int) -> str:
            found = next(one for one in orders[place] if one not in used)
            used.append(found)
            return found

        seats = [[following(place) for _ in range(group["count"])] for place, group in enumerate(self.groups)]
        for gone in self.gone:
            place = next(place for place, group in enumerate(seats) if gone in group)
            seats[place][seats[place].index(gone)] = following(place)
        return seats

    def members(self) -> list[dict[str, str]]:
        """The committee, each with its salt."""
        persons = [self.names[one] for seats in self.drawn for one in seats]
        return [{"person": one, "role": "expert", "salt": self.salts[one].hex()} for one in persons]

    def _about(self, party: str) -> dict[str, Any]:
        return {"tender": TENDER, "lot": LOT, "draw": self.draw, "party": party}


def draw(story: Story) -> list[dict[str, str]]:
    """Draw the committee of a story; its members. The parties' keys are registered, all steps are logged."""
    one = story.drawing = Draw(story, story.fault)
    one.register()
    _fail_first(one)
    one.call()
    if story.fault == "draw_announced_failed":
        one.fail("abandoned")
        return [{"person": person, "role": "expert"} for person in PEOPLE[:3]]
    if story.fault == "draw_called_twice":
        one.call()
    for party in PARTIES[:2]:
        one.commit(party)
    used = {party: (0, one.values[party, True]) for party in PARTIES}
    if story.fault == "draw_revealed_early":
        one.reveal(PARTIES[0], PARTIES[0])
    one.commit(PARTIES[2])
    if story.fault != "draw_revealed_early":
        one.reveal(PARTIES[0], PARTIES[0])
    if story.fault == "draw_given_up":
        one.fail("abandoned")
        one.call()
        for party in PARTIES:
            one.commit(party)
        one.reveal(PARTIES[0], PARTIES[0])
    _second(one, used)
    one.reveal(PARTIES[2], PARTIES[2])
    used[PARTIES[2]] = (0, one.values[PARTIES[2], True])
    one.make(used)
    if story.fault in {"draw_replaced", "draw_replaced_by_another"}:
        one.replace()
    return _named(one)


def _fail_first(one: Draw) -> None:
    """Draws that end without a result, for each reason, before the one that counts."""
    ends: dict[str, Callable[[], None]] = {
        "draw_after_a_failed_one": lambda: _withheld_twice(one),
        "draw_exhausted": lambda: _exhausted(one),
    }
    ends.get(one.fault, lambda: None)()


def _withheld_twice(one: Draw) -> None:
    one.call()
    one.commit(PARTIES[0])
    one.fail("abandoned")
    one.call()
    for party in PARTIES:
        one.commit(party)
    one.reveal(PARTIES[1], PARTIES[1])
    one.withhold(PARTIES[2], PARTIES[2])
    one.withhold(PARTIES[2], PARTIES[0])
    one.fail("withheld")


def _exhausted(one: Draw) -> None:
    one.call(few=3)
    for step in (one.commit, lambda party: one.reveal(party, party)):
        for party in PARTIES:
            step(party)
    one.make({party: (0, one.values[party, True]) for party in PARTIES})
    one.fail("exhausted", one.drawn[0][0])
    one.gone = []


def _second(one: Draw, used: dict[str, tuple[int, bytes]]) -> None:
    """The second party's value, or the one by which the third stands in for it."""
    two, three = PARTIES[1:]
    if one.fault == "draw_withheld":
        one.withhold(two, two)
        one.reveal(three, two)
        used[two] = (1, one.values[three, False])
    elif one.fault == "draw_not_its_turn":
        one.reveal(three, two)
        used[two] = (1, one.values[three, False])
    elif one.fault == "draw_of_a_stranger":
        one.keys["91430000MA4LSTRANG"] = one.keys[two]
        one.values["91430000MA4LSTRANG", False] = one.values[two, True]
        one.reveal("91430000MA4LSTRANG", two)
    else:
        one.reveal(two, two)


def _named(one: Draw) -> list[dict[str, str]]:
    members = one.members()
    if one.fault == "draw_hand_named":
        person = next(one_ for one_ in PEOPLE[:6] if one_ not in [m["person"] for m in members])
        members[0] = {"person": person, "role": "expert", "salt": one.salts[person].hex()}
    if one.fault == "draw_announced_hand_named":
        members = [{"person": member["person"], "role": "expert"} for member in members]
    dropped = {"draw_left_out": "draw_", "draw_announced_hand_named": "draw_", "draw_unfinished": "draw_made"}
    left_out = dropped.get(one.fault, " ")
    one.w.entries = [entry for entry in one.w.entries if not entry["head"]["kind"].startswith(left_out)]
    return members
