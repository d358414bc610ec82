"""Vaults and recovery files: what the browser writes the command line reads, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest
from playwright.sync_api import Browser

from api.tools import sealed_file
from api.tools.vault import VaultFile
from notary.signing import b64, unb64
from tests.browser.modules import Modules, modules

PASSPHRASE = "正确 horse battery staple"
CREATE = """async ({ js, b64 }, passphrase) => {
    const vaults = await js("vault");
    const vault = await vaults.create("one", passphrase, { purposes: ["statement", "trustee"] });
    await vault.addEvaluationKey();
    return { file: b64(await vaults.file("one")), content: vault.content };
}"""


@pytest.fixture(name="page")
def _page(chromium: Browser, assets: str) -> Iterator[Modules]:
    with modules(chromium, assets) as found:
        yield found


def test_a_vault_of_the_browser_opens_here(page: Modules, tmp_path: Path) -> None:
    made = page.run(CREATE, PASSPHRASE)
    path = tmp_path / "vault.age"
    path.write_bytes(unb64(made["file"]))
    vault = VaultFile(path, PASSPHRASE).open()
    assert vault.content.seed == made["content"]["seed"]
    assert vault.content.signing == made["content"]["signing"]
    assert vault.content.evaluation == made["content"]["evaluation"]
    assert (vault.content.openings, vault.content.seen, vault.content.anchors) == ([], None, None)


def test_a_vault_of_the_command_line_opens_in_the_browser(page: Modules, tmp_path: Path) -> None:
    path = tmp_path / "vault.age"
    vault = VaultFile(path, PASSPHRASE).create(b"s" * 32, {"statement": b"k" * 32}, anchors={"type": "x"})
    body = """async ({ js, refused, hex, unb64 }, [file, passphrase]) => {
        const vaults = await js("vault");
        const wrong = await refused(() => vaults.restore("one", unb64(file), `${passphrase} `));
        const vault = await vaults.restore("one", unb64(file), passphrase);
        await vaults.proveRecovery("one", unb64(file), passphrase);
        return { wrong, seed: vault.content.seed, anchors: { ...vault.content.anchors },
            key: hex(await vault.publicKey("statement")), missing: await refused(() => vault.publicKey("score")) };
    }"""
    found = page.run(body, [b64(path.read_bytes()), PASSPHRASE])
    assert found == {
        "wrong": "passphrase_wrong",
        "seed": vault.content.seed,
        "anchors": {"type": "x"},
        "key": vault.public_key("statement").hex(),
        "missing": "key_missing",
    }


def test_a_vault_is_kept_and_nobody_writes_over_another(page: Modules) -> None:
    body = """async ({ js, refused, b64 }, passphrase) => {
        const vaults = await js("vault");
        const found = [await refused(() => vaults.open("one", passphrase))];
        const first = await vaults.create("one", passphrase, { purposes: ["statement"] });
        const early = await vaults.file("one");
        found.push(await refused(() => vaults.create("one", passphrase, { purposes: [] })));
        const second = await vaults.open("one", passphrase);
        await second.addSigningKey("score");
        found.push(await refused(() => first.addSigningKey("trustee")), Object.keys(first.content.signing).join());
        found.push(await refused(() => second.addSigningKey("score")));
        found.push(await refused(() => vaults.proveRecovery("one", early, passphrase)));
        return found;
    }"""
    assert page.run(body, PASSPHRASE) == [
        "vault_missing", "vault_exists", "vault_changed", "statement", "key_exists", "recovery_other",
    ]  # fmt: skip


def test_a_file_of_two_chunks_opens_here(page: Modules) -> None:
    """The chunks of the age format have 64 KiB."""
    body = """async ({ js, b64 }, [size, passphrase]) => {
        const { encrypt } = await js("age");
        return b64(await encrypt(new Uint8Array(size), passphrase));
    }"""
    made = page.run(body, [65_537, PASSPHRASE])
    assert sealed_file.decrypt(unb64(made), PASSPHRASE) == bytes(65_537)


def test_short_passphrases_and_other_files_are_refused(page: Modules) -> None:
    body = """async ({ js, refused, utf8 }, [passphrase, damaged]) => {
        const { decrypt, encrypt } = await js("age");
        return [
            await refused(() => encrypt(utf8("x"), "eleven char")),
            await refused(() => decrypt(utf8("no age file"), passphrase)),
            await refused(() => decrypt(utf8(damaged), passphrase)),
        ];
    }"""
    identity = pyrage.x25519.Identity.generate()
    foreign = pyrage.encrypt(b"x", [identity.to_public()], armored=True).decode()
    assert page.run(body, [PASSPHRASE, foreign]) == ["passphrase_short", "passphrase_wrong", "passphrase_wrong"]


def test_a_file_that_asks_for_too_much_work_is_not_called_wrong(page: Modules) -> None:
    body = """async ({ js, refused, unb64 }, [passphrase, file]) => {
        const { decrypt } = await js("age");
        return refused(() => decrypt(unb64(file), passphrase));
    }"""
    file = pyrage.passphrase.encrypt(b"x", PASSPHRASE)
    head, mark, work = file[: file.index(b"\n---")].rpartition(b"\n")[0].rpartition(b" ")
    slow = head + mark + b"21" + file[len(head) + len(mark) + len(work) :]
    assert page.run(body, [PASSPHRASE, b64(slow)]) == "vault_slow"
