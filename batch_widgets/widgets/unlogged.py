"""Keeps what is typed as a secret out of Jupyter's own logs.

At DEBUG its loggers write down each message of the page, and logs are shown in cells, whose outputs are saved.
"""

from __future__ import annotations

import logging
import re

from traitlets.log import get_logger

from batch_widgets.keys import is_private

_MESSAGE = re.compile(r"""type\\*["']: ?\\*["']secret\\*["']""")
"""In a message of :class:`SecretInput`, as Python or JSON writes it."""


def _withhold(record: logging.LogRecord) -> bool:
    """Let every record pass, with other words where it would have a secret in it."""
    try:
        text = record.getMessage()
    except Exception:  # noqa: BLE001  what does not fit its own form is reported where it is written
        return True
    if _MESSAGE.search(text) or is_private(text):
        record.msg, record.args = "A message that brought a secret is left out here.", ()
    return True


def keep_unlogged() -> None:
    """Have those loggers that write down messages of the page leave out the ones that bring a secret.

    They are the one of comms and the one of the kernel's application; records are looked at only where they are wanted
    at all, which is at DEBUG.
    """
    for logger in (logging.getLogger("Comm"), get_logger()):
        if isinstance(logger, logging.Logger):
            logger.addFilter(_withhold)  # once: a logger has a filter no second time
