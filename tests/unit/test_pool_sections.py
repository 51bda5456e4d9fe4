"""The sections of the pool builder's form: built when opened, in step with the traits, lists edited item by item."""

from __future__ import annotations

import html
import json

import ipywidgets
import pytest

import batch_widgets as bw
from batch_widgets.pools.choices import CHOICES
from batch_widgets.pools.items import ITEM_VARIANTS, OBJECT_PARTS
from batch_widgets.widgets.pool_sections import SECTIONS
from batch_widgets.widgets.secret import SecretInput
from unit.test_panel import shown

ENTRIES = [(title, entry) for title, entries in SECTIONS.items() for entry in entries]
PLAIN = [pair for pair in ENTRIES if pair[1].kind not in {"items", "object"}]
OBJECTS = [pair for pair in ENTRIES if pair[1].kind == "object"]
LISTS = [pair for pair in ENTRIES if pair[1].kind == "items"]


@pytest.fixture
def builder(account):
    builder = bw.PoolBuilder(account)
    yield builder
    builder.close()


def opened(builder, title):
    builder.form.sections.open_section(title)
    return builder.form.sections.fields


def sample(entry):
    """Give a value for a field, and what its control shows for it."""
    return {
        "text": ("some text", "some text"),
        "number": (3, "3"),
        "texts": (("a", "b"), "a, b"),
        "flag": (True, True),
        "choice": (CHOICES[entry.name][-1],) * 2 if entry.kind == "choice" else None,
    }[entry.kind]


def test_a_section_is_built_when_it_is_first_opened(builder):
    sections = builder.form.sections
    assert all(not section.children for section in sections.accordion.children)
    opened(builder, "Network")
    assert [bool(section.children) for section in sections.accordion.children] == [
        title == "Network" for title in SECTIONS
    ]
    before = sections.fields["subnet_id"]
    sections.accordion.selected_index = None
    opened(builder, "Network")
    assert sections.fields["subnet_id"] is before


@pytest.mark.parametrize(("title", "entry"), PLAIN, ids=[entry.name for _, entry in PLAIN])
def test_each_field_and_its_control_are_in_step(builder, title, entry):
    value, shows = sample(entry)
    control = opened(builder, title)[entry.name].control
    before, before_shows = getattr(builder, entry.name), control.value
    setattr(builder, entry.name, value)
    assert control.value == shows
    setattr(builder, entry.name, before)
    assert control.value == before_shows
    control.value = shows
    assert getattr(builder, entry.name) == value
    assert getattr(builder.spec, entry.name) == value


@pytest.mark.parametrize(("title", "entry"), PLAIN, ids=[entry.name for _, entry in PLAIN])
def test_a_section_opened_later_shows_what_was_set(builder, title, entry):
    value, shows = sample(entry)
    setattr(builder, entry.name, value)
    assert opened(builder, title)[entry.name].control.value == shows


def test_what_cannot_be_read_is_told_and_changes_nothing(builder):
    builder.task_slots_per_node = 2
    field = opened(builder, "Tasks and metadata")["task_slots_per_node"]
    field.control.value = "2x"
    assert builder.task_slots_per_node == 2
    assert "2x is not a whole number" in field._problem.value
    assert shown(field._problem)
    field.control.value = "4"
    assert builder.task_slots_per_node == 4
    assert not shown(field._problem)
    rules = opened(builder, "Network")["inbound_nat_pools"].control
    rules.add_buttons[0].click()
    control = control_of(rules.rows[0], "Rules")
    control.value = "{"
    assert "networkSecurityGroupRules" not in builder.inbound_nat_pools[0]
    trouble = rules.rows[0].children[1].children[-1].content[-1]
    assert "no JSON" in trouble.value
    control.value = '[{"priority": 150}]'
    assert builder.inbound_nat_pools[0]["networkSecurityGroupRules"] == [{"priority": 150}]
    assert not shown(trouble)


@pytest.mark.parametrize(("title", "entry"), OBJECTS, ids=[entry.name for _, entry in OBJECTS])
def test_the_properties_of_an_object_and_their_controls_are_in_step(builder, title, entry):
    setattr(builder, entry.name, {"somethingNew": [1]})
    control = opened(builder, title)[entry.name].control
    for part, cell in zip(OBJECT_PARTS[entry.name], control.children[0].children, strict=True):
        value, typed = {"flag": (True, True), "number": (20, "20"), "text": ("PT1M", "PT1M")}[part.kind]
        cell.children[1].value = typed
        assert part.get(getattr(builder, entry.name)) == value
        cell.children[1].value = None if part.kind == "flag" else ""
        assert part.get(getattr(builder, entry.name)) is None
    assert getattr(builder, entry.name) == {"somethingNew": [1]}
    first = OBJECT_PARTS[entry.name][0]
    setattr(builder, entry.name, {first.path: True if first.kind == "flag" else 7})
    assert control.children[0].children[0].children[1].value == (True if first.kind == "flag" else "7")
    control.children[0].children[0].children[1].value = None if first.kind == "flag" else ""
    assert getattr(builder, entry.name) is None


def test_a_word_that_the_form_does_not_know_is_kept_and_shown(builder):
    builder.node_fill_type = "zigzag"
    control = opened(builder, "Tasks and metadata")["node_fill_type"].control
    assert control.value == "zigzag"
    builder.node_fill_type = "round"
    assert control.value == "round"


def test_the_retired_configuration_is_named(builder):
    texts = [child.value for child in builder.form.sections.children if isinstance(child, ipywidgets.HTML)]
    assert any("Cloud Services" in text and "retired" in text for text in texts)


# lists


def part_controls(item_row):
    """Give the controls of an item by their label."""
    parts = item_row.children[1].children
    return {part.children[0].value: part.children[1] for part in parts}


def control_of(item_row, label):
    (found,) = [control for shows, control in part_controls(item_row).items() if f">{html.escape(label)}" in shows]
    return found


@pytest.mark.parametrize(("title", "entry"), LISTS, ids=[entry.name for _, entry in LISTS])
def test_items_of_each_kind_can_be_added_filled_and_removed(builder, title, entry):
    items = opened(builder, title)[entry.name].control
    for index, variant in enumerate(ITEM_VARIANTS[entry.name]):
        items.add_buttons[index].click()
        item = getattr(builder, entry.name)[index]
        assert not variant.key or variant.key in item
        for part in variant.parts:
            if part.kind != "text":
                continue
            control_of(items.rows[index], part.label).value = "typed"
            assert part.get(getattr(builder, entry.name)[index]) == "typed"
            control_of(items.rows[index], part.label).value = ""
            left = part.get(getattr(builder, entry.name)[index])
            assert left == ("" if part.required else None)
    count = len(ITEM_VARIANTS[entry.name])
    assert len(items.rows) == len(getattr(builder, entry.name)) == count
    for _ in range(count):
        items.rows[0].children[0].children[-1].click()
    assert getattr(builder, entry.name) == ()
    assert items.rows == ()


def test_items_set_from_python_show_in_the_form(builder):
    items = opened(builder, "Tasks and metadata")["metadata"].control
    builder.metadata = {"team": "genomics", "cost": "42"}
    assert builder.metadata == ({"name": "team", "value": "genomics"}, {"name": "cost", "value": "42"})
    assert [control_of(one, "Name").value for one in items.rows] == ["team", "cost"]
    control_of(items.rows[1], "Value").value = "43"
    assert builder.spec.to_body()["metadata"][1] == {"name": "cost", "value": "43"}
    assert builder.metadata[0] == {"name": "team", "value": "genomics"}


def test_an_item_of_an_unknown_kind_is_kept(builder):
    builder.mount_configuration = [{"hdfsMount": {"source": "x"}}]
    items = opened(builder, "Users and mounts")["mount_configuration"].control
    assert "sent as it is" in items.rows[0].children[0].value
    items.add_buttons[2].click()
    assert builder.mount_configuration[0] == {"hdfsMount": {"source": "x"}}


def test_properties_without_a_field_survive_an_edit_of_their_item(builder):
    builder.data_disks = [{"lun": 0, "diskSizeGB": 8, "somethingNew": [1]}]
    items = opened(builder, "Disks")["data_disks"].control
    control_of(items.rows[0], "GiB").value = "16"
    assert builder.data_disks == ({"lun": 0, "diskSizeGB": 16, "somethingNew": [1]},)


def test_a_secret_of_an_item_is_in_no_widgets_state(builder):
    opened(builder, "Users and mounts")["user_accounts"].control.add_buttons[0].click()
    builder.user_accounts = [{"name": "bob", "password": "s3cret-word"}]
    row = builder.form.sections.fields["user_accounts"].control.rows[0]
    field = control_of(row, "Password").children[0]
    assert isinstance(field, SecretInput)
    _ = builder.model_id  # as if shown: until then nothing is sent
    states = json.dumps([one.get_state() for one in list(ipywidgets.widgets.widget._instances.values())], default=str)
    assert "bob" in states
    assert "s3cret-word" not in states
    assert "s3cret-word" not in repr(builder) + builder.to_json() + builder.to_python() + builder.to_cli()
