"""OpenID Connect: the code flow with PKCE (RFC 7636), state and nonce, at the one provider that is configured."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.settings import Provider
from notary import chance, clock
from notary.errors import Forbidden, Held

#: For how long a person may take at the provider.
LIFE = timedelta(minutes=10)
_SECONDS = 10.0
_LEEWAY = 60
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]


@dataclass(frozen=True)
class Begun:
    """What one browser has begun; it keeps it in a marked cookie. adds: to add an identity, not to sign in."""

    state: str
    nonce: str
    verifier: str
    then: str
    adds: str
    until: str

    def text(self) -> str:
        """For the cookie."""
        return json.dumps(self.__dict__).encode().hex()


@dataclass(frozen=True)
class Said:
    """What the provider said. strong: it saw a second factor."""

    subject: str
    strong: bool


def begin(now: datetime, then: str, adds: str) -> Begun:
    """Begin. adds: the session's person, or empty to sign in."""
    state, nonce, verifier = (chance.token().hex() for _ in range(3))
    return Begun(state, nonce, verifier, then, adds, clock.text(now + LIFE))


def read(text: str | None, state: str, now: datetime) -> Begun:
    """What this browser has begun, for the answer's state. Raises Forbidden (provider_old)."""
    begun = Begun(**json.loads(bytes.fromhex(text))) if text else None
    if begun is None or not state or begun.state != state or clock.text(now) > begun.until:
        raise Forbidden(
            "provider_old",
            "登录已超时或不是从本浏览器发起，请重新开始。",
            "That is too old, or another browser's: begin again.",
        )
    return begun


def address(provider: Provider, begun: Begun, back: str) -> str:
    """Where the browser is sent. Raises Held (provider_away)."""
    parameters = {
        "response_type": "code",
        "client_id": provider.client,
        "redirect_uri": back,
        "scope": "openid",
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": create_s256_code_challenge(begun.verifier),
        "code_challenge_method": "S256",
    }
    if provider.strong:
        parameters["acr_values"] = provider.strong
    return str(add_params_to_uri(_configuration(provider)["authorization_endpoint"], list(parameters.items())))


def ask(provider: Provider, begun: Begun, code: str, back: str, now: datetime) -> Said:
    """Turn the code into what the provider says. Raises Held (provider_away), Forbidden (provider_refused)."""
    found = _configuration(provider)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": begun.verifier}
    secret = provider.secret_file.read_text("utf-8").strip()
    answer = _fetched("POST", found["token_endpoint"], data=form, auth=(provider.client, secret))
    keys = _fetched("GET", found["jwks_uri"])
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=_LEEWAY,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": provider.client},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": begun.nonce},
    )
    try:
        token = jwt.decode(str(answer["id_token"]), KeySet.import_key_set(keys), algorithms=_ALGORITHMS)
        registry.validate(token.claims)
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise _refused() from error
    claims = token.claims
    if claims.get("azp", provider.client) != provider.client:
        raise _refused()
    return Said(str(claims["sub"]), bool(provider.strong) and claims.get("acr") == provider.strong)


def _configuration(provider: Provider) -> dict[str, Any]:
    found = _fetched("GET", f"{provider.issuer}/.well-known/openid-configuration")
    if found.get("issuer") != provider.issuer:
        raise _refused()
    return dict(found)


def _fetched(method: str, url: str, **options: Any) -> Any:
    """JSON from the provider, over no redirect. Raises Held (provider_away), Forbidden (provider_refused)."""
    try:
        answer = httpx.request(method, url, timeout=_SECONDS, follow_redirects=False, **options)
        found = answer.json() if answer.status_code == 200 else None
    except (httpx.HTTPError, ValueError) as error:
        raise Held("provider_away", "外部认证服务无法连接。", "The other provider cannot be reached.") from error
    if not isinstance(found, dict):
        raise _refused()
    return found


def _refused() -> Forbidden:
    return Forbidden("provider_refused", "外部认证未通过。", "The other provider did not confirm it.")
