"""The service's own definition: its examples, and a check of answers against its schemas."""

import copy
import functools
import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema

DATA = Path(__file__).parents[1] / "data" / "azure-batch-rest"
DEFINITION = DATA / "2024-07-01.20.0" / "BatchService.json"
_METHODS = ("get", "head", "post", "put", "patch", "delete")
_FORMATS = jsonschema.FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value):
    return not isinstance(value, str) or bool(value.endswith("Z") and datetime.fromisoformat(value))


@_FORMATS.checks("duration")
def _is_duration(value):
    return not isinstance(value, str) or bool(re.fullmatch(r"P(?=.)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?([\d.]+S)?)?", value))


@_FORMATS.checks("int32")
def _is_int32(value):
    return not isinstance(value, int) or -(2**31) <= value < 2**31


@dataclass(frozen=True)
class Example:
    """An official example: its operation, what is sent, and what is answered."""

    name: str
    method: str
    path: str
    operation_id: str
    parameters: dict[str, Any]
    body: dict[str, Any] | None
    responses: dict[str, Any]


@functools.cache
def definition():
    """Return the definition, objects made strict: a property that it doesn't have is an error."""
    spec = json.loads(DEFINITION.read_text(encoding="utf-8"))
    for schema in spec["definitions"].values():
        _make_strict(schema)
    return spec


def _make_strict(schema):
    if "properties" in schema:
        schema.setdefault("additionalProperties", False)
        schema["patternProperties"] = {r"^odata\.": {}}
        for inner in schema["properties"].values():
            _make_strict(inner)


def operations():
    """Iterate over method, path and operation of the definition."""
    for path, verbs in definition()["paths"].items():
        for method in _METHODS:
            if method in verbs:
                yield method.upper(), path, verbs[method]


def check_answer(operation_id, status, body):
    """Raise if an answer is not one that the definition knows for the operation."""
    (operation,) = [operation for _, _, operation in operations() if operation["operationId"] == operation_id]
    response = operation["responses"].get(str(status)) or operation["responses"]["default"]
    schema = response.get("schema")
    if schema is None or schema.get("format") == "file":
        assert not isinstance(body, dict), f"{operation_id} answers {status} without a body"
        return
    whole = {**copy.copy(schema), "definitions": definition()["definitions"]}
    jsonschema.Draft4Validator(whole, format_checker=_FORMATS).validate(body)


def examples():
    """Return the official examples by name; the newer ones have no definition at hand but the same operations."""
    by_id = {operation["operationId"]: (method, path) for method, path, operation in operations()}
    named = {
        Path(reference["$ref"]).name: operation["operationId"]
        for _, _, operation in operations()
        for reference in operation.get("x-ms-examples", {}).values()
    }
    found = {}
    for file in sorted([*DATA.glob("2024-07-01.20.0/examples/*.json"), *DATA.glob("2025-06-01/examples/*.json")]):
        content = json.loads(file.read_text(encoding="utf-8"))
        operation_id = named.get(file.name) or _TODAYS_NAMES.get(content.get("operationId"))
        if operation_id is None:
            continue
        method, path = by_id[operation_id]
        bodies = [value for value in content["parameters"].values() if isinstance(value, dict)]
        found[file.stem] = Example(
            file.stem,
            method,
            path,
            operation_id,
            content["parameters"],
            bodies[0] if bodies else None,
            content["responses"],
        )
    return found


_TODAYS_NAMES = {
    "Nodes_CreateNodeUser": "ComputeNode_AddUser",
    "Nodes_GetNodeRemoteLoginSettings": "ComputeNode_GetRemoteLoginSettings",
    "Pools_CreatePool": "Pool_Add",
    "Pools_ListSupportedImages": "Account_ListSupportedImages",
}
