"""Sign in through the identity provider of the local government: OpenID Connect, authorization code with PKCE.

Only people who have an account come in; the provider says who they are, the account says what they may do. At the first
sign-in the account is found by name, from the claim that the settings name, and bound to the provider's subject; from
then on the subject alone counts, so that a name given anew at the provider opens nobody else's account. Signatures and
claims of the ID token are checked by joserfc (OpenID Connect Core 1.0 §3.1.3.7, RFC 7636).
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.settings import OpenIdConnect
from geo.errors import KantongError, ParameterError

#: Names of this machine, where nobody listens in between.
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

_ALGORITHMS = ("RS256", "PS256", "ES256")
_SECONDS = 10
_LEEWAY_S = 60


class ProviderError(KantongError):
    """The identity provider does not answer, or answers what cannot be trusted."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a browser keeps while the person is at the provider.

    Attributes
    ----------
    state, nonce, verifier
        Random; they bind the answer, the ID token and the code to this browser.
    where
        Where the person was going.
    """

    state: str
    nonce: str
    verifier: str
    where: str

    @classmethod
    def begin(cls, where: str) -> "Attempt":
        """Draw a new one."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(32), where)

    def to_cookie(self) -> str:
        """Write it as the value of a cookie."""
        values = [self.state, self.nonce, self.verifier, self.where]
        return base64.urlsafe_b64encode(json.dumps(values).encode("utf-8")).decode("ascii")

    @classmethod
    def from_cookie(cls, value: str) -> "Attempt | None":
        """Read it, or None where the cookie is not ours."""
        try:
            state, nonce, verifier, where = json.loads(base64.urlsafe_b64decode(value))
        except ValueError:
            return None
        return cls(str(state), str(nonce), str(verifier), str(where))


@dataclass(frozen=True, slots=True)
class Proven:
    """Whom the provider vouches for.

    Attributes
    ----------
    subject
        Issuer and subject; never given to another person.
    name
        What the claim of the settings says; empty without it.
    """

    subject: str
    name: str


class Provider:
    """The identity provider of the settings.

    Parameters
    ----------
    issuer
        Address of the provider, as it names itself.
    settings
        How we are known there.

    Raises
    ------
    ParameterError
        When what it says could be read and changed on the way: an issuer elsewhere than on this machine needs TLS.
    """

    def __init__(self, issuer: str, settings: OpenIdConnect) -> None:
        address = urlsplit(issuer)
        if address.scheme != "https" and address.hostname not in LOOPBACK:
            raise ParameterError(f"KANTONG_OIDC_ISSUER: {issuer!r} does not begin with https://.")
        self._issuer = issuer
        self._settings = settings
        self._metadata: Mapping[str, Any] | None = None

    @property
    def label(self) -> str:
        """How the sign-in page calls it."""
        return self._settings.label

    def address(self, attempt: Attempt, redirect_uri: str) -> str:
        """Return where a browser is sent to sign in.

        Raises
        ------
        ProviderError
            When the provider does not answer.
        """
        challenge = hashlib.sha256(attempt.verifier.encode("ascii")).digest()
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid profile",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode("ascii"),
            "code_challenge_method": "S256",
        }
        return f"{self._endpoint('authorization_endpoint')}?{urlencode(asked)}"

    def proven(self, attempt: Attempt, code: str, redirect_uri: str) -> Proven:
        """Exchange a code for an ID token, and check it.

        Raises
        ------
        ProviderError
            When the provider refuses the code, or the token is not for us, not signed by it, or expired.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._settings.client_id,
            "code_verifier": attempt.verifier,
        }
        if self._settings.client_secret is not None:
            form["client_secret"] = self._settings.client_secret.get_secret_value()
        answer = _json(lambda: httpx.post(self._endpoint("token_endpoint"), data=form, timeout=_SECONDS))
        claims = self._claims(str(answer.get("id_token", "")), attempt.nonce)
        name = claims.get(self._settings.claim)
        return Proven(f"{self._issuer}|{claims['sub']}", name if isinstance(name, str) else "")

    def _claims(self, token: str, nonce: str) -> Mapping[str, Any]:
        keys = _json(lambda: httpx.get(self._endpoint("jwks_uri"), timeout=_SECONDS))
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._settings.client_id},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
        )
        try:
            read = jwt.decode(token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS)  # type: ignore[arg-type]
            registry.validate(read.claims)
        except (JoseError, ValueError, KeyError) as error:
            raise ProviderError("the ID token of the provider does not hold.") from error
        claims: Mapping[str, Any] = read.claims
        # A token for several clients says which of them asked for it.
        if claims.get("azp", self._settings.client_id) != self._settings.client_id:
            raise ProviderError("the ID token of the provider was given to another client.")
        return claims

    def _endpoint(self, name: str) -> str:
        if self._metadata is None:
            address = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
            metadata = _json(lambda: httpx.get(address, timeout=_SECONDS))
            if metadata.get("issuer") != self._issuer:
                raise ProviderError("the provider gives itself another name than the settings do.")
            self._metadata = metadata
        if not isinstance(self._metadata.get(name), str):
            raise ProviderError(f"the provider names no {name}.")
        return str(self._metadata[name])


def _json(ask: Callable[[], httpx.Response]) -> dict[str, Any]:
    try:
        answer = ask().raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise ProviderError("the identity provider does not answer as it should.") from error
    if not isinstance(answer, dict):
        raise ProviderError("the identity provider does not answer as it should.")
    return answer
