"""A pool as Bicep: what the Resource Manager deploys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from batch_widgets.pools.arm import API_VERSION, APPLICATIONS, to_arm
from batch_widgets.pools.secrets import is_secret, secret_variable

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORD_START = re.compile(r"_+([a-z0-9])")
_KEYWORDS = {"true", "false", "null", "if", "for"}
_INDENT = "  "


def pool_bicep(body: Mapping[str, Any], account_name: str) -> str:
    """Give the Bicep file that deploys a pool.

    Parameters
    ----------
    body : mapping
        The request's body under the service's names.
    account_name : str
        The account, which has to be there.

    Returns
    -------
    str
        For ``az deployment group create --template-file``. Secrets are parameters without a default: a deployment
        that does not give them fails. Written from the Resource Manager's documentation and not tried against it.
    """
    resource = to_arm(body, account_name)
    secrets: dict[str, str] = {}
    parts = [f"name: {_text(resource['name'].partition('/')[2])}", "parent: account"]
    rest = [name for name in ("identity", "tags", "properties") if name in resource]
    parts += [f"{name}: {_value(resource[name], (name,), 1, secrets)}" for name in rest]
    lines = [*(f"@secure()\nparam {name} {kind}\n" for name, kind in secrets.items())]
    lines += [
        f"resource account 'Microsoft.Batch/batchAccounts@{API_VERSION}' existing = {{",
        f"{_INDENT}name: {_text(account_name)}",
        "}",
        "",
        f"resource pool 'Microsoft.Batch/batchAccounts/pools@{API_VERSION}' = {{",
        *(f"{_INDENT}{part}" for part in parts),
        "}",
        "",
    ]
    return "\n".join(lines)


def _value(value: Any, path: tuple[str, ...], depth: int, secrets: dict[str, str]) -> str:
    if value is not None and is_secret(path[-1], value):
        name = _parameter(path)
        secrets[name] = "object" if isinstance(value, dict) else "string"
        return name
    if isinstance(value, dict):
        items = [f"{_key(name)}: {_value(item, (*path, name), depth + 1, secrets)}" for name, item in value.items()]
        return _block("{", items, "}", depth)
    if isinstance(value, list):
        items = [_value(item, (*path, str(index)), depth + 1, secrets) for index, item in enumerate(value)]
        return _block("[", items, "]", depth)
    if isinstance(value, str):
        if path[:2] == ("properties", "applicationPackages") and value.startswith(APPLICATIONS):
            return f"'${{account.id}}{_text(value)[1:]}"
        return _text(value)
    if isinstance(value, float):
        return f"json({_text(repr(value))})"  # the language has whole numbers only
    return "null" if value is None else str(value).lower()


def _block(opening: str, items: list[str], closing: str, depth: int) -> str:
    if not items:
        return opening + closing
    inner = "".join(f"{_INDENT * (depth + 1)}{item}\n" for item in items)
    return f"{opening}\n{inner}{_INDENT * depth}{closing}"


def _key(name: str) -> str:
    return name if _NAME.fullmatch(name) and name not in _KEYWORDS else _text(name)


def _parameter(path: tuple[str, ...]) -> str:
    """Give a parameter's name: that of the environment's variable, in the language's way of writing."""
    return _WORD_START.sub(lambda match: match[1].upper(), secret_variable(path[1:]).lower())


def _text(text: str) -> str:
    """Quote text; characters that would not show are written by their number."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\${")
    escaped = escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return "'" + "".join(one if one.isprintable() else f"\\u{{{ord(one):x}}}" for one in escaped) + "'"
