"""PoolBuilder: fields and traits in step, checked before anything is sent; the pool followed, resized, deleted."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from operator import attrgetter

import pytest
from traitlets import TraitError

import batch_widgets as bw
from batch_widgets.errors import (
    AlreadyExistsError,
    PoolAllocationError,
    ServiceUnreachableError,
    ValidationError,
)
from batch_widgets.images import ImageReference
from batch_widgets.pools import PoolSpec
from batch_widgets.pools.pool import ResizeError
from batch_widgets.pools.spec import FIELDS
from batch_widgets.widgets.pool_sections import SECTIONS
from unit.fakes import FakeService, make_account, make_image, make_node, make_pool
from unit.test_panel import open_widgets, shown, wait_until

IMAGE = make_image()
OTHER = make_image("8", publisher="almalinux", offer="almalinux", node_agent_sku_id="batch.node.el 8")
WINDOWS = make_image(
    "2022", publisher="ms", offer="windowsserver", node_agent_sku_id="batch.node.windows amd64", os_type="windows"
)
GOOD = {"pool_id": "analysis", "vm_size": "Standard_D2s_v3", "image": IMAGE, "target_dedicated_nodes": 2}


@pytest.fixture
def make_builder(account):
    made = []

    def make(**traits):
        made.append(bw.PoolBuilder(account, **traits))
        return made[-1]

    yield make
    for builder in made:
        builder.close()


@pytest.fixture(scope="module")
def shared_builder():
    """A builder takes its time to be made; one does for all that only look at its form."""
    with make_account(FakeService()) as account:
        account.check()
        account.runner.notify(lambda: None)  # its threads run from now on
        builder = bw.PoolBuilder(account)
        account.learn_sizes().result(5)
        account.runner.drain()
        assert builder.form.formula.value == ""  # what is built late belongs to it, not to the test that wants it first
        yield builder
        builder.close()


@pytest.fixture
def builder(shared_builder):
    """A form that describes a good pool, all of it touched."""
    for name, value in PoolSpec.__dataclass_fields__.items():
        if name not in {"node_agent_sku_id", "loaded"}:
            setattr(shared_builder, name, GOOD.get(name, value.default))
    shared_builder.node_agent_sku_id = IMAGE.node_agent_sku_id
    shared_builder._untouched = frozenset()
    shared_builder._check()
    return shared_builder


@pytest.fixture
def own_builder(make_builder):
    """A builder for tests that make pools."""
    return make_builder(**GOOD)


def fields(builder):
    return {field.name: field for field in (*builder.form.fields, *builder.form.image_part.fields)}


def beside(builder, name):
    """Give what stands beside a field."""
    problem = fields(builder)[name]._problem
    return problem.value if shown(problem) else ""


def problem_fields(builder, severity="error"):
    return [problem.field for problem in builder.problems if problem.severity == severity]


def place(builder):
    """Give what the card says of the work under way."""
    view = builder.card.view
    return f"{view._state.value} {view._text.value} {view._message.text}"


def click(message, text):
    """Click the button with this text."""
    (button,) = [one for one in message.buttons if one.description == text and shown(one)]
    button.click()


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


# the image


def test_a_supported_image_brings_its_node_agent(builder):
    builder.node_agent_sku_id = ""
    builder.image = replace(IMAGE, verified=False)
    assert builder.node_agent_sku_id == IMAGE.node_agent_sku_id
    assert builder.form.image_part.node_agent.value == IMAGE.node_agent_sku_id
    builder.image = OTHER
    assert builder.spec.node_agent_sku_id == OTHER.node_agent_sku_id


def test_a_node_agent_that_is_given_counts_in_any_order(make_builder):
    assert make_builder(node_agent_sku_id="batch.node.el 8", image=IMAGE).node_agent_sku_id == "batch.node.el 8"


def test_an_image_shows_in_the_four_fields(builder):
    controls = builder.form.image_part.controls
    assert {name: control.value for name, control in controls.items()} == {
        "publisher": "canonical",
        "offer": "0001-com-ubuntu-server-jammy",
        "sku": "22_04-lts",
        "version": "latest",
    }
    builder.image = None
    assert {control.value for control in controls.values()} == {""}


def test_a_typed_image_is_a_reference(builder):
    builder.image, builder.node_agent_sku_id = None, ""
    controls = builder.form.image_part.controls
    controls["publisher"].value = " almalinux "
    assert builder.image == ImageReference("almalinux", "", "")
    assert "offer and sku" in beside(builder, "image")
    controls["offer"].value, controls["sku"].value = "almalinux", "8"
    assert builder.image == ImageReference("almalinux", "almalinux", "8", "latest")
    controls["version"].value = "8.1.2"
    assert builder.image == ImageReference("almalinux", "almalinux", "8", "8.1.2")
    assert problem_fields(builder) == ["node_agent_sku_id"]
    builder.form.image_part.node_agent.value = "batch.node.el 8"
    assert builder.problems == ()
    for control in controls.values():
        control.value = ""
    assert builder.image is None


def test_the_fields_for_typing_open_and_close(builder):
    part = builder.form.image_part
    assert not shown(part._typed)
    part.change_button.click()
    assert shown(part._typed)
    part.change_button.click()
    assert not shown(part._typed)


def test_a_known_image_is_held_against_its_node_agents(account, service, make_builder):
    service.images = [IMAGE, OTHER]
    account.list_supported_images()
    builder = make_builder(**{**GOOD, "image": OTHER.image_reference, "node_agent_sku_id": "batch.node.ubuntu 22.04"})
    assert problem_fields(builder) == ["node_agent_sku_id"]
    assert "batch.node.el 8" in beside(builder, "node_agent_sku_id")
    builder.node_agent_sku_id = "batch.node.el 8"
    assert builder.problems == ()
    builder.image = ImageReference("who", "is", "this")
    assert problem_fields(builder, "warning") == ["image"]
    assert list(builder.form.image_part.node_agent.options) == ["batch.node.el 8", "batch.node.ubuntu 22.04"]


def test_the_image_is_escaped(builder):
    builder.image = ImageReference("<b>", "o", "s")
    assert "<b>" not in builder.form.image_part._line.value
    assert "&lt;b&gt;" in builder.form.image_part._line.value


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


# making it


def test_create_follows_until_the_pool_is_ready(own_builder, service):
    operation = own_builder.create()
    assert own_builder.creation is operation
    pool = operation.result(5)
    assert pool.id == "analysis"
    assert service.count("create_pool") == 1
    wait_until(lambda: "ready" in own_builder.frame_piece.announcement)
    assert shown(own_builder.card)
    assert "done" in place(own_builder)
    assert "2 idle" in place(own_builder)
    assert own_builder.card.dedicated.value == 2


def test_the_button_creates_and_the_card_shows_progress(own_builder, service):
    service.hold("list_nodes")
    own_builder.create_button.click()
    assert shown(own_builder.card)
    assert "Create pool analysis" in own_builder.creation.title
    assert "under way" in place(own_builder)
    service.release("list_nodes")
    own_builder.creation.result(5)


def test_a_second_click_does_not_create_twice(own_builder, service):
    service.hold("create_pool")
    own_builder.create_button.click()
    assert own_builder.create_button.disabled
    assert "being created" in own_builder._summary.value
    own_builder.display_name = "edited meanwhile"
    assert own_builder.create_button.disabled
    own_builder.pool_id = "another"
    assert not own_builder.create_button.disabled
    own_builder.pool_id = "analysis"
    service.release("create_pool")
    own_builder.creation.result(5)
    wait_until(lambda: "was made here" in own_builder._summary.value)
    assert own_builder.create_button.disabled
    assert own_builder.problems == ()
    own_builder.pool_id = "another"
    assert not own_builder.create_button.disabled
    assert service.count("create_pool") == 1


def test_stop_following_says_that_the_pool_may_remain(own_builder, service):
    service.hold("list_nodes")
    operation = own_builder.create()
    wait_until(lambda: "analysis" in service.pools)
    assert own_builder.card.view.cancel_button.description == "Stop following"
    own_builder.card.view.cancel_button.click()
    wait_until(operation.cancelled)
    wait_until(lambda: "may remain" in place(own_builder))
    assert service.count("delete_pool") == 0
    assert shown(own_builder.card._bar)
    wait_until(lambda: "no longer followed" in own_builder.frame_piece.announcement)


def test_a_pool_that_was_there_before_is_not_offered_for_deletion(own_builder, service):
    service.add_pool("analysis", 2)
    assert isinstance(own_builder.create().exception(5), AlreadyExistsError)
    wait_until(lambda: "already exists" in place(own_builder))
    assert not shown(own_builder.card._bar)


def test_a_pool_whose_answer_was_lost_may_be_ours_and_can_be_deleted(own_builder, service):
    service.fail("create_pool", ServiceUnreachableError("Lost.", maybe_done=True))
    service.fail("get_pool", ServiceUnreachableError("Gone."), times=100)
    own_builder.account.poll_interval_s = 0.001
    assert own_builder.create().exception(10).maybe_done
    wait_until(lambda: shown(own_builder.card._bar))


def test_two_clicks_create_one_pool(own_builder, service):
    service.hold("create_pool")
    own_builder.create_button.click()
    first = own_builder.creation
    own_builder._on_create_clicked()  # the browser sent the second click before it was told that the button is disabled
    assert own_builder.creation is first
    assert not own_builder.message.visible
    with pytest.raises(ValidationError, match="is being created"):
        own_builder.create()
    service.release("create_pool")
    first.result(5)
    assert service.count("create_pool") == 1


def test_a_creation_that_the_service_refuses_says_why(own_builder, service):
    service.add_pool("analysis", 0)
    operation = own_builder.create()
    assert isinstance(operation.exception(5), AlreadyExistsError)
    wait_until(lambda: "already exists" in place(own_builder))
    assert "PoolExists" in place(own_builder)
    assert "409" in place(own_builder)


def test_a_resize_error_comes_with_advice(own_builder, service):
    def too_many(spec):
        error = ResizeError("AccountCoreQuotaReached", "The core <quota> was reached.", (("Limit", "4"),))
        return [(make_pool(spec.pool_id, target_dedicated_nodes=2, resize_errors=(error,)), ())]

    service.steps_after_create = too_many
    error = own_builder.create().exception(5)
    assert isinstance(error, PoolAllocationError)
    wait_until(lambda: own_builder.card.view._message.visible)
    for part in ("0 of 2 nodes", "core &lt;quota&gt;", "Ask for fewer nodes or more quota", "AccountCoreQuotaReached"):
        assert part in place(own_builder)
    assert "remains" in place(own_builder)
    assert shown(own_builder.card.delete_button)


def test_a_start_task_that_failed_says_how(own_builder, service):
    def broken(spec):
        nodes = [make_node("tvm-0", "starttaskfailed", start_task_exit_code=127), make_node("tvm-1")]
        return [(make_pool(spec.pool_id, target_dedicated_nodes=2, current_dedicated_nodes=2), nodes)]

    service.steps_after_create = broken
    own_builder.create()
    wait_until(lambda: own_builder.card.view._message.visible)
    for part in ("1 of 2 nodes", "exit code 127", "command not found", "Mend the start task"):
        assert part in place(own_builder)


def test_a_builder_closed_during_creation_leaves_the_creation_alone(make_builder, service):
    own_builder = make_builder(**GOOD)
    service.hold("list_nodes")
    operation = own_builder.create()
    own_builder.close()
    service.release("list_nodes")
    assert operation.result(5).id == "analysis"


def test_cost_is_said_and_the_demo_charges_nothing(builder):
    assert "charged from allocation until you delete the pool" in builder._summary.value
    with make_account(FakeService(), is_demo=True) as account:
        other = bw.PoolBuilder(account, **GOOD)
        assert "Nothing is charged" in other._summary.value
        other.close()


# the pool that is there


@pytest.fixture
def created(own_builder):
    own_builder.create().result(5)
    wait_until(lambda: "done" in place(own_builder))
    return own_builder


@pytest.fixture
def focused(created, monkeypatch):
    """The classes that the focus was moved to."""
    sent = []
    monkeypatch.setattr(type(created.frame_piece), "send", lambda _self, content, *_: sent.append(content))
    return sent


@pytest.mark.parametrize(("dedicated", "spot", "answer"), [(4, 1, "5 nodes"), (0, 0, "0 nodes"), (1, 0, "1 node")])
def test_resize_asks_first(created, service, focused, dedicated, spot, answer):
    card = created.card
    card.dedicated.value, card.spot.value = dedicated, spot
    card.resize_button.click()
    assert service.count("resize_pool") == 0
    assert card.question.visible
    assert f"{dedicated} dedicated and {spot} Spot" in card.question.text
    assert ("All its nodes go" in card.question.text) == (dedicated + spot == 0)
    assert "files" in card.question.text
    safe = card.question.buttons[0]
    assert safe.description == "Keep size"
    assert "bw-safe" in safe._dom_classes
    assert focused == [{"type": "focus", "class": "bw-safe"}]
    click(card.question, f"Resize to {answer}")
    card.view._operation.result(5)
    assert [call for call in service.calls if call[0] == "resize_pool"] == [
        ("resize_pool", "analysis", dedicated, spot)
    ]
    assert not card.question.visible


def test_keep_size_does_nothing(created, service):
    created.card.dedicated.value = 0
    created.card.resize_button.click()
    click(created.card.question, "Keep size")
    assert not created.card.question.visible
    assert service.count("resize_pool") == 0


def test_what_was_asked_is_what_is_done(created, service):
    card = created.card
    card.dedicated.value = 4
    card.resize_button.click()
    card.dedicated.value = 0  # after the question
    click(card.question, "Resize to 4 nodes")
    card.view._operation.result(5)
    assert ("resize_pool", "analysis", 4, 0) in service.calls


def test_a_failed_resize_shows(created, service):
    service.fail("resize_pool", AlreadyExistsError("No <resize>.", hint="Later.", code="PoolBusy"))
    created.card.resize_button.click()
    click(created.card.question, "Resize to 2 nodes")
    wait_until(lambda: created.card.view._message.visible)
    assert "No &lt;resize&gt;." in place(created)


def test_delete_asks_first_and_then_tells(created, service, focused):
    card, gone = created.card, []
    card.on_deleted(gone.append)
    card.delete_button.click()
    assert service.count("delete_pool") == 0
    assert "cannot be undone" in card.question.text
    safe, danger = card.question.buttons
    assert safe.description == "Keep pool"
    assert "bw-safe" in safe._dom_classes
    assert "bw-danger" in danger._dom_classes
    assert focused == [{"type": "focus", "class": "bw-safe"}]
    click(card.question, "Delete pool")
    wait_until(lambda: gone)
    assert gone == ["analysis"]
    assert service.pools == {}
    assert not shown(card._bar)


def test_keep_pool_does_nothing(created, service):
    created.card.delete_button.click()
    click(created.card.question, "Keep pool")
    assert service.count("delete_pool") == 0
    assert shown(created.card._bar)


def test_a_pool_made_during_a_deletion_keeps_its_buttons(created, service):
    gone = []
    created.card.on_deleted(gone.append)
    service.polls_until_gone = 3
    service.hold("delete_pool")
    created.card.delete_button.click()
    click(created.card.question, "Delete pool")
    created.pool_id = "next"
    created.create()
    service.release("delete_pool")
    wait_until(lambda: gone)
    assert gone == ["analysis"]
    assert shown(created.card._bar)
    assert created.card.pool_id == "next"


def test_a_question_goes_when_other_work_begins(created, service):
    created.card.delete_button.click()
    created.pool_id = "next"
    created.create().result(5)
    assert not created.card.question.visible


def test_a_view_that_is_replaced_is_closed(created):
    before = open_widgets()
    created.pool_id = "next"
    old = created.card.view
    created.create().result(5)
    wait_until(lambda: "done" in place(created))
    assert old.comm is None
    assert created.card.view is not old
    assert len(open_widgets()) == len(before)


def test_ids_are_escaped_in_questions(created):
    created.card.pool_id = "<p>\u202e"
    created.card.delete_button.click()
    assert "&lt;p&gt;\ufffd" in created.card.question.text


def test_works_without_the_account(make_builder, account):
    own_builder = make_builder(**GOOD)
    account.close()
    own_builder.vm_size = "Standard_D4s_v3"
    assert own_builder.spec == replace(PoolSpec(**GOOD), vm_size="Standard_D4s_v3")
    assert own_builder.create_button.disabled
    own_builder.guarded(own_builder.create)
    assert "account was closed" in own_builder.message.text
