"""Vendored libraries are what the lock says, and nothing else; the scripts of a sealing page stay small."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from templates import bundle, vendor
from templates.vendor import STATIC, Package

PACKAGES = vendor.lock().packages
SEALING = ("js/bid-page.js", "js/seal-worker.js", "js/hash-worker.js")
RELEASING = ("js/trustee-page.js",)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_every_file_is_the_one_that_was_locked(package: Package) -> None:
    for path, integrity in package.files.items():
        assert vendor.integrity((STATIC / package.folder / path).read_bytes()) == integrity, path
    assert "LICENSE" in package.files


def test_no_file_is_there_that_the_lock_does_not_know() -> None:
    known = {f"{package.folder}/{path}" for package in PACKAGES for path in package.files}
    assert {path.relative_to(STATIC).as_posix() for path in (STATIC / "vendor").rglob("*") if path.is_file()} == known


def test_the_import_map_leads_to_files() -> None:
    made = vendor.import_map("/static/1a2b/")
    for name, address in made["imports"].items():
        assert address.startswith("/static/1a2b/")
        path = STATIC / address.removeprefix("/static/1a2b/")
        assert path.is_dir() if name.endswith("/") else path.is_file(), name
    for address in made["integrity"]:
        assert (STATIC / address.removeprefix("/static/1a2b/")).is_file()
    assert "/static/1a2b/vendor/age-encryption@0.3.1/dist/index.js" in made["integrity"]


def test_every_module_finds_all_that_it_imports() -> None:
    own = sorted(path.relative_to(STATIC).as_posix() for path in (STATIC / "js").glob("*.js"))
    paths = {module.path for module in bundle.closure(*own)}
    vendored = {f"{one.folder}/{path}" for one in PACKAGES for path in one.files if path.endswith(".js")}
    assert paths == {*own, *vendored}


def test_what_a_worker_loads_needs_no_import_map() -> None:
    for module in bundle.closure("js/seal-worker.js", "js/hash-worker.js"):
        assert all(source.startswith("./") for source in module.imports), module.path


@pytest.mark.parametrize("entries", [SEALING, RELEASING], ids=["sealing", "releasing"])
def test_the_scripts_of_a_page_stay_small(entries: tuple[str, ...]) -> None:
    """100 KiB of script on a page that seals or releases."""
    weight = sum(len(gzip.compress(module.text.encode(), 9)) for module in bundle.closure(*entries))
    assert weight <= 102_400


def test_own_modules_say_what_they_export() -> None:
    for path in (STATIC / "js").glob("*.js"):
        assert path.read_text("utf-8").startswith(("/*\n * ", "// ")), path.name


def test_no_module_writes_html_or_runs_text() -> None:
    """Trusted Types would stop it in the browser; here it is seen before."""
    for path in (STATIC / "js").glob("*.js"):
        text = path.read_text("utf-8")
        for danger in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            assert danger not in text, f"{path.name}: {danger}"


def test_the_bundler_refuses_what_it_does_not_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor, "STATIC", tmp_path)
    for text in ("export let a = 1;\n", 'import a from "./b.js";\n', "const a = await import('./b.js');\n"):
        (tmp_path / "a.js").write_text(text)
        (tmp_path / "b.js").write_text("export const b = 1;\n")
        with pytest.raises(ValueError, match="does not know"):
            bundle.script("a.js")
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nexport const a = b;\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\nexport const b = a;\n')
    with pytest.raises(ValueError, match="circle"):
        bundle.script("a.js")
