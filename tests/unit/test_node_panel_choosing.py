"""What is chosen in a node panel: its pool, and nodes of it."""

from __future__ import annotations

import pytest
from traitlets import TraitError

from batch_widgets.errors import NotFoundError
from unit.fakes import make_node
from unit.node_panels import (  # noqa: F401 (fixtures)
    make_panel_fixture,
    panel_fixture,
    quick,
    read,
    refreshed,
    rows,
    service_fixture,
)
from unit.test_panel import open_widgets, wait_until

# choosing


def test_the_picker_lists_the_pools_and_chooses(service, make_panel):
    service.add_pool("other", [make_node("tvm-9")])
    panel = read(make_panel())
    assert [value for _, value in panel.picker.options] == ["", "analysis", "other"]
    assert panel.pool_id == panel.picker.value == ""
    assert len(panel.frame) == 0
    panel.picker.value = "other"
    assert panel.pool_id == "other"
    assert list(panel.frame["node_id"]) == ["tvm-9"]
    panel.pool_id = "analysis"
    assert panel.picker.value == "analysis"
    read(panel)
    assert list(rows(panel)) == ["tvm-0", "tvm-1"]


def test_ids_of_pools_are_the_same_in_any_case(make_panel):
    panel = read(make_panel("ANALYSIS"))
    assert len(rows(panel)) == 2
    assert panel.picker.value == "analysis"
    assert panel.pool_id == "ANALYSIS"


def test_a_pool_that_is_not_there_says_so(service, make_panel):
    panel = read(make_panel("nope"))
    assert "no pool nope" in panel._access.text
    assert panel.picker.value == "nope"
    assert len(panel.frame) == 0
    assert repr(panel) == "<NodePanel on fake: pool nope, no nodes>"


def test_a_wrong_type_raises(panel, make_panel):
    with pytest.raises(TraitError):
        panel.pool_id = None
    with pytest.raises(TraitError):
        panel.selected = "tvm-0"
    before = open_widgets()
    with pytest.raises(TraitError):
        make_panel(7)
    assert open_widgets() <= before


@pytest.mark.parametrize("nodes_of_the_new_pool", [0, 1])
def test_nodes_of_a_pool_chosen_before_never_show(service, panel, nodes_of_the_new_pool):
    service.add_pool("other", [make_node("new")] * nodes_of_the_new_pool)
    service.hold("list_nodes")
    panel.refresh()
    wait_until(lambda: service.in_flight == 1)
    seen = []
    panel.on_read(lambda: seen.append((set(rows(panel)), panel._access.visible)))
    panel.pool_id = "other"
    assert rows(panel) == {}
    assert panel._states.value == ""
    assert "Reading pool other" in panel.grid.empty_text
    wait_until(lambda: service.in_flight == 2)
    service.release("list_nodes")
    read(panel)
    assert seen
    assert all(one == ({"new"} if nodes_of_the_new_pool else set(), False) for one in seen)
    assert len(panel.frame) == nodes_of_the_new_pool


def test_a_missing_pool_chosen_before_is_not_said_of_the_new_one(service, make_panel):
    panel = read(make_panel("nope"))
    service.hold("list_pools")
    panel.refresh()
    panel.pool_id = "analysis"
    seen = []
    panel.on_read(lambda: seen.append(panel._access.visible))
    service.release("list_pools")
    read(panel)
    assert seen
    assert not any(seen)


@pytest.mark.parametrize("caught_between", [False, True])
def test_a_pool_deleted_behind_its_back(service, panel, caught_between):
    if caught_between:  # it was in the list, and gone when its nodes were asked for
        service.fail("list_nodes", NotFoundError("Pool analysis does not exist.", code="PoolNotFound", status=404))
    else:
        service.pools.clear()
    refreshed(panel)
    assert rows(panel) == {}
    assert "no pool analysis" in panel._access.text
    assert "deleted" in panel._access.text
    assert not panel.message.visible
    assert panel.add_button.disabled
    assert len(panel.frame) == 0
    assert panel.selected == ()


# selecting


def test_the_selection_is_the_grids_and_the_other_way_round(panel):
    panel.grid.selected = ("tvm-1",)
    assert panel.selected == ("tvm-1",)
    assert "1 of 2 selected" in panel._selection.value
    panel.selected = ("tvm-0", "tvm-1")
    assert panel.grid.selected == ("tvm-0", "tvm-1")
    panel._clear.click()
    assert panel.selected == panel.grid.selected == ()
    assert panel._clear.disabled


def test_ids_that_no_row_has_are_dropped(panel):
    panel.selected = ("nope", "tvm-0")
    assert panel.selected == panel.grid.selected == ("tvm-0",)
    assert "1 of 2 selected" in panel._selection.value


def test_the_selection_outlives_a_refresh_without_the_nodes_that_went(service, panel):
    panel.selected = ("tvm-0", "tvm-1")
    service.add_pool("analysis", 1)
    refreshed(panel)
    assert panel.selected == ("tvm-0",)


def test_what_is_searched_for_and_filtered_stays_over_a_refresh(panel):
    panel.search.value = "tvm-1"
    panel.filter_button.value = True
    panel.grid.filters = {"state": ["idle"]}
    panel.grid.sort = [["node_id", "desc"]]
    panel.selected = ("tvm-0",)
    refreshed(panel)
    assert panel.grid.visible_keys() == ["tvm-1"]
    assert panel.grid.filter_row
    assert panel.grid.sort == [["node_id", "desc"]]
    assert panel.selected == panel.heat_map.selected == ("tvm-0",)


def test_the_heat_map_has_the_same_nodes_and_selection(service, make_panel):
    service.add_pool("mixed", [make_node("a"), make_node("b", "unusable"), make_node("c", "starting")])
    panel = read(make_panel("mixed"))
    assert [tuple(cell) for cell in panel.heat_map.cells] == [
        ("a", "ok", "", "idle"),
        ("b", "err", "!", "unusable"),
        ("c", "busy", "s", "starting"),
    ]
    panel.heat_map.selected = ("b",)
    assert panel.selected == panel.grid.selected == ("b",)
    service.add_pool("mixed", [make_node("a")])
    refreshed(panel)
    assert [cell.key for cell in panel.heat_map.cells] == ["a"]
    assert panel.selected == ()
