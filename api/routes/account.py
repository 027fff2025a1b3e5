"""The pages of an account: sign in, sign out, change the password, keep app passwords. They work without a script."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from api.accounts import COOKIES, SESSION_LASTS, Accounts
from api.auth import ANYONE, Asker, Permission, allow
from api.oidc import LOOPBACK, Attempt, Provider, ProviderError
from api.pages import page
from api.problems import NotSignedInError, ThrottledError
from geo.errors import NotFoundError, ParameterError
from geo.people import PERMISSIONS, Identity

router = APIRouter(tags=["account"])

_OWN = allow(Permission.OWN_ACCOUNT)

_ATTEMPTS = ("__Host-kantong-oidc", "kantong-oidc")
_ATTEMPT_SECONDS = 600
_IN_THE_CLEAR = "Masuk hanya lewat HTTPS, supaya kata sandi tidak terbaca di jalan."
_NO_PROVIDER = "Penyedia identitas tidak menjawab dengan benar. Coba lagi, atau masuk dengan kata sandi."

Text = Annotated[str, Form(max_length=200)]


def accounts(request: Request) -> Accounts:
    """Return the accounts of the application."""
    found: Accounts = request.app.state.accounts
    return found


def chosen_provider(request: Request) -> Provider:
    """Return the identity provider of the settings.

    Raises
    ------
    NotFoundError
        When there is none.
    """
    found: Provider | None = request.app.state.provider
    if found is None:
        raise NotFoundError("people do not sign in with an identity provider here.")
    return found


People = Annotated[Accounts, Depends(accounts)]
Chosen = Annotated[Provider, Depends(chosen_provider)]


@router.get("/api/v1/me", dependencies=[allow(Permission.SEE_PUBLISHED)])
def me(asker: Asker) -> dict[str, Any]:
    """Say who asks, in which role, and what that role may do."""
    return {
        "name": asker.name or None,
        "role": asker.role,
        "audience": asker.audience.name,
        "permissions": sorted(PERMISSIONS[asker.role]),
    }


@router.get("/masuk", dependencies=[ANYONE], include_in_schema=False)
def sign_in_page(request: Request, ke: str = "/", pesan: str = "") -> HTMLResponse:
    """Return the sign-in page."""
    return _sign_in(request, ke, told=_TOLD.get(pesan))


@router.post("/masuk", dependencies=[ANYONE], include_in_schema=False, response_model=None)
def sign_in(
    request: Request, people: People, name: Text, password: Text, ke: Text = "/"
) -> HTMLResponse | RedirectResponse:
    """Open a session and lead to where the person was going."""
    if not _is_private(request):
        return _sign_in(request, ke, 403, problem=_IN_THE_CLEAR)
    address = request.client.host if request.client else ""
    try:
        token, _ = people.sign_in(name.strip(), password, address)
    except NotSignedInError:
        problem = "Nama dan kata sandi tidak cocok, atau akun ini dinonaktifkan."
        return _sign_in(request, ke, 401, problem=problem)
    except ThrottledError as error:
        minutes = -(-error.wait_seconds // 60)
        problem = f"Terlalu sering gagal. Coba lagi {minutes} menit lagi."
        refused = _sign_in(request, ke, 429, problem=problem)
        refused.headers["Retry-After"] = str(error.wait_seconds)
        return refused
    return _with_session(request, ke, token)


@router.get("/masuk/oidc", dependencies=[ANYONE], include_in_schema=False, response_model=None)
def go_to_provider(request: Request, provider: Chosen, ke: str = "/") -> HTMLResponse | RedirectResponse:
    """Lead to the identity provider."""
    if not _is_private(request):
        return _sign_in(request, ke, 403, problem=_IN_THE_CLEAR)
    attempt = Attempt.begin(_own_path(ke))
    try:
        answer = RedirectResponse(
            provider.address(attempt, _back(request)), 303, {"Cache-Control": "no-store"}
        )
    except ProviderError:
        return _sign_in(request, ke, 502, problem=_NO_PROVIDER)
    _set_cookie(answer, request, _ATTEMPTS, attempt.to_cookie(), _ATTEMPT_SECONDS)
    return answer


@router.get("/masuk/oidc/kembali", dependencies=[ANYONE], include_in_schema=False, response_model=None)
def come_back(
    request: Request, people: People, provider: Chosen, code: str = "", state: str = ""
) -> HTMLResponse | RedirectResponse:
    """Take in somebody whom the identity provider vouches for."""
    sent = request.cookies.get(_ATTEMPTS[_place(request)], "")
    attempt = Attempt.from_cookie(sent)
    if attempt is None or not code or not secrets.compare_digest(attempt.state, state):
        return _sign_in(request, "/", 401, problem="Masuk lewat penyedia identitas tidak selesai. Coba lagi.")
    try:
        proven = provider.proven(attempt, code, _back(request))
        account = people.vouched(proven.subject, proven.name)
    except ProviderError:
        return _sign_in(request, attempt.where, 502, problem=_NO_PROVIDER)
    except NotSignedInError:
        problem = "Belum ada akun Kantong yang aktif untuk Anda. Minta kepada admin."
        return _sign_in(request, attempt.where, 401, problem=problem)
    token, _ = people.open_session(account, "oidc")
    answer = _with_session(request, attempt.where, token)
    return _forgetting(answer, _ATTEMPTS)


@router.post("/keluar", dependencies=[ANYONE], include_in_schema=False)
def sign_out(request: Request, people: People) -> RedirectResponse:
    """Close the session."""
    people.sign_out(request.headers)
    return _forgetting(RedirectResponse("/", 303))


@router.get("/akun", dependencies=[_OWN], include_in_schema=False)
def account_page(asker: Asker, people: People) -> HTMLResponse:
    """Return the page of the own account."""
    return _account(asker, people)


@router.post("/akun/sandi", dependencies=[_OWN], include_in_schema=False, response_model=None)
def change_password(
    asker: Asker, people: People, old: Text, new: Text, again: Text
) -> HTMLResponse | RedirectResponse:
    """Give the own account another password."""
    if new != again:
        return _account(asker, people, 422, problem="Kedua isian kata sandi baru tidak sama.")
    try:
        people.change_password(asker, old, new)
    except NotSignedInError:
        return _account(asker, people, 401, problem="Kata sandi sekarang salah.")
    except ThrottledError:
        return _account(asker, people, 429, problem="Terlalu sering gagal. Coba lagi beberapa menit lagi.")
    except ParameterError:
        problem = (
            "Kata sandi baru belum cukup kuat: 12 sampai 128 huruf, paling sedikit 5 huruf berbeda, "
            "tanpa nama akun."
        )
        return _account(asker, people, 422, problem=problem)
    return _forgetting(RedirectResponse("/masuk?ke=/akun&pesan=sandi", 303))


@router.post("/akun/aplikasi", dependencies=[_OWN], include_in_schema=False)
def add_app_password(asker: Asker, people: People, label: Text) -> HTMLResponse:
    """Make a password for one program, and show it once."""
    try:
        made, secret = people.add_app_password(asker.name, label, by=asker.name)
    except ParameterError:
        return _account(
            asker, people, 422, problem="Beri nama aplikasi, 1 sampai 60 huruf; paling banyak 20 sandi."
        )
    return _account(asker, people, made=made, secret=secret)


@router.post("/akun/aplikasi/{identifier}/cabut", dependencies=[_OWN], include_in_schema=False)
def revoke_app_password(asker: Asker, people: People, identifier: str) -> RedirectResponse:
    """Make a password for a program worthless."""
    people.revoke_app_password(asker, identifier)
    return RedirectResponse("/akun", 303)


def _with_session(request: Request, where: str, token: str) -> RedirectResponse:
    """Lead somewhere with the cookie of a session."""
    answer = RedirectResponse(_own_path(where), 303, {"Cache-Control": "no-store"})
    _set_cookie(answer, request, COOKIES, token, int(SESSION_LASTS.total_seconds()))
    return answer


def _set_cookie(
    answer: RedirectResponse, request: Request, names: tuple[str, str], value: str, seconds: int
) -> None:
    place = _place(request)
    answer.set_cookie(names[place], value, max_age=seconds, secure=place == 0, httponly=True, samesite="lax")


def _place(request: Request) -> int:
    """Return which name of a cookie holds: the first over TLS, the second on this machine."""
    return 0 if request.url.scheme == "https" else 1


def _back(request: Request) -> str:
    return f"{request.base_url}masuk/oidc/kembali"


def _is_private(request: Request) -> bool:
    """Whether nobody on the way can read the request."""
    return request.url.scheme == "https" or request.url.hostname in LOOPBACK


def _forgetting(answer: RedirectResponse, names: tuple[str, str] = COOKIES) -> RedirectResponse:
    for secure, name in zip((True, False), names, strict=True):
        answer.delete_cookie(name, secure=secure, httponly=True, samesite="lax")
    return answer


def _own_path(path: str) -> str:
    """Return a path of this server; another address becomes the first page."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_own and "\\" not in path else "/"


_TOLD = {"sandi": "Kata sandi sudah diganti. Masuk lagi dengan kata sandi baru."}


def _sign_in(request: Request, where: str, status: int = 200, **said: object) -> HTMLResponse:
    provider: Provider | None = request.app.state.provider
    label = provider.label if provider else None
    return page("sign_in.html", status, where=_own_path(where), provider=label, **said)


def _account(asker: Identity, people: Accounts, status: int = 200, **said: object) -> HTMLResponse:
    in_use = [one for one in people.app_passwords(asker) if one.revoked_at is None]
    context = {"made": None, "secret": None, "uploads": asker.may(Permission.UPLOAD_BOUNDARIES), **said}
    return page("account.html", status, asker=asker, in_use=in_use, **context)
