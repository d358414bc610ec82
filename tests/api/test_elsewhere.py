"""Signing in by a certificate that the proxy has verified, and at another provider."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from api.settings import People
from api.settings import Provider as Setting
from notary import certificates
from tests.accounts import Browser, Make, Person, person
from tests.oidc import CLIENT, SECRET, STRONG, Provider
from tests.servers import free_port
from tests.serving import serving, site
from tests.stage import AGENCY, Stage, code

DATABASES = ("sqlite", "postgresql")

HEADER = "Sunbid-Certificate"


@pytest.fixture(scope="module")
def provider() -> Provider:
    return Provider(clock=lambda: (_ for _ in ()).throw(AssertionError("no site yet")))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, provider: Provider, database: str) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("elsewhere")
    (folder / "secret").write_text(SECRET)
    with serving(provider.application()) as url:
        provider.url = url
        people = People(
            proxies=("127.0.0.1",),
            certificate_header=HEADER.lower(),
            provider=Setting(url, CLIENT, folder / "secret", STRONG),
        )
        with site(folder / "home", database, people=people) as running:
            provider.clock = running.desk.work.now
            yield Stage(running, folder / "parties")


@pytest.fixture(autouse=True)
def honest(provider: Provider) -> None:
    """The provider tells the truth again."""
    provider.lies, provider.signs_with, provider.subject, provider.acr = {}, None, "subject-1", STRONG


def pem(stage: Stage, name: str, whose: str) -> str:
    """A certificate of an organisation, as a proxy passes it."""
    authority = certificates.demonstration_authority(stage.now())
    return quote(certificates.certificate_for(authority, name, whose, stage.now()).certificate)


def add_certificate(reader: Browser, header: str) -> httpx.Response:
    reader.get("/account/factors")
    return reader.post("/account/factors/certificate", reader.form("/account/factors/certificate"), **{HEADER: header})


def by_certificate(reader: Browser, header: str) -> httpx.Response:
    reader.get("/sign-in")
    return reader.post("/sign-in/certificate", reader.form("/sign-in/certificate"), **{HEADER: header})


def through(reader: Browser, path: str, **changes: str) -> httpx.Response:
    """To the provider and back, as a browser goes; `changes` to what comes back."""
    away = reader.http.get(path)
    assert away.status_code == 303, away.text
    back = httpx.get(away.headers["location"]).headers["location"]
    query = dict(httpx.QueryParams(urlsplit(back).query)) | changes
    return reader.http.get("/sign-in/provider/back", params=query)


# certificates


def test_a_certificate_is_added_by_its_owner_and_signs_in(browser: Make, clerk: Person, stage: Stage) -> None:
    header = pem(stage, "测试招标人", AGENCY)
    assert by_certificate(browser(), header).status_code == 403
    assert add_certificate(browser(clerk), header).headers["location"] == "/account/factors?done=factor_added"
    reader = browser()
    assert by_certificate(reader, header).status_code == 303
    assert reader.get("/desk").headers["location"] == "/agency"


def test_a_certificate_of_another_organisation_is_not_taken(browser: Make, clerk: Person, stage: Stage) -> None:
    assert add_certificate(browser(clerk), pem(stage, "测试招标人", code(5))).status_code == 403


def test_a_certificate_is_one_persons(browser: Make, clerk: Person, stage: Stage) -> None:
    header = pem(stage, "测试招标人", AGENCY)
    assert add_certificate(browser(clerk), header).status_code == 303
    assert add_certificate(browser(person(stage.site, AGENCY, "agency")), header).status_code == 409


@pytest.mark.parametrize("header", ["", "x", "-----BEGIN CERTIFICATE-----", "%00" * 10, "A" * 20_000])
def test_what_is_no_certificate_is_refused(browser: Make, header: str) -> None:
    assert by_certificate(browser(), header).status_code == 422


def test_the_header_is_believed_from_the_proxy_only(tmp_path: Path, stage: Stage) -> None:
    people = People(proxies=("192.0.2.1",), certificate_header=HEADER.lower())
    header = pem(stage, "测试招标人", AGENCY)
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db", people=people) as running:
        stranger = Browser(running)
        assert by_certificate(stranger, header).status_code == 422
        stranger.close()


# the other provider


def test_an_identity_is_added_and_signs_in_as_strongly_as_the_provider_says(
    browser: Make, clerk: Person, provider: Provider
) -> None:
    provider.subject = "clerk"
    assert through(browser(), "/sign-in/provider").status_code == 403
    assert through(browser(clerk), "/account/factors/provider").headers["location"] == "/account/factors"
    reader = browser()
    assert through(reader, "/sign-in/provider?then=/account").headers["location"] == "/account"
    assert reader.get("/desk").headers["location"] == "/agency"
    provider.acr = "urn:weak"
    reader = browser()
    assert through(reader, "/sign-in/provider").status_code == 303
    assert reader.get("/desk").headers["location"] == "/account/factors?done=second_factor"


LIES: list[dict[str, Any]] = [
    {"iss": "https://evil.example"},
    {"aud": "somebody-else"},
    {"nonce": "another"},
    {"exp": 1},
    {"sub": None},
    {"azp": "somebody-else"},
]


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_a_token_that_is_not_for_us_signs_nobody_in(
    browser: Make, stage: Stage, provider: Provider, lie: dict[str, Any]
) -> None:
    provider.subject = f"liar-{next(iter(lie))}"
    assert through(browser(person(stage.site, AGENCY, "agency")), "/account/factors/provider").status_code == 303
    provider.lies = lie
    reader = browser()
    assert through(reader, "/sign-in/provider").status_code == 403
    assert reader.cookie is None


def test_a_token_under_another_key_signs_nobody_in(browser: Make, stage: Stage, provider: Provider) -> None:
    provider.subject = "other-key"
    assert through(browser(person(stage.site, AGENCY, "agency")), "/account/factors/provider").status_code == 303
    provider.signs_with = RSAKey.generate_key()
    assert through(browser(), "/sign-in/provider").status_code == 403


def test_an_answer_is_for_the_browser_that_asked_and_once(browser: Make, stage: Stage, provider: Provider) -> None:
    provider.subject = "once"
    assert through(browser(person(stage.site, AGENCY, "agency")), "/account/factors/provider").status_code == 303
    assert through(browser(), "/sign-in/provider", state="0" * 64).status_code == 403
    reader = browser()
    back = httpx.get(reader.http.get("/sign-in/provider").headers["location"]).headers["location"]
    query = dict(httpx.QueryParams(urlsplit(back).query))
    assert browser().http.get("/sign-in/provider/back", params=query).status_code == 403
    kept = reader.http.cookies.get("sunbid-provider") or ""
    assert reader.http.get("/sign-in/provider/back", params=query).status_code == 303
    again = browser()
    again.http.cookies.set("sunbid-provider", kept)
    assert again.http.get("/sign-in/provider/back", params=query).status_code == 403


def test_another_site_does_not_begin_the_adding(browser: Make, clerk: Person) -> None:
    reader = browser(clerk)
    answer = reader.http.get("/account/factors/provider", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


def test_a_provider_that_is_away_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    away = Setting(f"http://127.0.0.1:{free_port()}", CLIENT, tmp_path / "secret")
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db", people=People(provider=away)) as running:
        reader = Browser(running)
        assert reader.get("/sign-in/provider").status_code == 503
        reader.close()
