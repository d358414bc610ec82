"""A small OpenID Connect provider on loopback: code flow with PKCE, client secret, signed ID tokens."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from litestar import Litestar, Request, Response, get, post

from notary import chance

CLIENT, SECRET, STRONG = "sunbid", "the secret between us", "urn:strong"


@dataclass
class Provider:
    """clock: its time; subject, acr: who is signed in there, and how well.

    lies: what its tokens say otherwise than they should.
    """

    clock: Callable[[], datetime]
    subject: str = "subject-1"
    acr: str = STRONG
    url: str = ""
    lies: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(auto_kid=True))
    signs_with: RSAKey | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def application(self) -> Litestar:
        """The provider's own application."""

        @get("/.well-known/openid-configuration", sync_to_thread=True)
        def configuration() -> dict[str, str]:
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            }

        @get("/authorize", sync_to_thread=True)
        def authorize(request: Request[Any, Any, Any]) -> Response[bytes]:
            asked = dict(request.query_params)
            assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == (
                "code",
                CLIENT,
                "S256",
            )
            code = chance.token().hex()
            self.codes[code] = asked
            back = urlencode({"code": code, "state": asked["state"]})
            return Response(b"", status_code=302, headers={"location": f"{asked['redirect_uri']}?{back}"})

        @post("/token", status_code=200)
        async def token(request: Request[Any, Any, Any]) -> Response[Any]:
            form = {name: texts[0] for name, texts in parse_qs((await request.body()).decode()).items()}
            known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            asked = self.codes.pop(form["code"], None)
            challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
            if (
                asked is None
                or request.headers["authorization"] != f"Basic {known}"
                or challenge.rstrip("=") != asked["code_challenge"]
                or form["redirect_uri"] != asked["redirect_uri"]
            ):
                return Response({"error": "invalid_grant"}, status_code=400)
            return Response({"access_token": "-", "token_type": "Bearer", "id_token": self._token(asked["nonce"])})

        @get("/keys", sync_to_thread=True)
        def keys() -> dict[str, Any]:
            return {"keys": [self.key.as_dict(private=False)]}

        return Litestar([configuration, authorize, token, keys], openapi_config=None)

    def _token(self, nonce: str) -> str:
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": self.subject,
            "nonce": nonce,
            "iat": now,
            "exp": now + 300,
            "acr": self.acr,
        }
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims | self.lies, self.signs_with or self.key)
