"""What pages say of what is typed, as the server has it: credit codes, and sums in Chinese capitals."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from notary.errors import Malformed
from tests.browser.modules import Modules, modules
from tests.serving import OPERATOR
from tests.stage import AGENCY, code
from trading import money, parties

_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CHECKED = """async ({ js, refused }, codes) => {
    const { checkCode } = await js("creditcode");
    return Promise.all(codes.map((one) => refused(() => checkCode(one))));
}"""
WORDS = """async ({ js }, texts) => texts.map((await js("upper")).words)"""


@pytest.fixture(name="page", scope="module")
def _page(chromium: Browser, assets: str) -> Iterator[Modules]:
    with modules(chromium, assets) as found:
        yield found


def reason_of(text: str) -> str | None:
    try:
        parties.check_code(text)
    except Malformed as refusal:
        return refusal.reason
    return None


def codes() -> list[str]:
    """Right ones, each with every other sign at its end, every other sign at one place, and two signs changed round."""
    chance, right = random.Random(431102), [OPERATOR, AGENCY, *(code(number) for number in range(0, 1_000_000, 5003))]
    found = [*right, "", right[0][:-1], right[0] + "\n", f" {right[0]}", right[0].lower(), "９" + right[0][1:]]
    for one in right:
        place = chance.randrange(17)
        found += [one[:-1] + sign for sign in _SIGNS]
        found += [one[:place] + sign + one[place + 1 :] for sign in _SIGNS]
        found.append(one[:place] + one[place + 1] + one[place] + one[place + 2 :])
    return found


def sums() -> list[str]:
    """Examples of the rules, all shapes of zeros, and thousands at random of every length."""
    chance = random.Random(20261124)
    official = ["1409.50", "6007.14", "1680.32", "107000.53", "16409.02", "325.04"]
    shapes = [f"{int(f'{mask:b}')}.{cents}" for mask in range(1 << 13) for cents in ("00", "05")]
    texts = [money.text(chance.randrange(10**length)) for length in range(1, 16) for _ in range(300)]
    return [*official, *shapes, *texts, "0.00", "0.01", "0.10", money.text(money.MOST)]


def test_credit_codes_are_checked_alike(page: Modules) -> None:
    asked = codes()
    wanted = [reason_of(one) for one in asked]
    assert {None, "not_a_credit_code", "credit_code_wrong"} == set(wanted)
    assert page.run(CHECKED, asked) == wanted


def test_sums_are_written_alike(page: Modules) -> None:
    asked = sums()
    assert len(asked) > 10_000
    found = page.run(WORDS, asked)
    wanted = [f"人民币{money.words(money.parse(one))}" for one in asked]
    assert [pair for pair in zip(found, wanted, strict=True) if pair[0] != pair[1]] == []


@pytest.mark.parametrize(
    "text", ["", "1", "1.0", "01.00", "-1.00", "1e3", "1,000.00", "１.00", "1" * 14 + ".00", "NaN"]
)
def test_what_is_no_sum_has_no_words(page: Modules, text: str) -> None:
    with pytest.raises(Malformed):
        money.parse(text)
    assert page.run(WORDS, [text]) == [None]
