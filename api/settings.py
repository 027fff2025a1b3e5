"""Settings from the environment, by concern."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

#: Where a store is kept when nobody says otherwise.
DEFAULT_DATABASE_URL = "sqlite:///kantong.gpkg"


class Settings(BaseSettings):
    """What a server can be told through ``KANTONG_…`` variables.

    Attributes
    ----------
    database_url
        ``sqlite:///file.gpkg`` or ``postgresql+psycopg://…``.
    host, port
        Where the server listens. There is no sign-in yet, so it listens to this machine only.
    """

    model_config = SettingsConfigDict(env_prefix="KANTONG_", frozen=True)

    database_url: str = DEFAULT_DATABASE_URL
    host: str = "127.0.0.1"
    port: int = 8000


def embedded(path: Path) -> str:
    """Return the address of an embedded store in a file."""
    return f"sqlite:///{path}"
