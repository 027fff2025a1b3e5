"""Tiles built before anybody asks for them: from when a run is proposed, in a process of their own."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from api import tasks
from api.middleware.failures import passed
from api.settings import Settings
from api.worker import Bounds, CancelledError, Places
from geo.errors import KantongError

_LOGGER = logging.getLogger("kantong.tiles")


class TileBuilder:
    """Builds the tiles of runs on their way to the public, one run after the other.

    What is not built, as the server stopped or had no place, is built when first asked for.

    Parameters
    ----------
    settings
        Where the store and the tiles are, and what the work may take.
    places
        How many processes there may be at once.
    """

    def __init__(self, settings: Settings, places: Places) -> None:
        self._settings = settings
        self._places = places
        self._bounds = Bounds(settings.limits.job_seconds, settings.limits.job_bytes)
        self._cancelled = threading.Event()
        self._threads = ThreadPoolExecutor(1, "kantong-tiles")

    def build(self, run: str) -> None:
        """Have the tiles of a run built, and return at once; those that are there stay."""
        self._threads.submit(self._build, run)

    def close(self) -> None:
        """Break off what is being built."""
        self._cancelled.set()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _build(self, run: str) -> None:
        work = (self._settings.database_url, run, self._settings.tiles)
        try:
            self._places.run(tasks.build_tiles, work, self._bounds, cancelled=self._cancelled)
        except CancelledError:
            return
        except (KantongError, OSError, RuntimeError) as error:
            _LOGGER.warning("not built", extra={"error": type(error).__name__, "at": passed(error)})
        else:
            _LOGGER.info("built")
