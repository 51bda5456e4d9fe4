"""Which properties of a pool are secret, and what stands for them where a pool is shown or written down."""

from __future__ import annotations

import re
from typing import Any

_NAMES = frozenset({"password", "accountKey", "sasKey", "sshPrivateKey", "protectedSettings"})
_SIGNED = re.compile(r"[?&]sig=|(Account|SharedAccess)Key=|SharedAccessSignature=", re.IGNORECASE)
_KEYS = re.compile(r"sig=([^&\s'\"]+)|(?:Account|SharedAccess)Key=([^;\s'\"]+)", re.IGNORECASE)
_LEAST = 4  # shorter texts among protected settings are "true" and the like
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def is_secret(name: str, value: Any) -> bool:
    """Tell whether a property's value is one: by its name, or by a signature or key in its text."""
    if name in _NAMES:
        return True
    return isinstance(value, str) and _SIGNED.search(value) is not None


def secret_variable(path: tuple[str, ...]) -> str:
    """Give the variable of the environment that the secret at a path of the body is read from."""
    return "POOL_" + "_".join(_CAMEL.sub("_", part).upper() for part in path)


def without_secrets(body: Any, path: tuple[str, ...] = ()) -> Any:
    """Give a copy in which each secret is an object that names it.

    The service refuses an object where it expects a text: nobody makes a pool with a placeholder for a password.
    """
    if path and body is not None and is_secret(path[-1], body):
        return {"$secret": secret_variable(path)}
    if isinstance(body, dict):
        return {name: without_secrets(value, (*path, name)) for name, value in body.items()}
    if isinstance(body, list):
        return [without_secrets(value, (*path, str(index))) for index, value in enumerate(body)]
    return body


class Item(dict[str, Any]):
    """An object of a pool, whose text form hides what is secret in it: it may be a cell's last expression."""

    def __repr__(self) -> str:
        """Give the text form, with what stands for secrets."""
        return repr(without_secrets(dict(self)))


def secret_texts(body: Any, name: str = "") -> set[str]:
    """Give all texts in a body that are secret, and of addresses and the like the parts that make them so."""
    if name and body is not None and is_secret(name, body):
        found = set(_texts(body))
        if name in _NAMES and isinstance(body, str):
            return found
        parts = {part for text in found for match in _KEYS.finditer(text) for part in match.groups() if part}
        return {text for text in found | parts if len(text) >= _LEAST}
    if isinstance(body, dict):
        return set().union(*(secret_texts(value, key) for key, value in body.items()))
    if isinstance(body, list | tuple):
        return set().union(*(secret_texts(value, name or "item") for value in body))
    return set()


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []


def is_placeholder(value: Any) -> bool:
    """Tell whether something stands for a secret that is still to be given."""
    return isinstance(value, dict) and value.keys() == {"$secret"}


def placeholders(body: Any, path: str = "") -> list[str]:
    """Give the paths at which a placeholder still stands."""
    if isinstance(body, dict):
        if is_placeholder(body):
            return [path]
        return [found for name, value in body.items() for found in placeholders(value, f"{path}.{name}".lstrip("."))]
    if isinstance(body, list):
        return [found for index, value in enumerate(body) for found in placeholders(value, f"{path}[{index}]")]
    return []
