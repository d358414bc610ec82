"""The sweep itself: every request of everybody about everything, and what was not as the policy says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

from api.policy import POLICY, PUBLIC
from tests.api import bodies
from tests.api.bodies import Asking
from tests.api.sweep import NOTHING, OF_THE_STAGE, Answer, Sender, Thing, Verdict, expected, wrong
from tests.api.things import LACKS, things
from tests.api.world import COMMENTED, COMPLAINED, DECLARED, FACTS, HIDDEN, UNANSWERED, Actor, World
from tests.routes import Route, routes

#: What the table of stages has and the procedure of the town's lots has not.
NARROWED = {
    ("award.propose", "evaluated"),
    # Of the world's procedures none makes a sale public before it is confirmed (tests/story/test_every_procedure.py).
    ("question.answer", "sold"),
    ("objection.answer", "sold"),
}
#: Forms with files.
_FILES = (
    "/files",
    "/amendment",
    "/{tender:str}/prior",
    "/contract",
    "/contract/changes",
    "/contract/end",
    "/papers/{name:str}",
    "/result-letters/{bidder:str}",
    "/small-purchases/{draft:str}",
)

#: What does not depend on the thing that is asked about: of these refusals each actor asks about the first thing of a
#: route, and about a share of the others, another share than its neighbours.
OF_NO_THING = {Verdict.ROLE, Verdict.SIGN_IN}
SHARE = 4


class Sweep:
    """succeeded: operations that were done at least once; stages: in which an operation was not refused for them;
    overheard: what somebody read that is not for it.
    """

    def __init__(self, made: World, sender: Sender) -> None:
        self.world = made
        self.sent = 0
        self.succeeded: set[str] = set()
        self.stages: dict[str, set[str]] = defaultdict(set)
        self.overheard: set[str] = set()
        self._whispers = whispers(made)
        self._sender = sender

    def run(self, wanted: Collection[Route], verdicts: Callable[[Verdict], bool]) -> list[str]:
        """Send what is expected to come to one of these verdicts; everything that came to something else."""
        found = []
        for turn, route in enumerate(wanted):
            about = list(things(route, self.world))
            for seat, actor in enumerate(self._actors(route)):
                absent: dict[str, Answer] = {}
                for at, thing in enumerate(about):
                    verdict = expected(route.operation, actor, thing)
                    if not verdicts(verdict) or self._is_told_by_another(route, actor, thing, verdict):
                        continue
                    if verdict in OF_NO_THING and at and (turn + seat + at) % SHARE:
                        continue
                    if verdict is Verdict.HIDDEN and thing.query not in absent:
                        absent[thing.query] = self.send(route, actor, replace(about[0], query=thing.query))
                    answer = self.send(route, actor, thing)
                    fault = wrong(verdict, thing, answer, about[0], absent.get(thing.query))
                    if fault is not None:
                        found.append(
                            f"{fault}: {route.method} {route.path} ({route.operation}), {actor.name}, {thing.name}"
                            f"{thing.query}: {answer.status} {answer.reason or answer.location}"
                        )
                    if verdict is Verdict.LET_IN:
                        self._note(route, thing, answer)
                        self._listen(route, actor, answer)
        return found

    def send(self, route: Route, actor: Actor, thing: Thing) -> Answer:
        """One request, in the way in which programs or pages send it."""
        self.sent += 1
        asking = Asking(self.world, actor, thing)
        path = route.at(thing.places) + bodies.question(asking, route)
        if not route.is_page:
            body, headers = bodies.api(asking, route)
            return self._sender.api(route.method, path, actor, body, **headers)
        if route.method == "GET":
            return self._sender.look(path, actor)
        may = expected(route.operation, actor, thing) is Verdict.LET_IN
        return self._sender.form(
            path, actor, bodies.fields(asking, route), files=route.path.endswith(_FILES), fresh=may
        )

    def refused_stages(self) -> dict[str, set[str]]:
        """Stages that the policy names for an operation, and in which everybody was refused for the stage."""
        found = {}
        for name, let_in in self.stages.items():
            named = POLICY[name].stages or frozenset()
            refused = {one for one in named - let_in if (name, one) not in LACKS | NARROWED}
            if refused:
                found[name] = refused
        return found

    def _actors(self, route: Route) -> Iterator[Actor]:
        """Whoever signed in by a password alone has no token."""
        for actor in self.world.actors.values():
            if route.is_page or not actor.weak:
                yield actor

    def _is_told_by_another(self, route: Route, actor: Actor, thing: Thing, verdict: Verdict) -> bool:
        """Whether another one's request says the same: of the same roles where only they count, or the public's."""
        if verdict is Verdict.ROLE:
            same = (one for one in self.world.actors.values() if (one.roles, one.weak) == (actor.roles, actor.weak))
            return next(same).name != actor.name
        public = POLICY[route.operation].roles == PUBLIC and route.method == "GET" and not actor.public
        return verdict is Verdict.LET_IN and public and thing.public and thing.name not in {"open", NOTHING.name}

    def _listen(self, route: Route, actor: Actor, answer: Answer) -> None:
        """What is open to somebody has nothing in it that is not, as a list of everybody's things would."""
        for name, (text, may) in self._whispers.items():
            if text.encode() in answer.body and not may(actor):
                self.overheard.add(f"{name}: {route.method} {route.path}, {actor.name}")

    def _note(self, route: Route, thing: Thing, answer: Answer) -> None:
        if answer.success:
            self.succeeded.add(route.operation)
        if thing.lot is not None and answer.reason not in OF_THE_STAGE and not thing.lacks:
            self.stages[route.operation].add(thing.lot.stage)


def whispers(made: World) -> dict[str, tuple[str, Callable[[Actor], bool]]]:
    """Texts that only some may read, and who."""
    clerk, bidder = made.actors["clerk"], made.actors["bidder"]

    def agency(actor: Actor) -> bool:
        return "agency" in actor.roles and actor.organisation == clerk.organisation and not actor.weak

    def of_draft(actor: Actor) -> bool:
        # Who looked at a draft is the supervisor's to see, so that there is one.
        trustee = "trustee" in actor.roles and actor.organisation in made.trustees
        return agency(actor) or trustee or "supervisor" in actor.roles

    def of_bidder(actor: Actor) -> bool:
        return "bidder" in actor.roles and actor.organisation == bidder.organisation

    def of_objection(actor: Actor) -> bool:
        filed = {made.stage.bidder(number).code for number in range(2)}
        return agency(actor) or "supervisor" in actor.roles or actor.organisation in filed

    def of_complaint(actor: Actor) -> bool:
        return "supervisor" in actor.roles or of_bidder(actor)

    def of_comment(actor: Actor) -> bool:
        return agency(actor) or of_complaint(actor)

    own = made.own
    found: dict[str, tuple[str, Callable[[Actor], bool]]] = {
        "working paper": (own["draft"], agency),
        "document": (own["sha256"], agency),
        "receipt": (own["receipt"], of_bidder),
        "upload": (own["upload"], of_bidder),
        "question": (UNANSWERED, agency),
        "objection": (FACTS, of_objection),
        "complaint": (COMPLAINED, of_complaint),
        "application": (DECLARED, agency),
        "comment": (COMMENTED, of_comment),
        "deposit": (HIDDEN, lambda actor: "administrator" in actor.roles),
        "proposal": (made.lots["proposed"].places["proposal"], agency),
    }
    drafts = {lot.name: (lot.tender, of_draft) for lot in made.lots.values() if not (lot.published or lot.announced)}
    return found | drafts


@contextmanager
def sweep(made: World) -> Iterator[Sweep]:
    """The sweep of a town."""
    with closing(Sender(made)) as sender:
        yield Sweep(made, sender)


def swept(made: World, *, pages: bool) -> list[Route]:
    """All routes of the pages, or of the interface. A stream of events has no end; its page says the same."""
    found = [one for one in routes(made.site) if one.is_page == pages and not one.path.endswith("/events")]
    return sorted(found, key=lambda one: (_late(one), one.method, one.path))


def _late(route: Route) -> int:
    # The pages send back, the interface approves: of either there is one success at least.
    if route.is_page and route.operation == "tender.approve":
        return 2
    return 1 if route.path.endswith("/drop") else LATE.get(route.operation, 0)


#: What takes things away that others are about comes last.
LATE = {
    "tender.approve": 1,
    "tender.send_back": 1,
    # One can go on only what was stopped.
    "auction.announce": 1,
    "auction.resume": 2,
    "administration.sessions": 2,
    "session.end_other": 2,
    "administration.roles": 3,
}
