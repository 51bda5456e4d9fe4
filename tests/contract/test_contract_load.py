"""Pools brought in and taken away: nothing is lost on the way, nothing is added."""

from __future__ import annotations

import copy
import functools
import json

import pytest
from azure.batch import models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from official_definition import DEFINITION, examples

import batch_widgets as bw
from batch_widgets.pools import create_body
from batch_widgets.pools.loading import READ_ONLY
from batch_widgets.pools.secrets import placeholders, without_secrets

ADDS = {name: one.body for name, one in examples().items() if one.operation_id == "Pool_Add" and one.body}
GETS = {
    name: one.responses["200"]["body"]
    for name, one in examples().items()
    if one.operation_id == "Pool_Get" and "body" in one.responses.get("200", {})
}


def test_there_are_examples():
    assert len(ADDS) >= 11
    assert len(GETS) >= 7


@pytest.mark.parametrize("name", ADDS)
def test_an_official_request_comes_back_as_it_was(name):
    body = ADDS[name]
    spec = bw.PoolSpec.from_body(create_body(json.dumps(body)))
    assert spec.to_body() == body
    assert json.loads(spec.to_json()) == without_secrets(body)
    # Only one of them has secrets, and those alone are other than they came.
    secrets = [path.rpartition(".")[2] for path in placeholders(json.loads(spec.to_json()))]
    assert secrets == (["accountKey", "accountKey", "password"] if "MountConfiguration" in name else [])


@pytest.mark.parametrize("name", GETS)
@pytest.mark.parametrize("convert", [dict, json.dumps, models.BatchPool], ids=["mapping", "text", "SDK"])
def test_an_official_answer_comes_back_but_for_what_only_the_service_says(name, convert):
    answer = GETS[name]
    wanted = copy.deepcopy({key: value for key, value in answer.items() if key not in READ_ONLY})
    wanted["virtualMachineConfiguration"]["imageReference"].pop("exactVersion", None)
    if wanted.get("enableAutoScale"):
        for key in ("targetDedicatedNodes", "targetLowPriorityNodes", "resizeTimeout"):
            wanted.pop(key, None)
    spec = bw.PoolSpec.from_body(create_body(convert(answer)))
    assert json.loads(spec.to_json()) == wanted


DEFINITIONS = json.loads(DEFINITION.read_text(encoding="utf-8"))["definitions"]
DURATIONS = st.sampled_from(["PT5M", "PT15M", "PT1H", "P1DT2H", "PT90S", "PT0.5S", "PT900S"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@functools.cache
def values_of(name):
    """Give a strategy for values of a definition; objects have further properties, as the future brings them."""
    return values(DEFINITIONS[name])


def values(schema):
    if "$ref" in schema:
        return st.deferred(lambda: values_of(schema["$ref"].rpartition("/")[2]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "array":
            return st.lists(values(schema["items"]), max_size=2)
        case "integer":
            return st.integers(-5, 2**31 - 1)
        case "boolean":
            return st.booleans()
        case "string":
            return DURATIONS if schema.get("format") == "duration" else st.text(max_size=20)
        case _:
            known = {name: values(one) for name, one in schema.get("properties", {}).items()}
            needed = {name: known.pop(name) for name in schema.get("required", ())}
            whole = st.fixed_dictionaries(needed, optional=known)
            more = st.dictionaries(st.text(max_size=5).map("x-".__add__), ANYTHING, max_size=1)
            return st.builds(lambda one, other: {**other, **one}, whole, more)


POOLS = values_of("PoolAddParameter")


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=POOLS)
def test_a_generated_pool_comes_back_as_it_was(body):
    spec = bw.PoolSpec.from_body(body)
    assert spec.to_body() == body
    # And again from its fields, where nothing was changed: what a form does.
    assert bw.PoolSpec.from_body(spec.to_body()) == spec


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=POOLS, sources=st.lists(st.sampled_from(["203.0.113.7", "*"]), unique=True), slots=st.integers(1, 9))
def test_a_change_changes_nothing_else(body, sources, slots):
    spec = bw.PoolSpec.from_body(body)
    changed = {name: getattr(spec, name) for name in bw.PoolSpec.__dataclass_fields__}
    changed |= {"task_slots_per_node": slots, "allow_ssh": True, "ssh_sources": tuple(sources)}
    new = bw.PoolSpec(**changed)
    after = new.to_body()
    assert after.pop("taskSlotsPerNode") == slots
    again = bw.PoolSpec.from_body(after)
    assert again.allow_ssh
    assert again.inbound_nat_pools == spec.inbound_nat_pools
    if not spec.allow_ssh:
        assert again.ssh_sources == tuple(sources)
    before = copy.deepcopy(body)
    before.pop("taskSlotsPerNode", None)
    for one in (before, after):
        network = one.get("networkConfiguration") or {}
        (network.get("endpointConfiguration") or {}).pop("inboundNATPools", None)
        if not network.get("endpointConfiguration"):
            network.pop("endpointConfiguration", None)
        if not network:
            one.pop("networkConfiguration", None)
    assert after == before
