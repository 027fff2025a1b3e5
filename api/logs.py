"""Logs as one JSON object a line, on standard error: for machines to read, with nothing a person wrote."""

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

import orjson

#: The id of the request that is being answered, so that every line it causes carries it.
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

_ORDINARY = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "taskName", "color_message"}


class JsonLines(logging.Formatter):
    """Write a record as JSON: time, level, logger, event, the id of the request, and its own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            "request": request_id.get(),
            **{name: value for name, value in record.__dict__.items() if name not in _ORDINARY},
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        known = {name: value for name, value in line.items() if value is not None}
        return orjson.dumps(known, default=str).decode()


def configure() -> None:
    """Send what Kantong and its server log to standard error, and nothing through the root."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("kantong", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)
        logger.propagate = False
