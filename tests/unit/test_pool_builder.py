"""PoolBuilder: fields and traits in step, checked before anything is sent."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from operator import attrgetter

import pytest
from traitlets import TraitError

from batch_widgets.errors import ValidationError
from batch_widgets.pools import PoolSpec
from batch_widgets.pools.spec import FIELDS
from batch_widgets.widgets.pool_sections import SECTIONS
from unit.fakes import make_image
from unit.pool_builders import (  # noqa: F401 (fixtures)
    GOOD,
    IMAGE,
    beside,
    builder_fixture,
    fields,
    make_builder_fixture,
    problem_fields,
    shared_builder_fixture,
)
from unit.test_panel import open_widgets, shown

WINDOWS = make_image(
    "2022", publisher="ms", offer="windowsserver", node_agent_sku_id="batch.node.windows amd64", os_type="windows"
)


# fields and traits

PAIRS = [
    ("pool_id", "pool_id", "analysis-2", "analysis-2"),
    ("display_name", "display_name", "My <pool>", "My <pool>"),
    ("vm_size", "vm_size", "Standard_D4s_v3", "Standard_D4s_v3"),
    ("target_dedicated_nodes", "dedicated", 7, 7),
    ("target_low_priority_nodes", "spot", 3, 3),
    ("resize_timeout", "timeout", timedelta(minutes=30), 30),
    ("start_task_command_line", "command_line", "/bin/true", "/bin/true"),
    ("start_task_elevated", "elevated", True, True),
    ("start_task_wait_for_success", "wait", False, False),
    ("allow_ssh", "remote_access.allow_ssh", True, True),
    ("ssh_sources", "remote_access.sources", ("203.0.113.7", "198.51.100.0/24"), "203.0.113.7, 198.51.100.0/24"),
    ("allow_rdp", "remote_access.allow_rdp", True, True),
    ("rdp_sources", "remote_access.rdp_sources", ("203.0.113.7", "198.51.100.0/24"), "203.0.113.7, 198.51.100.0/24"),
    ("enable_auto_scale", "scale_mode", True, True),
    ("auto_scale_formula", "formula", "$TargetDedicatedNodes = 1;", "$TargetDedicatedNodes = 1;"),
    ("auto_scale_evaluation_interval", "interval", timedelta(minutes=30), "30"),
]


@pytest.mark.parametrize(("trait", "control", "value", "shows"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_each_trait_and_its_control_are_in_step(builder, trait, control, value, shows):
    control = attrgetter(control)(builder.form)
    before, before_shows = getattr(builder, trait), control.value
    setattr(builder, trait, value)
    assert control.value == shows
    setattr(builder, trait, before)
    assert control.value == before_shows
    control.value = shows
    assert getattr(builder, trait) == value
    assert getattr(builder.spec, trait) == value


def test_each_trait_of_a_pool_has_a_control():
    with_pairs = {trait for trait, *_ in PAIRS}
    in_sections = {entry.name for entries in SECTIONS.values() for entry in entries}
    assert with_pairs.isdisjoint(in_sections)
    assert with_pairs | in_sections | {"image", "node_agent_sku_id"} == set(FIELDS)


def test_all_traits_can_be_given_at_once(make_builder):
    given = {trait: value for trait, _, value, _ in PAIRS}
    builder = make_builder(**given, image=IMAGE)
    assert builder.spec == PoolSpec(**given, image=IMAGE)
    assert {trait: attrgetter(control)(builder.form).value for trait, control, *_ in PAIRS} == {
        trait: shows for trait, _, _, shows in PAIRS
    }


@pytest.mark.parametrize(
    ("trait", "wrong"),
    [
        ("pool_id", 7),
        ("display_name", None),
        ("vm_size", None),
        ("image", "ubuntu"),
        ("node_agent_sku_id", 1),
        ("target_dedicated_nodes", "4"),
        ("target_low_priority_nodes", 1.5),
        ("resize_timeout", 15),
        ("start_task_command_line", ["a"]),
        ("start_task_elevated", "yes"),
        ("start_task_wait_for_success", None),
        ("allow_ssh", "no"),
        ("ssh_sources", 7),
        ("ssh_sources", (7,)),
    ],
)
def test_a_wrong_type_raises_and_changes_nothing(builder, trait, wrong):
    spec, problems = builder.spec, builder.problems
    with pytest.raises(TraitError):
        setattr(builder, trait, wrong)
    assert builder.spec == spec
    assert builder.problems == problems


def test_a_builder_that_could_not_be_made_leaves_nothing_behind(make_builder):
    before = open_widgets()
    with pytest.raises(TraitError):
        make_builder(**{**GOOD, "vm_size": 7})
    assert open_widgets() <= before


def test_problems_and_creation_belong_to_the_widget(builder):
    for name in ("problems", "creation"):
        with pytest.raises(TraitError):
            setattr(builder, name, None)


@pytest.mark.parametrize(
    ("trait", "wrong", "field"),
    [
        ("pool_id", "no blanks", "pool_id"),
        ("pool_id", "", "pool_id"),
        ("display_name", "x" * 1_025, "display_name"),
        ("vm_size", "Standard D2", "vm_size"),
        ("image", None, "image"),
        ("node_agent_sku_id", "batch.node.el 8", "node_agent_sku_id"),
        ("target_dedicated_nodes", -1, "target_dedicated_nodes"),
        ("target_low_priority_nodes", -1, "target_dedicated_nodes"),
        ("resize_timeout", timedelta(minutes=4), "target_dedicated_nodes"),
        ("start_task_command_line", "   ", "start_task_command_line"),
    ],
)
def test_a_wrong_value_is_a_problem_beside_its_field(builder, trait, wrong, field):
    assert builder.problems == ()
    assert not builder.create_button.disabled
    setattr(builder, trait, wrong)
    assert problem_fields(builder) == [trait]
    assert beside(builder, field) != ""
    assert "bw-bad" in fields(builder)[field].control._dom_classes
    assert builder.create_button.disabled
    assert "1 problem to solve first" in builder._summary.value
    with pytest.raises(ValidationError) as caught:
        builder.create()
    assert [problem.field for problem in caught.value.problems] == [trait]
    assert builder.creation is None
    setattr(builder, trait, GOOD.get(trait, PoolSpec.__dataclass_fields__[trait].default))
    if trait == "node_agent_sku_id":
        builder.node_agent_sku_id = IMAGE.node_agent_sku_id
    assert beside(builder, field) == ""
    assert "bw-bad" not in fields(builder)[field].control._dom_classes
    assert not builder.create_button.disabled


@pytest.mark.parametrize(
    "sources", [("",), ("nowhere",), ("10.0.0.1", "10.0.0.1"), ("10.0.0.0/33",), ("10.0.0.1, 10.0.0.2",)]
)
def test_wrong_sources_are_a_problem(builder, sources):
    builder.allow_ssh, builder.ssh_sources = True, sources
    assert builder.ssh_sources == sources
    assert set(problem_fields(builder)) == {"ssh_sources"}
    assert beside(builder, "ssh_sources") != ""


def test_a_comma_can_be_typed_and_names_no_source(builder):
    builder.allow_ssh = True
    builder.form.remote_access.sources.value = "203.0.113.7,"
    assert builder.ssh_sources == ("203.0.113.7",)
    assert builder.form.remote_access.sources.value == "203.0.113.7,"
    builder.form.remote_access.sources.value = "203.0.113.7, 198.51.100.1"
    assert builder.ssh_sources == ("203.0.113.7", "198.51.100.1")


def test_a_problem_of_a_shared_row_shows_when_its_own_field_was_touched(make_builder):
    builder = make_builder()
    builder.target_low_priority_nodes = -1
    assert beside(builder, "target_dedicated_nodes") != ""


def test_any_number_of_minutes_can_be_typed(builder):
    builder.form.timeout.value = 10**12
    assert builder.form.timeout.value == builder.resize_timeout.total_seconds() / 60
    builder.resize_timeout = timedelta(days=999_999_999)
    assert builder.resize_timeout == timedelta(days=999_999_999)


def test_seconds_of_the_timeout_stay_as_they_were_set(builder):
    builder.resize_timeout = timedelta(seconds=330)
    assert builder.form.timeout.value == 5
    assert builder.resize_timeout == timedelta(seconds=330)


def test_fields_that_nobody_touched_are_quiet_until_create(make_builder, service):
    builder = make_builder()
    assert problem_fields(builder) == ["pool_id", "vm_size", "image"]
    assert [beside(builder, name) for name in ("pool_id", "vm_size", "image")] == ["", "", ""]
    assert builder.create_button.disabled
    assert "3 problems to solve first: pool id, vm size, image." in builder._summary.value
    with pytest.raises(ValidationError):
        builder.create()
    assert all(beside(builder, name) for name in ("pool_id", "vm_size", "image"))
    assert service.calls == []


def test_the_list_of_checks_names_each_problem(builder):
    assert "Nothing is wrong" in builder.checks.text
    builder.pool_id = "a b"
    assert "<b>Pool id:</b>" in builder.checks.text
    assert "Nothing is wrong" not in builder.checks.text


def test_the_length_of_the_id_shows(builder):
    builder.pool_id = "12345"
    assert "5 / 64" in builder.form._length.value


def test_everyone_only_with_a_warning(builder):
    builder.allow_ssh, builder.ssh_sources = True, ("*",)
    assert problem_fields(builder) == []
    assert problem_fields(builder, "warning") == ["ssh_sources"]
    assert "open to everyone" in beside(builder, "ssh_sources")
    assert "Warning" in beside(builder, "ssh_sources")
    assert not builder.create_button.disabled
    builder.ssh_sources = ("203.0.113.7",)
    assert builder.problems == ()


def test_sources_show_only_with_ssh(builder):
    assert not shown(fields(builder)["ssh_sources"].widget)
    builder.form.remote_access.allow_ssh.value = True
    assert shown(fields(builder)["ssh_sources"].widget)
    assert problem_fields(builder) == ["ssh_sources"]


def test_windows_has_no_ssh(builder):
    builder.image, builder.allow_ssh = WINDOWS, True
    assert problem_fields(builder) == ["allow_ssh"]


def test_a_command_with_shell_syntax_can_be_wrapped(builder):
    assert not shown(builder.form._wrap_row)
    builder.form.command_line.value = "echo $HOME | tee it's"
    assert problem_fields(builder, "warning") == ["start_task_command_line"]
    assert shown(builder.form._wrap_row)
    builder.form.wrap_button.click()
    assert builder.start_task_command_line == "/bin/bash -c 'echo $HOME | tee it'\\''s'"
    assert not shown(builder.form._wrap_row)
    assert builder.problems == ()


# the same pool elsewhere


def test_spec_json_and_options_are_the_same_pool(builder):
    builder.allow_ssh, builder.ssh_sources = True, ("203.0.113.7",)
    builder.start_task_command_line = "/bin/true"
    body = json.loads(builder.to_json())
    assert body == builder.spec.to_body()
    assert body["id"] == "analysis"
    options = builder.to_options()
    assert options.id == "analysis"
    assert options.as_dict() == body
    assert "analysis" in repr(builder)


# without the account


def test_works_without_the_account(make_builder, account):
    own_builder = make_builder(**GOOD)
    account.close()
    own_builder.vm_size = "Standard_D4s_v3"
    assert own_builder.spec == replace(PoolSpec(**GOOD), vm_size="Standard_D4s_v3")
    assert own_builder.create_button.disabled
    own_builder.guarded(own_builder.create)
    assert "account was closed" in own_builder.message.text
