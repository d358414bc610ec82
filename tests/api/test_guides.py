"""Service guides say all that a procedure asks, in both languages, from the data that tenders are checked by."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
import pytest

from tests.stage import TENDER, Stage
from tests.trading.examples import CONSTRUCTION
from trading import procedures
from trading.limits import LIMITS

NAMES = sorted({one.name for one in procedures.catalogue()})


def read(stage: Stage, path: str) -> str:
    """The page's text, as one line."""
    answer = httpx.get(f"{stage.site.url}{path}")
    assert answer.status_code == 200, path
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", answer.text)).split())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_guide_leaves_nothing_out(stage: Stage, name: str, language: str) -> None:
    procedure = procedures.in_force(name, stage.now())
    text = read(stage, f"{'/en' if language == 'en' else ''}/guides/{name}")
    said: list[Any] = [procedure, procedure.fees, *procedure.steps, *procedure.documents, *procedure.methods]
    said += [*procedure.rejection.clauses, *(LIMITS[limit] for limit in procedure.limits)]
    for one in said:
        assert getattr(one, language) in text, one
    for limit in procedure.limits.values():
        assert limit.cites in text
    assert text.count("待核对" if language == "zh" else "unconfirmed") >= sum(
        not limit.confirmed for limit in procedure.limits.values()
    )
    assert "built-in" not in text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "",
            [
                "自公告发布起不少于 20 日 招标投标法 24 不予通过",
                "投标截止时间 10 日前 招标投标法实施条例 22",
                "收到异议之日后 3 日内",
                "与投标截止时间同时",
                "不得设定",
                "不超过项目估算价（预算）的 2%",
                "3 家受托机构中任意 2 家的密钥",
            ],
        ),
        (
            "/en",
            [
                "at least 20 days after publication of the notice 招标投标法 24 refused",
                "10 days before the deadline or earlier",
                "at most 2% of the estimate (budget)",
                "The keys of any 2 of 3 trustees",
            ],
        ),
    ],
)
def test_a_limit_is_a_sentence(stage: Stage, language: str, said: list[str]) -> None:
    text = read(stage, f"{language}/guides/construction-open")
    for one in said:
        assert one in text


def test_a_lot_leads_to_the_version_that_it_was_published_under(stage: Stage) -> None:
    procedure = procedures.procedures()[stage.clerk.get(f"/tenders/{TENDER}")["procedure_version"]]
    address = f"/guides/{procedure.name}/{procedure.version}"
    assert f'href="{address}"' in httpx.get(f"{stage.site.url}/lots/{TENDER}").text
    text = read(stage, address)
    assert procedure.zh in text
    assert "这不是现行版本" not in text


def test_the_list_has_all_procedures(stage: Stage) -> None:
    text = httpx.get(f"{stage.site.url}/guides").text
    assert set(re.findall(r'href="/guides/([^"/]+)"', text)) == set(NAMES)


@pytest.mark.parametrize(
    "path", ["nothing", f"construction-open/{'0' * 64}", f"procurement-open/{CONSTRUCTION.version}"]
)
def test_what_is_not_there_is_not_there(stage: Stage, path: str) -> None:
    assert httpx.get(f"{stage.site.url}/guides/{path}").status_code == 404
