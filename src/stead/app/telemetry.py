"""Stead's own log: one line an event, key=value, on stderr. JSON where STEAD_LOG=json. Never a value of a local variable."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

import structlog


def configure(*, quiet: bool = False) -> None:
    """Set up logging for a process that serves; `quiet` keeps errors only. Calling it again replaces what was set."""
    level = logging.ERROR if quiet else logging.INFO
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    if os.environ.get("STEAD_LOG") == "json":
        processors.append(structlog.processors.JSONRenderer())
    else:
        processors.append(structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]))
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(
        level=max(level, logging.WARNING), stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )
