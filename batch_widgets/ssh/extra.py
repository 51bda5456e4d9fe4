"""The extra that brings asyncssh, and what is said where it is missing."""

from __future__ import annotations

import importlib.util

from batch_widgets.errors import BatchWidgetsError


def require_asyncssh() -> None:
    """Raise BatchWidgetsError with the remedy where asyncssh is not installed; loads nothing."""
    if importlib.util.find_spec("asyncssh") is None:
        raise BatchWidgetsError(
            "Logging in from the notebook needs asyncssh, which is not installed.",
            hint="Run: pip install 'batch_widgets[ssh]'",
        )
