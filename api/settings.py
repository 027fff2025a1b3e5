"""Settings from the environment, by concern; read once, never changed."""

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PositiveFloat, PositiveInt, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url

from geo.errors import ParameterError
from geo.store import Pool

#: Where a store is kept when nobody says otherwise.
DEFAULT_DATABASE_URL = "sqlite:///kantong.gpkg"

DEFAULT_PORT = 8000

_MIB = 2**20


def _listed(value: object) -> object:
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


#: Names with commas between them: JSON would lose its quotes in a shell and in systemd's files.
Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class Limits(BaseSettings):
    """How much one request may ask, in ``KANTONG_LIMIT_…`` variables.

    Attributes
    ----------
    body_bytes, upload_bytes
        The largest body of a request, and of an uploaded boundary file.
    body_seconds
        How long a client may take to send a body; an upload may take ten times as long.
    what_if_seconds, wait_seconds
        How long a what-if may be worked on, and may wait for its turn.
    heavy_work
        How many what-ifs are worked on at once.
    jobs, jobs_waiting
        How many exports and uploads are worked on at once, each in a process of its own, and how many may wait.
    job_seconds, upload_seconds
        How long an export may be worked on, and an uploaded boundary file.
    job_bytes
        How much memory either may take.
    """

    model_config = SettingsConfigDict(env_prefix="KANTONG_LIMIT_", frozen=True)

    body_bytes: PositiveInt = 64 * 1024
    upload_bytes: PositiveInt = 100 * _MIB
    body_seconds: PositiveFloat = 20.0
    what_if_seconds: PositiveFloat = 10.0
    wait_seconds: PositiveFloat = 5.0
    heavy_work: PositiveInt = 2
    jobs: PositiveInt = 2
    jobs_waiting: PositiveInt = 20
    job_seconds: PositiveFloat = 300.0
    upload_seconds: PositiveFloat = 120.0
    job_bytes: PositiveInt = 4096 * _MIB


class Web(BaseSettings):
    """What stands between the server and its clients, in ``KANTONG_WEB_…`` variables.

    Attributes
    ----------
    hosts
        Names under which the server may be asked for beside ``localhost`` and ``127.0.0.1``, with commas
        between them; a page of another name cannot reach it. ``*`` allows any.
    trusted_proxies
        Addresses of proxies whose ``X-Forwarded-…`` headers are believed, with commas; none by default.
    stop_seconds
        How long requests in flight may take to finish when the server is told to stop.
    """

    model_config = SettingsConfigDict(env_prefix="KANTONG_WEB_", frozen=True)

    hosts: Listed = ()
    trusted_proxies: Listed = ()
    stop_seconds: PositiveInt = 30


class Jobs(BaseSettings):
    """Where the results of jobs are kept, in ``KANTONG_JOBS_…`` variables.

    Attributes
    ----------
    folder
        One folder a server; what it holds of an earlier server is kept until it expires. Without one, jobs are
        forgotten when the server stops.
    kept_hours
        How long a result can be fetched.
    """

    model_config = SettingsConfigDict(env_prefix="KANTONG_JOBS_", frozen=True)

    folder: Path | None = None
    kept_hours: PositiveFloat = 24.0


class OpenIdConnect(BaseSettings):
    """The identity provider that people may sign in with, in ``KANTONG_OIDC_…`` variables; none by default.

    Attributes
    ----------
    issuer
        Address of the provider, as it names itself.
    client_id, client_secret
        As registered there, with ``…/masuk/oidc/kembali`` to come back to; the secret is left out for a public client.
    claim
        Claim that holds the name of the account. The provider must let nobody choose or change it for themselves.
    label
        How the sign-in page calls the provider.
    """

    model_config = SettingsConfigDict(env_prefix="KANTONG_OIDC_", frozen=True)

    issuer: str | None = None
    client_id: str = "kantong"
    client_secret: SecretStr | None = None
    claim: str = "preferred_username"
    label: str = "akun instansi"


class Connections(BaseSettings):
    """How a server shares its connections to the store, in ``KANTONG_DATABASE_…`` variables.

    Attributes
    ----------
    pool_size, pool_more
        Connections that stay open, and how many more are opened when all are in use.
    connect_seconds
        How long PostgreSQL may take to answer at first.
    statement_seconds
        How long PostgreSQL may work on one statement.
    """

    model_config = SettingsConfigDict(env_prefix="KANTONG_DATABASE_", frozen=True)

    pool_size: PositiveInt = 5
    pool_more: PositiveInt = 35
    connect_seconds: PositiveInt = 10
    statement_seconds: PositiveFloat = 30.0

    @property
    def pool(self) -> Pool:
        """What the store is told."""
        return Pool(self.pool_size, self.pool_more, self.connect_seconds, self.statement_seconds)


class Settings(BaseSettings):
    """What a server can be told through ``KANTONG_…`` variables.

    Attributes
    ----------
    database_url
        ``sqlite:///file.gpkg`` or ``postgresql+psycopg://…``.
    host, port
        Where the server listens; to this machine only when nobody says otherwise.
    tiles_folder
        Where vector tiles are kept once built. Not given: beside an embedded store, or in the user's cache.
    office
        TOML file of the office that prints are made by and signed by; named after the place without one.
    """

    model_config = SettingsConfigDict(env_prefix="KANTONG_", frozen=True)

    database_url: str = DEFAULT_DATABASE_URL
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    limits: Limits = Field(default_factory=Limits)
    web: Web = Field(default_factory=Web)
    jobs: Jobs = Field(default_factory=Jobs)
    oidc: OpenIdConnect = Field(default_factory=OpenIdConnect)
    connections: Connections = Field(default_factory=Connections)
    tiles_folder: Path | None = None
    office: Path | None = None

    @property
    def tiles(self) -> Path:
        """Return where vector tiles are kept; they may be deleted at any time."""
        if self.tiles_folder is not None:
            return self.tiles_folder
        url = make_url(self.database_url)
        if url.get_backend_name() == "sqlite" and url.database:
            return Path(url.database).with_suffix(".tiles")
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kantong" / "tiles"


def embedded(path: Path) -> str:
    """Return the address of an embedded store in a file."""
    return f"sqlite:///{path}"


def read(**given: Any) -> Settings:
    """Return the settings of the environment, those given before it.

    Raises
    ------
    ParameterError
        Naming the variable that is wrong.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        prefixes = {kind.__name__: kind.model_config["env_prefix"] for kind in BaseSettings.__subclasses__()}
        variable = f"{prefixes.get(error.title, '')}{'_'.join(map(str, first['loc']))}".upper()
        raise ParameterError(f"{variable}: {first['msg'].lower()}. Correct it in the environment.") from None
