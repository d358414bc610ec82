"""Modules of ``static`` as one classic script, for a page that may load nothing: the offline sealer.

A small bundler of the forms of import and export that our modules and the vendored ones have; any other is refused. The
result depends on the files alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from templates import vendor

_IMPORT = re.compile(r"^import\s+(?:(?P<clause>[^\"';]+?)\s+from\s+)?[\"'](?P<source>[^\"']+)[\"'];\n", re.MULTILINE)
_REEXPORT = re.compile(
    r"^export\s+(?:\{(?P<names>[^}]*)\}|\*\s+as\s+(?P<all>\w+))\s+from\s+[\"'](?P<source>[^\"']+)[\"'];\n", re.MULTILINE
)
_EXPORTED = re.compile(r"^export (?P<rest>(?:async function\*?|function\*?|class|const)\s+(?P<name>\w+))", re.MULTILINE)
_LIST = re.compile(r"^export \{(?P<names>[^}]*)\};\n", re.MULTILINE)
_DEFAULT = re.compile(r"^export default (?P<name>\w+);\n", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*|\bimport(?:\(|\.meta).*", re.MULTILINE)
# Comments that have their lines to themselves. `[^\n]*`, since `.` matches newlines here.
_COMMENTS = re.compile(r"^[ \t]*//[^\n]*\n|^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Module:
    """A module: its path under ``static``, its text, and the modules that it imports, by the specifier it uses."""

    path: str
    text: str
    imports: dict[str, str]


def closure(*entries: str) -> list[Module]:
    """These modules of ``static`` and all that they import, each once and after those it imports."""
    found: dict[str, Module] = {}
    for entry in entries:
        _collect(entry, found, ())
    return list(found.values())


def script(entry: str) -> str:
    """The module and all that it imports as one script, without their comments.

    The licences of vendored modules stand at the beginning. Raises ValueError for what the bundler cannot take.
    """
    modules = closure(entry)
    bodies = "\n".join(_wrapped(module) for module in modules)
    licences = "\n".join(_licences())
    made = f'/*\n{licences}*/\n(() => {{\n"use strict";\nconst modules = {{}};\n{bodies}}})();\n'
    if "</script" in made.lower() or "<!--" in made:
        raise ValueError("the script would end its own element")
    return made


def _collect(path: str, found: dict[str, Module], above: tuple[str, ...]) -> None:
    if path in above:
        raise ValueError(f"modules import each other in a circle: {' → '.join((*above, path))}")
    if path in found:
        return
    text = (vendor.STATIC / path).read_text("utf-8")
    imports = {source: _resolved(path, source) for source in _sources(text)}
    for other in imports.values():
        _collect(other, found, (*above, path))
    found[path] = Module(path, text, imports)


def _sources(text: str) -> Iterator[str]:
    """The specifiers that a module imports from; `import {} from` is left by TypeScript's types and imports nothing."""
    for match in _IMPORT.finditer(text):
        if match["clause"] != "{}":
            yield match["source"]
    for match in _REEXPORT.finditer(text):
        yield match["source"]


def _resolved(path: str, source: str) -> str:
    """The file under ``static`` that a specifier means, by the import map."""
    lock = vendor.lock()
    if source.startswith("."):
        plain = _normal(PurePosixPath(path).parent / source)
    else:
        known = sorted((name for name in lock.specifiers if source.startswith(name)), key=len)
        plain = lock.specifiers[known[-1]] + source.removeprefix(known[-1]) if known else source
    return lock.replaced.get(source, lock.replaced.get(plain, plain))


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _wrapped(module: Module) -> str:
    """A function that gives the module's exports, called once."""
    text = f"{module.text}\n"
    exported: dict[str, str] = {}
    text = _IMPORT.sub(lambda match: _bound(module, match), text)
    text = _REEXPORT.sub(lambda match: _passed_on(module, match, exported), text)
    for pattern in (_LIST, _DEFAULT):
        for match in pattern.finditer(text):
            exported |= _pairs(match["names"]) if pattern is _LIST else {"default": match["name"]}
        text = pattern.sub("", text)
    exported |= {match["name"]: match["name"] for match in _EXPORTED.finditer(text)}
    text = _COMMENTS.sub("", _EXPORTED.sub(r"\g<rest>", text))
    left = _LEFT.search(text)
    if left:
        raise ValueError(f"{module.path}: the bundler does not know this: {left[0]}")
    given = ", ".join(f"{name}: {local}" for name, local in sorted(exported.items()))
    return f'modules["{module.path}"] = (() => {{\n{text}return {{ {given} }};\n}})();'


def _bound(module: Module, match: re.Match[str]) -> str:
    """An import as a binding of what the other module gave."""
    clause = match["clause"]
    if clause == "{}":
        return ""
    other = f'modules["{module.imports[match["source"]]}"]'
    if clause is None:
        return ""
    if clause.startswith("* as "):
        return f"const {clause.removeprefix('* as ')} = {other};\n"
    if not (clause.startswith("{") and clause.endswith("}")):
        raise ValueError(f"{module.path}: the bundler does not know this: {match[0]}")
    names = ", ".join(f"{name}: {local}" for name, local in _pairs(clause[1:-1]).items())
    return f"const {{ {names} }} = {other};\n"


def _passed_on(module: Module, match: re.Match[str], exported: dict[str, str]) -> str:
    other = f'modules["{module.imports[match["source"]]}"]'
    if match["all"]:
        exported[match["all"]] = other
    else:
        exported |= {local: f"{other}.{name}" for name, local in _pairs(match["names"]).items()}
    return ""


def _pairs(names: str) -> dict[str, str]:
    """``a, b as c`` as {"a": "a", "b": "c"}."""
    pairs: dict[str, str] = {}
    for one in filter(None, (part.strip() for part in names.split(","))):
        name, _, local = one.partition(" as ")
        pairs[name] = local or name
    return pairs


def _licences() -> Iterator[str]:
    for package in vendor.lock().packages:
        yield f"{package.name} {package.version}\n\n{(vendor.STATIC / package.folder / 'LICENSE').read_text('utf-8')}"
