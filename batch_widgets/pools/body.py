"""The body of the request that makes a pool: read into the fields of a PoolSpec, and written from them."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from batch_widgets.errors import ValidationError
from batch_widgets.images import CustomImage, ImageReference
from batch_widgets.pools.places import OBJECT, Place
from batch_widgets.pools.remote_access import read_remote_access, write_remote_access
from batch_widgets.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_widgets.pools.spec import PoolSpec

    Places = Mapping[str, Place]

MACHINE = "virtualMachineConfiguration"
IMAGE = Place((MACHINE, "imageReference"), OBJECT, None)
_NAT_POOLS = Place(("networkConfiguration", "endpointConfiguration", "inboundNATPools"), OBJECT, None)
_GALLERY = ("virtualMachineImageId", "sharedGalleryImageId", "communityGalleryImageId")
_TARGETS = ("targetDedicatedNodes", "targetLowPriorityNodes")
_FORMULA = ("autoScaleFormula", "autoScaleEvaluationInterval")
_FIRST = ("id", "displayName", "vmSize", MACHINE, "resizeTimeout", *_TARGETS)
_NEW = {"id": "", "vmSize": "", "resizeTimeout": "PT15M", "targetDedicatedNodes": 0, "targetLowPriorityNodes": 0}
"""What is said of every pool that comes from nowhere else."""

_START_TASK = {
    "commandLine": "",
    "userIdentity": {"autoUser": {"scope": "pool", "elevationLevel": "nonadmin"}},
    "waitForSuccess": True,
}


def read_body(body: Mapping[str, Any], places: Places) -> dict[str, Any]:
    """Give the fields of a PoolSpec that a body has.

    Raises
    ------
    ValidationError
        If a property has a type that it can't have, each named.
    """
    values: dict[str, Any] = {}
    problems = []
    for name, place in places.items():
        try:
            values[name] = place.read(body)
        except TypeError as problem:
            problems.append(Problem(name, f"{problem} at {'.'.join(place.path)}."))
    try:
        values |= read_remote_access(body)
    except TypeError as problem:
        problems.append(Problem("inbound_nat_pools", f"{problem}."))
    if problems:
        raise ValidationError(problems)
    return {**values, "image": _image(body, values["node_agent_sku_id"])}


def _image(body: Mapping[str, Any], agent: str) -> CustomImage | ImageReference | None:
    """Give the image where one of our values can say it; else None, and it stays as it is."""
    reference = (body.get(MACHINE) or {}).get("imageReference")
    if isinstance(reference, dict):  # the Azure CLI shows what is not there as null
        reference = {name: value for name, value in reference.items() if value is not None}
    if not isinstance(reference, dict) or not all(isinstance(value, str) for value in reference.values()):
        return None
    given = [name for name in _GALLERY if reference.get(name)]
    if given:
        os_type = "windows" if "windows" in agent.casefold() else "linux"
        try:
            return CustomImage(reference[given[0]], agent, os_type) if len(reference) == 1 else None
        except ValidationError:
            return None
    if not reference.keys() <= {"publisher", "offer", "sku", "version"}:
        return None
    publisher, offer, sku = (reference.get(name, "") for name in ("publisher", "offer", "sku"))
    return ImageReference(publisher, offer, sku, reference.get("version", "latest"))


def write_body(spec: PoolSpec, places: Places) -> dict[str, Any]:
    """Give the body of a PoolSpec: the one that it was loaded from, and in it what has changed."""
    start: dict[str, Any] = dict(_NEW if spec.loaded is None else spec.loaded)
    body = copy.deepcopy(start)
    before = read_body(start, places)
    _write_image(body, spec.image, before["image"])
    unsaid = _write_start_task(body, spec, before) | _write_scale(body, spec, before)
    for name, place in places.items():
        if place.path[0] not in unsaid and getattr(spec, name) != before[name]:
            place.write(body, getattr(spec, name))
    if spec.start_task_username and spec.start_task_username != before["start_task_username"]:
        body.get("startTask", {}).get("userIdentity", {}).pop("autoUser", None)  # they exclude each other
    write_remote_access(body, {name: getattr(spec, name) for name in read_remote_access({})}, spec.target_nodes)
    if spec.loaded is None:
        body = {name: body[name] for name in (*_FIRST, *body) if name in body}
    return body


def _write_image(body: dict[str, Any], image: Any, before: Any) -> None:
    def reference(image: Any) -> Any:
        if image is None or isinstance(image, ImageReference):
            return image and image.to_body()
        return image.to_body()["imageReference"]

    if (new := reference(image)) != reference(before):
        IMAGE.write(body, new)


def _write_start_task(body: dict[str, Any], spec: PoolSpec, before: Mapping[str, Any]) -> set[str]:
    """Begin or remove the start task; give the properties that are not to be said then."""
    if spec.start_task_command_line:
        if "startTask" not in body:
            body["startTask"] = copy.deepcopy(_START_TASK)
        return set()
    if before["start_task_command_line"]:
        body.pop("startTask", None)
    return {"startTask"}


def _write_scale(body: dict[str, Any], spec: PoolSpec, before: Mapping[str, Any]) -> set[str]:
    """Change over between nodes and formula; give the properties that are not to be said then."""
    unsaid = {*_TARGETS, "resizeTimeout"} if spec.enable_auto_scale else set(_FORMULA)
    if spec.enable_auto_scale != before["enable_auto_scale"]:
        for name in unsaid:
            body.pop(name, None)
        if not spec.enable_auto_scale:
            body["targetDedicatedNodes"] = spec.target_dedicated_nodes
        return unsaid
    # Where a body came with both, the check says so, and what is changed is changed in it.
    return unsaid - {name for name in _FORMULA if name in body}


def kept_paths(loaded: Mapping[str, Any], places: Places) -> tuple[str, ...]:
    """Give the paths in a body that no field of a PoolSpec has."""
    rest = copy.deepcopy(dict(loaded))
    image = (rest.get(MACHINE) or {}).get("imageReference")
    shown = image is None or _image(loaded, (rest.get(MACHINE) or {}).get("nodeAgentSKUId", "")) is not None
    for place in places.values():
        place.write(rest, place.kind.absent)
    _NAT_POOLS.write(rest, None)
    if shown:
        IMAGE.write(rest, None)
    return tuple(_leaves(rest, ""))


def _leaves(value: Any, path: str) -> list[str]:
    if isinstance(value, dict) and value:
        return [leaf for name, item in value.items() for leaf in _leaves(item, f"{path}.{name}" if path else name)]
    return [path] if path else []


def field_at(path: str, places: Places) -> str:
    """Give the field that a path in a body belongs to, such as ``"userAccounts[0].password"``."""
    steps = tuple(re.sub(r"\[\d+\]", "", path).split("."))
    fitting = [name for name, place in places.items() if steps[: len(place.path)] == place.path]
    return max(fitting, key=lambda name: len(places[name].path), default="inbound_nat_pools")
