"""The habits of the house that no linter knows. Every rule has a line that breaks it, so that we see it bite."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("api", "bidding", "migrations", "notary", "templates", "trading")
FILES = sorted(path.relative_to(ROOT).as_posix() for room in ROOMS for path in (ROOT / room).rglob("*.py"))
MAX_LINES = 400
ONE_FILE = {"notary/verify.py"}  # the verifier is one file, so that a stranger can take it alone

Rule = Callable[[ast.AST, str], bool]
"""Does this node of this file break the rule?"""


def dotted(node: ast.AST) -> str:
    """``a.b.c`` for a name or an attribute of one; what is before a call or an index is left out."""
    match node:
        case ast.Attribute(value=value, attr=attr):
            return f"{dotted(value)}.{attr}"
        case ast.Name(id=name):
            return name
    return ""


def imported(node: ast.AST) -> list[str]:
    """Full names of what a node imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def imports_one_of(node: ast.AST, names: set[str]) -> bool:
    return any(name == full or full.startswith(f"{name}.") for full in imported(node) for name in names)


def reads_a_clock(node: ast.AST, path: str) -> bool:
    """Time is an argument; it comes from notary/clock.py or, under a lock, from the database (notary/work.py)."""
    if path in {"notary/clock.py", "notary/work.py"}:
        return False
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.search(r"\bnow\(\)|\bCURRENT_TIMESTAMP\b|\bclock_timestamp\(", node.value) is not None
    clocks = r"(date|datetime)\.(now|utcnow|today)|time\.(time|localtime|gmtime|ctime|monotonic)(_ns)?"
    return any(
        re.search(rf"(^|\.)({clocks}|func\.(now|current_\w+))$", name) for name in [dotted(node), *imported(node)]
    )


def draws_entropy(node: ast.AST, path: str) -> bool:
    """Entropy is an argument; it comes from notary/chance.py."""
    sources = {"secrets", "random", "os.urandom", "uuid.uuid1", "uuid.uuid4"}
    drawn = r"os\.(urandom|getrandom)|uuid\.uuid[14]|\w+Key\.generate|AESGCM\.generate_key"
    return path != "notary/chance.py" and (
        imports_one_of(node, sources) or re.fullmatch(drawn, dotted(node)) is not None
    )


def holds_a_float(node: ast.AST, path: str) -> bool:
    """Money and scores are Decimal or integers; trading and bidding have no use for a float at all."""
    literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
    if path.startswith(("trading/", "bidding/")):
        return literal or dotted(node) == "float"
    about_money = r"price|amount|deposit|budget|score|yuan|fen\b"
    return isinstance(node, ast.Call) and dotted(node.func) == "float" and bool(re.search(about_money, ast.dump(node)))


def renders_paper(node: ast.AST, path: str) -> bool:
    """WeasyPrint follows file:// and loopback addresses: only templates/, with its own fetcher, may call it."""
    return not path.startswith("templates/") and imports_one_of(node, {"weasyprint"})


def knows_the_database(node: ast.AST, path: str) -> bool:
    """Below the edge only the modules named here know SQLAlchemy; all else is pure or works on files."""
    if path.startswith(("api/", "migrations/")) or DATABASE.match(path):
        return False
    return any(name.startswith("sqlalchemy") or DATABASE.match(name.replace(".", "/")) for name in imported(node))


def is_no_stranger(node: ast.AST, path: str) -> bool:
    """The verifier shares no code with us, in either direction: standard library and cryptography only."""
    if path == "notary/verify.py":
        known = {*sys.stdlib_module_names, "cryptography"}
        return any(name.partition(".")[0] not in known for name in imported(node))
    return imports_one_of(node, {"notary.verify"})


def formats_with_user_text(node: ast.AST, _path: str) -> bool:
    """A text of a user as format string reads attributes ({0.__class__}): it is written in the code, or a CONSTANT."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FORMATTERS):
        return False
    text = node.func.value
    return not isinstance(text, ast.Constant) and not (isinstance(text, ast.Name) and text.id.isupper())


def branches_on_a_procedure(node: ast.AST, path: str) -> bool:
    """Procedures are data: code asks for a value that the procedure states, never for its name."""
    if not path.startswith(("trading/", "bidding/")):
        return False
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        texts = {text for side in sides for text in constants(side)}
        named = any(dotted(side).rpartition(".")[2] in PROCEDURE_WORDS for side in sides)
        return bool(texts and named) or not texts.isdisjoint(catalogue_names())
    if isinstance(node, ast.Match):
        return dotted(node.subject).rpartition(".")[2] in PROCEDURE_WORDS
    return False


CODES = re.compile(r"\b[A-Z]+[0-9]+\b")
DATABASE_MODULES = (
    r"acts agenda deposit_rows disclosure dossier explanation_rows fsck guard prior_rows publish record "
    r"remedy_rows rows views work"
)
DATABASE = re.compile(rf"(bidding|notary|trading)/({DATABASE_MODULES.replace(' ', '|')})\b")
FORMATTERS = {"format", "format_map", "vformat"}
PROCEDURE_WORDS = {"procedure", "procedure_id", "procedure_name", "category", "category_id", "category_name"}


def constants(node: ast.AST) -> set[str]:
    """All texts written in an expression."""
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


@cache
def catalogue_names() -> frozenset[str]:
    """Names of all procedures and categories."""
    files = [tomllib.loads(path.read_text("utf-8")) for path in (ROOT / "trading/catalogue").glob("*.toml")]
    return frozenset(
        procedure[key] for file in files for procedure in file["procedure"] for key in ("name", "category")
    )


RULES: dict[Rule, list[tuple[str, str]]] = {
    reads_a_clock: [
        ("api/jobs.py", "datetime.now(UTC)"),
        ("api/jobs.py", "dt.datetime.utcnow()"),
        ("api/jobs.py", "date.today()"),
        ("notary/store.py", "time.time()"),
        ("notary/store.py", "from time import time"),
        ("trading/rows.py", "Column(default=func.now())"),
        ("trading/views/tenders.py", "text('SELECT now()')"),
    ],
    draws_entropy: [
        ("bidding/seal.py", "import secrets"),
        ("bidding/seal.py", "from os import urandom"),
        ("bidding/seal.py", "os.urandom(32)"),
        ("api/auth.py", "uuid.uuid4()"),
        ("notary/keys.py", "Ed25519PrivateKey.generate()"),
    ],
    holds_a_float: [
        ("trading/evaluation.py", "score * 0.3"),
        ("trading/evaluation.py", "def f(x: float): ..."),
        ("api/tenders.py", "float(offer.price)"),
    ],
    renders_paper: [("api/papers.py", "from weasyprint import HTML"), ("trading/acts.py", "import weasyprint")],
    knows_the_database: [
        ("trading/rules.py", "from sqlalchemy import select"),
        ("bidding/seal.py", "from bidding import rows"),
        ("notary/notes.py", "from notary.work import Unit"),
    ],
    is_no_stranger: [
        ("notary/verify.py", "from notary import merkle"),
        ("notary/verify.py", "import rfc8785"),
        ("api/cli.py", "from notary import verify"),
    ],
    formats_with_user_text: [("templates/render.py", "tender.title.format(name=1)")],
    branches_on_a_procedure: [
        ("trading/acts.py", "tender.procedure == 'open'"),
        ("bidding/acts.py", "category in ('construction', 'land')"),
        ("trading/acts/open.py", "if kind == 'construction-open': pass"),
        ("trading/rules.py", "match tender.category:\n case 'land': pass"),
    ],
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_holds(rule: Rule) -> None:
    broken = [
        f"{path}:{getattr(node, 'lineno', 0)}"
        for path in FILES
        for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
        if rule(node, path)
    ]
    assert not broken, f"{rule.__doc__}\n" + "\n".join(broken)


@pytest.mark.parametrize(("rule", "path", "code"), [(rule, *bad) for rule, bads in RULES.items() for bad in bads])
def test_rule_bites(rule: Rule, path: str, code: str) -> None:
    assert any(rule(node, path) for node in ast.walk(ast.parse(code)))


def test_modules_are_small() -> None:
    long = {
        path: lines
        for path in set(FILES) - ONE_FILE
        if (lines := len((ROOT / path).read_text("utf-8").splitlines())) > MAX_LINES
    }
    assert long == {}


def tracked_texts() -> Iterator[tuple[str, str]]:
    """Path and text of every text file of the repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout.decode()
    for path in filter(None, listed.split("\0")):
        data = (ROOT / path).read_bytes() if (ROOT / path).is_file() else b"\0"
        if b"\0" not in data:
            yield path, data.decode("utf-8", "replace")


def test_no_file_names_a_registry_or_a_machine() -> None:
    hosts = r"pypi\.org|pythonhosted|registry\.npmjs|(deb|security)\.debian\.org|archive\.ubuntu\.com"
    folders = r"(?<![\w./:-])/(home|root|work|Users)/\w"
    found = [
        path
        for path, text in tracked_texts()
        if path != "tests/test_house.py" and re.search(f"{hosts}|{folders}", text)
    ]
    assert found == []


def test_an_exception_to_a_lint_has_its_reason() -> None:
    """``# noqa: PLR0912  # one line per state``; the same for ``nosec``. What mypy is to ignore, its code tells."""
    mark = re.compile(r"# (?:noqa|nosec)(.*)")
    bare = [
        f"{path}:{number}"
        for path, text in tracked_texts()
        if path.endswith(".py") and path != "tests/test_house.py"
        for number, line in enumerate(text.splitlines(), 1)
        if (found := mark.search(line)) and len(re.findall(r"[a-z]{2,}", CODES.sub("", found[1]))) < 2
    ]
    assert not bare, "\n".join(bare)


def test_the_locks_agree() -> None:
    """The test environment is the run-time and more: the same versions, the same hashes."""
    run, test = (_locked((ROOT / f"requirements{kind}.lock").read_text("ascii")) for kind in ("", "-test"))
    assert {name: test.get(name) for name in run} == run


def _locked(lock: str) -> dict[str, list[str]]:
    blocks = re.split(r"\n(?=\w)", lock)
    return {block.split("==")[0]: re.findall(r"==\S+|sha256:\w+", block) for block in blocks}
