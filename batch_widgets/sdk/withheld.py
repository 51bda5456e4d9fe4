"""Takes secrets out of what errors say: the service repeats what it refuses."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, unquote

from batch_widgets.errors import BatchWidgetsError

if TYPE_CHECKING:
    from collections.abc import Iterator

_WITHHELD = "…"


def withhold(text: str, secrets: set[str]) -> str:
    """Take secrets out of a text, as they are and in the forms that they have in JSON and in addresses."""
    forms = {
        form
        for secret in secrets
        for plain in (secret, unquote(secret))
        for form in (plain, json.dumps(plain)[1:-1], json.dumps(plain, ensure_ascii=False)[1:-1], quote(plain, safe=""))
    }
    forms |= {quote_plus(secret) for secret in secrets}
    for form in sorted(forms, key=len, reverse=True):
        if form:
            text = text.replace(form, _WITHHELD)
    return text


@contextmanager
def withheld(secrets: set[str]) -> Iterator[None]:
    """Take secrets out of what an error of this package says, and let go of the SDK's, which has the request."""
    try:
        yield
    except BatchWidgetsError as error:
        if secrets:
            error.message, error.hint = withhold(error.message, secrets), withhold(error.hint, secrets)
            error.args = (error.message,)
            error.__context__ = None
        raise
