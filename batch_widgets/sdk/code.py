"""A request's body as Python of today's SDK: what one would have written by hand."""

from __future__ import annotations

import typing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from azure.batch import models

from batch_widgets.durations import parse_duration
from batch_widgets.pools.secrets import is_secret, secret_variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WIDTH = 100
_INDENT = "    "


class _Code(str):
    """Text that is code already."""

    __slots__ = ()


def create_pool_code(body: Mapping[str, Any], endpoint: str, account_name: str) -> str:
    """Give a script that creates a pool with the SDK.

    Parameters
    ----------
    body : mapping
        The request's body under the service's names.
    endpoint, account_name : str
        The account. Over plain http, as the demo speaks it, the script signs with a key from the environment, else it
        takes ``DefaultAzureCredential``.

    Returns
    -------
    str
        Python. Secrets are not in it: each is read from a variable of the environment, and a ``KeyError`` names the
        one that is not set. Properties that the SDK does not know are set by the service's name.
    """
    options = _Writer()
    lines = options.assignments("pool", models.BatchPoolCreateOptions, body)
    code = "\n".join(lines)
    if endpoint.startswith("http://"):
        credential = f'AzureNamedKeyCredential({account_name!r}, os.environ["AZURE_BATCH_ACCESS_KEY"])'
        third_party = "from azure.core.credentials import AzureNamedKeyCredential"
    else:
        credential = "DefaultAzureCredential()"
        third_party = "from azure.identity import DefaultAzureCredential"
    standard = ["import os"] if "os.environ[" in code + credential else []
    if times := [name for name in ("datetime", "timedelta") if f"{name}(" in code or f"{name}." in code]:
        standard.append(f"from datetime import {', '.join(times)}")
    imports = [*standard, *([""] if standard else []), "from azure.batch import BatchClient, models", third_party]
    return "\n".join(
        [
            *imports,
            "",
            f"client = BatchClient({endpoint!r}, {credential})",
            "",
            code,
            "",
            "client.create_pool(pool)",
            "",
        ]
    )


class _Writer:
    """Writes values as code, and knows where in the body it is."""

    def assignments(self, name: str, model: type[Any], body: Mapping[str, Any]) -> list[str]:
        known = _fields(model)
        own = {rest: value for rest, value in body.items() if rest in known}
        lines = f"{name} = {self._model(model, own, (), 0)}".split("\n")
        for rest, value in body.items():
            if rest not in known:
                lines += f"{name}[{rest!r}] = {self._plain(value, (rest,), 0)}".split("\n")
        return lines

    def _value(self, value: Any, annotation: Any, path: tuple[str, ...], depth: int) -> str:
        if is_secret(path[-1], value):
            return f'os.environ["{secret_variable(path)}"]'
        kinds = list(_kinds(annotation))
        if isinstance(value, list):
            inner = next((typing.get_args(kind)[0] for kind in kinds if typing.get_origin(kind) is list), Any)
            items = [self._value(item, inner, (*path, str(index)), depth + 1) for index, item in enumerate(value)]
            return _bracketed("[", items, "]", depth)
        if isinstance(value, dict):
            model = next((found for kind in kinds if (found := _model_of(kind)) is not None), None)
            if model is not None and value.keys() <= _fields(model).keys():
                return self._model(model, value, path, depth)
            return self._plain(value, path, depth)
        if isinstance(value, str) and (made := _made_of_time(value, kinds)) is not None:
            return made
        return repr(value)

    def _model(self, model: type[Any], body: Mapping[str, Any], path: tuple[str, ...], depth: int) -> str:
        fields = _fields(model)
        arguments = [
            f"{fields[rest][0]}={self._value(value, fields[rest][1], (*path, rest), depth + 1)}"
            for rest, value in body.items()
        ]
        return _bracketed(f"models.{model.__name__}(", arguments, ")", depth)

    def _plain(self, value: Any, path: tuple[str, ...], depth: int) -> str:
        """Write a value under the service's names."""
        if is_secret(path[-1], value):
            return f'os.environ["{secret_variable(path)}"]'
        if isinstance(value, dict):
            items = [f"{name!r}: {self._plain(item, (*path, name), depth + 1)}" for name, item in value.items()]
            return _bracketed("{", items, "}", depth)
        if isinstance(value, list):
            items = [self._plain(item, (*path, str(index)), depth + 1) for index, item in enumerate(value)]
            return _bracketed("[", items, "]", depth)
        return repr(value)


def _bracketed(opening: str, items: list[str], closing: str, depth: int) -> str:
    line = f"{opening}{', '.join(items)}{closing}"
    if len(line) + depth * len(_INDENT) <= _WIDTH - 24 and "\n" not in line:
        return line
    inner = "".join(f"{_INDENT * (depth + 1)}{item},\n" for item in items)
    return f"{opening}\n{inner}{_INDENT * depth}{closing}"


def _fields(model: type[Any]) -> dict[str, tuple[str, Any]]:
    """Give a model's properties: the service's name to the SDK's and its annotation."""
    model({})  # the class learns its fields when the first object is made
    return {
        field._rest_name: (name, model.__annotations__.get(name))  # noqa: SLF001  there is no public way to ask
        for name, field in model._attr_to_rest_field.items()  # noqa: SLF001
        if name in model.__annotations__
    }


def _kinds(annotation: Any) -> Iterator[Any]:
    """Iterate over the types that an annotation allows."""
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is typing.Union:
        for argument in arguments:
            yield from _kinds(argument)
    else:
        yield annotation


def _model_of(kind: Any) -> type[Any] | None:
    """Give the public model that a forward reference names, if it is one."""
    text = kind.__forward_arg__ if isinstance(kind, typing.ForwardRef) else kind
    if not isinstance(text, str):
        return None
    found = getattr(models, text.rpartition(".")[2], None)
    return found if isinstance(found, type) and hasattr(found, "as_dict") else None


def _made_of_time(value: str, kinds: list[Any]) -> str | None:
    """Give a duration or a moment as the object that the SDK takes."""
    if timedelta in kinds:
        duration = parse_duration(value)
        # The SDK writes no time at all as "P", which the service can't read; the text goes through as it is.
        return f"timedelta(seconds={duration.total_seconds():g})" if duration else None
    if datetime in kinds:
        return f"datetime.fromisoformat({value!r})"
    return None
