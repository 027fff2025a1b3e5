"""A server in a process of its own: GDAL holds Python's lock while it waits for an answer."""

import base64
import socket
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.datastructures import Headers

from api import logs
from api.app import create_app
from api.settings import Settings
from geo.people import ANONYMOUS, Identity, Role

USER_AND_PASSWORD = "perencana:sandi-uji"
PLANNER = {"Authorization": f"Basic {base64.b64encode(USER_AND_PASSWORD.encode()).decode()}"}


def recognise(headers: Headers) -> Identity:
    """Take a header for a planner."""
    asked = headers.get("authorization") == PLANNER["Authorization"]
    return Identity("1", "perencana", Role.PERENCANA) if asked else ANONYMOUS


def main() -> None:
    """Serve a database, with tiles in a folder; print the port first."""
    database, folder = sys.argv[1:]
    app = create_app(Settings(database_url=database, tiles_folder=Path(folder)))
    app.state.recognise = recognise
    listen(app)


def listen(app: FastAPI) -> None:
    """Serve an application on a free port of this machine, and print the port first."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        print(listening.getsockname()[1], flush=True)
        logs.configure()  # as api.commands.serving does, and with its settings
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, proxy_headers=False
        )
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
