"""What must not happen with a pool in the builder: doors that open wider, secrets that show, texts that are ignored."""

from __future__ import annotations

import json

import ipywidgets
import pytest

import batch_widgets as bw
from batch_widgets.pools import PoolSpec, check, create_pool_command, pool_bicep
from batch_widgets.sdk import create_pool_code
from batch_widgets.widgets import pool_id_check
from unit.fakes import make_image, make_spec
from unit.test_panel import shown, wait_until

SIGNED = "https://x.blob.core.windows.net/c/run.sh?sv=1&sig=s3cret"
GUARDED = {
    "name": "door",
    "protocol": "tcp",
    "backendPort": 22,
    "frontendPortRangeStart": 10_000,
    "frontendPortRangeEnd": 10_100,
    "networkSecurityGroupRules": [
        {"priority": 200, "access": "deny", "sourceAddressPrefix": "203.0.113.66"},
        {
            "priority": 300,
            "access": "allow",
            "sourceAddressPrefix": "203.0.113.0/24",
            "sourcePortRanges": ["1000-2000"],
        },
        {"priority": 400, "access": "deny", "sourceAddressPrefix": "*"},
    ],
}


@pytest.fixture
def builder(account):
    builder = bw.PoolBuilder(account, pool_id="analysis", vm_size="Standard_D2s_v3", image=make_image())
    builder.target_dedicated_nodes = 1
    yield builder
    builder.close()


def guarded(**changes):
    network = {"endpointConfiguration": {"inboundNATPools": [{**GUARDED, **changes}]}}
    return PoolSpec.from_body({**make_spec().to_body(), "networkConfiguration": network})


def door(spec):
    (pool,) = spec.to_body()["networkConfiguration"]["endpointConfiguration"]["inboundNATPools"]
    return pool


def with_sources(spec, *sources):
    values = {name: getattr(spec, name) for name in PoolSpec.__dataclass_fields__}
    return PoolSpec(**{**values, "ssh_sources": sources})


def test_another_source_changes_nothing_else_of_the_way_in():
    rules = GUARDED["networkSecurityGroupRules"]
    changed = door(with_sources(guarded(), "203.0.113.0/24", "198.51.100.7"))
    (added,) = [rule for rule in changed["networkSecurityGroupRules"] if rule not in rules]
    assert (added["access"], added["sourceAddressPrefix"]) == ("allow", "198.51.100.7")
    assert 150 <= added["priority"] < 400
    assert [rule for rule in changed["networkSecurityGroupRules"] if rule != added] == rules
    assert {**changed, "networkSecurityGroupRules": rules} == GUARDED
    fewer = door(with_sources(guarded(), "198.51.100.7"))
    assert [rule["sourceAddressPrefix"] for rule in fewer["networkSecurityGroupRules"]] == [
        *("203.0.113.66", "198.51.100.7", "*")
    ]
    assert [one.rule for one in check(with_sources(guarded(), "203.0.113.0/24", "198.51.100.7"))] == []


def test_an_open_door_gets_its_refusal_with_the_first_source():
    spec = guarded(networkSecurityGroupRules=[])
    assert spec.ssh_sources == ("*",)
    rules = door(with_sources(spec, "198.51.100.7"))["networkSecurityGroupRules"]
    assert [(rule["access"], rule["sourceAddressPrefix"]) for rule in rules] == [
        ("allow", "198.51.100.7"),
        ("deny", "*"),
    ]
    assert rules[0]["priority"] < rules[1]["priority"]


def test_a_way_in_by_hand_is_told_of():
    (problem,) = check(make_spec(inbound_nat_pools=[{**GUARDED, "networkSecurityGroupRules": []}]))
    assert problem.rule == "nat-backend-port"
    assert "Allow SSH" in problem.message


@pytest.mark.parametrize(
    "more",
    [
        {"start_task_command_line": f"curl '{SIGNED}'"},
        {"start_task_command_line": "run", "start_task_environment_settings": {"A": f" {SIGNED}"}},
        {"start_task_command_line": "run", "start_task_environment_settings": {"A": "X=1;AccountKey=s3cret;"}},
        {"start_task_command_line": "run", "start_task_resource_files": [{"httpUrl": SIGNED, "filePath": "f"}]},
    ],
    ids=["command", "variable", "connection string", "file"],
)
def test_signatures_are_in_nothing_that_is_written_down(more):
    spec = make_spec(**more)
    body = spec.to_body()
    assert "s3cret" in json.dumps(body)
    for text in (
        *(spec.to_json(), repr(spec), pool_bicep(body, "a")),
        *(create_pool_code(body, "https://a.b.batch.azure.com", "a"), create_pool_command(body, "https://x", "a")),
    ):
        assert "s3cret" not in text


def test_signed_addresses_are_in_no_widgets_state(builder):
    builder.start_task_command_line = "run"
    builder.start_task_resource_files = [{"httpUrl": SIGNED, "filePath": "f"}]
    builder.start_task_environment_settings = {"A": SIGNED, "B": "plain"}
    builder.form.sections.open_at("start_task_resource_files")
    _ = builder.model_id
    states = json.dumps([one.get_state() for one in ipywidgets.widgets.widget._instances.values()], default=str)
    assert "plain" in states
    assert "run.sh" in states  # the address shows, without its signature
    assert "s3cret" not in states


def test_the_builders_own_json_comes_back(builder):
    builder.form.sections.open_at("start_task_resource_files")
    builder.form.sections.open_at("user_accounts")
    spec = make_spec(
        start_task_command_line="run",
        start_task_resource_files=[{"httpUrl": SIGNED, "filePath": "f"}],
        user_accounts=[{"name": "bob", "password": "s3cret"}],
    )
    builder.load(spec.to_json())
    assert {one.rule for one in builder.problems} == {"secret-missing"}
    assert builder.create_button.disabled
    for name in ("start_task_resource_files", "user_accounts"):
        assert len(builder.form.sections.fields[name].control.rows) == 1


def test_what_cannot_be_read_blocks_until_it_can(builder):
    builder.enable_auto_scale, builder.auto_scale_formula = True, "$TargetDedicatedNodes = 1;"
    assert not builder.create_button.disabled
    builder.form.interval.value = "abc"
    builder.display_name = "something else"
    assert builder.create_button.disabled
    field = next(one for one in builder.form.fields if one.name == "auto_scale_evaluation_interval")
    assert shown(field._problem)
    assert "abc" in field._problem.value
    builder.form.interval.value = "30"
    assert not builder.create_button.disabled
    builder.form.interval.value = "abc"
    builder.reset()
    assert builder.form.interval.value == ""
    assert "abc" not in builder.checks.text


def test_a_taken_id_is_asked_for_again(builder, service, monkeypatch):
    monkeypatch.setattr(pool_id_check, "PAUSE_S", 0.01)
    service.add_pool("nightly", 1)
    builder.pool_id = "nightly"
    wait_until(lambda: [one.rule for one in builder.problems] == ["pool-id-taken"])
    del service.pools["nightly"]
    builder.pool_id = "other"
    builder.pool_id = "nightly"
    wait_until(lambda: builder.problems == ())


def test_a_closed_account_is_told_of_and_nothing_is_left_waiting(builder, account):
    builder.allow_ssh = True
    account.close()
    builder.form.remote_access.address_button.click()
    assert "closed" in builder.message.text


def test_an_identity_is_not_sent(builder):
    builder.load({**make_spec().to_body(), "identity": {"type": "UserAssigned"}, "resourceTags": {"a": "b"}})
    assert "identity" not in builder.spec.to_body()
    assert builder.spec.kept == ("resourceTags.a",)
