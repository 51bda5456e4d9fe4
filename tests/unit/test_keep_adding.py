"""A user added as nodes become usable, until all have it or never will."""

from __future__ import annotations

import concurrent.futures
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from batch_widgets.errors import (
    AuthenticationError,
    NotFoundError,
    ServiceError,
    ServiceUnreachableError,
    ThrottledError,
)
from batch_widgets.pools import ResizeError
from unit.fakes import LOST, NEVER_SENT, make_node, make_pool

SOON = 5.0
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me"
THEN = datetime(2026, 5, 1, tzinfo=UTC)
ODD = ServiceError("Odd.", code="Odd", status=400)
REBOOTING = ServiceError("Not now.", code="NodeBeingRebooted", status=409)
FAILED_START = make_node("s", "starttaskfailed", start_task_exit_code=127)


class Stage:
    """A pool that the test changes while a user is being added."""

    def __init__(self, account, service):
        self.account, self.service = account, service
        self.operation = None
        self.script = None
        self.told = []

    def show(self, *nodes, **pool):
        pool = {"target_dedicated_nodes": len(nodes), "current_dedicated_nodes": len(nodes), **pool}
        step = (make_pool("p", **pool), nodes)
        if self.script is None:
            self.script = self.service.script_pool(step)
        else:
            self.script.steps = [step]

    def start(self, **options):
        self.operation = self.account.add_user("p", "alice", ssh_public_key=KEY, keep_adding=True, **options)
        self.operation.observe(lambda change: self.told.append(change.new), "progress")

    def outcomes(self):
        frame = self.operation.partial
        return {} if frame is None else dict(zip(frame["node_id"], frame["outcome"], strict=True))

    def messages(self):
        return dict(zip(self.operation.partial["node_id"], self.operation.partial["message"], strict=True))

    def until(self, condition):
        deadline = time.monotonic() + SOON
        while not condition():
            assert not self.operation.done(), self.operation
            assert time.monotonic() < deadline, "waited for too long"
            time.sleep(0.002)

    def until_waiting(self, message, **outcomes):
        self.until(lambda: self.operation.progress.message == message and self.outcomes() == outcomes)

    def end(self, **outcomes):
        frame = self.operation.result(SOON)
        assert dict(zip(frame["node_id"], frame["outcome"], strict=True)) == outcomes
        return dict(zip(frame["node_id"], frame["message"], strict=True))


@pytest.fixture
def stage(account, service):
    return Stage(account, service)


def test_it_goes_on_until_all_have_it(stage):
    stage.show(make_node("a"), make_node("b", "starting"), make_node("c", "waitingforstarttask"))
    stage.start()
    stage.until_waiting("waiting for 2 nodes", a="added", b="not reached", c="not reached")
    assert stage.messages()["b"] == "The node is starting."
    assert (stage.operation.progress.done, stage.operation.progress.total) == (1, 3)
    assert stage.operation.progress.counts == {"added": 1}
    stage.show(make_node("a"), make_node("b"), make_node("c", "waitingforstarttask"))
    stage.until_waiting("waiting for 1 node", a="added", b="added", c="not reached")
    stage.show(make_node("a"), make_node("b", "running"), make_node("c", "running"))
    stage.end(a="added", b="added", c="added")
    assert stage.service.count("create_node_user") == 3
    assert (stage.operation.progress.done, stage.operation.progress.total) == (3, 3)


def test_nodes_that_join_later_get_it_too(stage):
    stage.show(make_node("a"), target_dedicated_nodes=3, allocation_state="resizing")
    stage.start()
    stage.until_waiting("waiting for 2 nodes", a="added")
    assert stage.operation.progress.total == 3
    stage.show(make_node("a"), make_node("b"), target_dedicated_nodes=3)
    stage.until_waiting("waiting for 1 node", a="added", b="added")
    stage.show(make_node("a"), make_node("b"), make_node("c"), target_dedicated_nodes=3)
    stage.end(a="added", b="added", c="added")


def test_a_pool_that_cannot_grow_is_not_waited_for(stage):
    errors = (ResizeError("AccountCoreQuotaReached", "Quota reached."),)
    stage.show(make_node("a"), target_dedicated_nodes=3, resize_errors=errors)
    stage.start()
    stage.end(a="added")


def test_a_pool_that_shrinks_is_waited_for(stage):
    stage.show(make_node("a"), make_node("b", "leavingpool"), target_dedicated_nodes=1, allocation_state="resizing")
    stage.start()
    stage.until_waiting("waiting for the pool to reach its size", a="added", b="not reached")
    stage.show(make_node("a"))
    assert stage.end(a="added", b="skipped")["b"] == "The node left the pool."


@pytest.mark.parametrize(
    ("node", "says"),
    [
        (FAILED_START, "The node is start task failed. Start task: exit code 127: command not found"),
        (make_node("s", "unusable"), "The node is unusable. Batch cannot talk to the machine."),
        (make_node("s", "preempted", is_dedicated=False), "The node is preempted."),
        (make_node("s", "offline"), "The node is offline."),
        (make_node("s", "deallocated"), "The node is deallocated."),
    ],
)
def test_a_node_that_will_not_become_usable_is_skipped_once_the_others_are_done(stage, node, says):
    stage.show(node, make_node("b", "starting"))
    stage.start()
    stage.until_waiting("waiting for 1 node", s="not reached", b="not reached")
    stage.show(node, make_node("b"))
    assert stage.end(s="skipped", b="added")["s"] == says


def test_a_broken_node_that_is_mended_meanwhile_gets_it(stage):
    stage.show(FAILED_START, make_node("b", "starting"))
    stage.start()
    stage.until_waiting("waiting for 1 node", s="not reached", b="not reached")
    stage.show(make_node("s"), make_node("b", "starting"))
    stage.until_waiting("waiting for 1 node", s="added", b="not reached")
    stage.show(make_node("s"), make_node("b"))
    stage.end(s="added", b="added")


def test_a_node_out_of_touch_is_waited_for(stage):
    stage.show(make_node("a", "unknown"))
    stage.start()
    stage.until_waiting("waiting for 1 node", a="not reached")
    stage.show(make_node("a"))
    stage.end(a="added")


def test_a_reimaged_node_gets_it_again(stage):
    stage.show(make_node("a"), make_node("b", "starting"))
    stage.start()
    stage.until_waiting("waiting for 1 node", a="added", b="not reached")
    stage.show(make_node("a", "reimaging"), make_node("b", "starting"))
    stage.until_waiting("waiting for 2 nodes", a="not reached", b="not reached")
    stage.script.users.clear()
    stage.show(make_node("a"), make_node("b"))
    stage.end(a="added", b="added")
    assert stage.service.users_of("p", "a") == {"alice"}


def test_a_node_that_lost_its_machine_is_not_said_to_have_it(stage):
    stage.show(make_node("a"), make_node("b", "starting"))
    stage.start()
    stage.until_waiting("waiting for 1 node", a="added", b="not reached")
    stage.show(make_node("a", "preempted"), make_node("b"))
    stage.end(a="skipped", b="added")


def test_a_node_that_was_allocated_again_gets_it_again(stage):
    stage.show(make_node("a", allocation_time=THEN), make_node("b", "starting"))
    stage.start()
    stage.until_waiting("waiting for 1 node", a="added", b="not reached")
    stage.script.users.clear()
    later = make_node("a", allocation_time=THEN + timedelta(minutes=5))
    stage.show(later, make_node("b", "starting"))
    stage.until(lambda: stage.service.count("create_node_user") == 2)
    stage.show(later, make_node("b"))
    stage.end(a="added", b="added")
    assert stage.operation.result().attrs["allocation_time"] == {"a": later.allocation_time.isoformat()}


@pytest.mark.parametrize("if_exists", ["keep", "replace"])
def test_a_rebooted_node_is_asked_and_keeps_its_outcome(stage, if_exists):
    first = make_node("a", last_boot_time=THEN)
    stage.show(first, make_node("b", "starting"))
    stage.start(if_exists=if_exists)
    stage.until_waiting("waiting for 1 node", a="added", b="not reached")
    stage.show(replace(first, state="rebooting"), make_node("b", "starting"))
    polls = stage.service.count("list_nodes")
    stage.until(lambda: stage.service.count("list_nodes") > polls + 2)
    stage.until_waiting("waiting for 1 node", a="added", b="not reached")
    stage.show(replace(first, last_boot_time=THEN + timedelta(minutes=2)), make_node("b", "starting"))
    stage.until(lambda: stage.service.count("create_node_user") == 2)
    polls = stage.service.count("list_nodes")
    stage.until(lambda: stage.service.count("list_nodes") > polls + 2)
    assert stage.service.count("create_node_user") == 2
    stage.show(make_node("a", last_boot_time=THEN + timedelta(minutes=2)), make_node("b"))
    stage.end(a="added", b="added")


@pytest.mark.usefixtures("breathless")
def test_a_lost_answer_of_a_new_node_is_no_riddle(stage):
    stage.show(make_node("a"), make_node("b", "creating"), target_dedicated_nodes=3)
    stage.service.fail("create_node_user", LOST, times=3, after=True)
    stage.start()
    stage.until_waiting("waiting for 2 nodes", a="exists", b="not reached")
    stage.service.mend()
    stage.service.fail("create_node_user", LOST, times=1, when=lambda _, node, __: node == "b", after=True)
    stage.service.fail("create_node_user", LOST, times=1, when=lambda _, node, __: node == "c", after=True)
    stage.show(make_node("a"), make_node("b"), make_node("c"))
    messages = stage.end(a="exists", b="added", c="added")
    assert "by this call or from before" in messages["a"]
    assert messages["b"] == messages["c"]
    assert "it added the user" in messages["b"]


def test_only_the_nodes_named(stage):
    stage.show(make_node("a"), make_node("b", "starting"), make_node("c", "starting"), target_dedicated_nodes=9)
    stage.start(nodes=["b", "none", "b"])
    stage.until_waiting("waiting for 1 node", b="not reached", none="not reached")
    assert stage.operation.progress.total == 2
    stage.show(make_node("a"), make_node("b"), make_node("c", "starting"), target_dedicated_nodes=9)
    assert stage.end(b="added", none="failed")["none"] == "The pool has no node of that id."
    assert stage.service.users_of("p", "a") == set()


def test_one_node_named(stage):
    stage.show(make_node("a"), make_node("b", "starting"))
    stage.start(nodes="a")
    stage.end(a="added")


@pytest.mark.parametrize("error", [REBOOTING, NotFoundError("Gone.", code="NodeNotFound", status=404)])
def test_a_node_whose_state_changes_under_the_call_is_waited_for(stage, error):
    stage.show(make_node("a"))
    stage.service.fail("create_node_user", error, times=3)
    stage.start()
    stage.end(a="added")
    assert stage.service.count("create_node_user") == 4


@pytest.mark.usefixtures("breathless")
@pytest.mark.parametrize(
    ("error", "calls"), [(REBOOTING, 5), (ThrottledError("Wait.", retry_after_s=0.0), 40), (LOST, 40), (ODD, 1)]
)
def test_but_not_for_ever(stage, error, calls):
    stage.show(make_node("a"), make_node("b"))
    stage.service.fail("create_node_user", error, when=lambda _, node, __: node == "a")
    stage.start()
    stage.end(a="failed", b="added")
    assert sum(call[:3] == ("create_node_user", "p", "a") for call in stage.service.calls) == calls


def test_cancelling_says_who_has_it_and_who_was_waited_for(stage):
    stage.show(make_node("a"), make_node("b", "starting"))
    stage.start()
    stage.until_waiting("waiting for 1 node", a="added", b="not reached")
    stage.operation.cancel()
    with pytest.raises(concurrent.futures.CancelledError, match="keep it"):
        stage.operation.result(SOON)
    assert stage.outcomes() == {"a": "added", "b": "not reached"}
    assert stage.messages()["b"] == "The node is starting."


@pytest.mark.parametrize("error", [NEVER_SENT, ThrottledError("Wait.", retry_after_s=0.0)])
@pytest.mark.parametrize("call", ["get_pool", "list_nodes"])
def test_a_short_silence_is_outlasted(stage, error, call):
    stage.show(make_node("a"), make_node("b", "starting"))
    stage.service.fail(call, error, times=4)
    stage.start()
    stage.until_waiting("waiting for 1 node", a="added", b="not reached")
    stage.service.fail(call, error, times=4)
    calls = stage.service.count(call)
    stage.until(lambda: stage.service.count(call) > calls + 4)
    stage.until_waiting("waiting for 1 node", a="added", b="not reached")
    stage.show(make_node("a"), make_node("b"))
    stage.end(a="added", b="added")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ServiceUnreachableError("Gone."), "no answer; trying again"),
        (AuthenticationError("The key was renewed."), "waiting for 1 node"),
    ],
)
def test_a_service_that_answers_no_more_ends_it_and_what_is_done_is_told(stage, error, message):
    stage.show(make_node("a"), make_node("b", "starting"))
    stage.start()
    stage.until_waiting("waiting for 1 node", a="added", b="not reached")
    stage.service.fail("list_nodes", error)
    told = stage.operation.exception(SOON)
    assert type(told) is type(error)
    assert told.message == f"{error.message} Some nodes may have the user: the operation's partial tells of each."
    assert told.maybe_done
    assert (stage.operation.progress.message, stage.operation.progress.total) == (message, 2)
    assert stage.outcomes() == {"a": "added", "b": "not reached"}


def test_a_pool_that_is_deleted_meanwhile(stage):
    stage.show(make_node("a"), make_node("b", "starting"))
    stage.start()
    stage.until_waiting("waiting for 1 node", a="added", b="not reached")
    stage.service.pools.clear()
    assert stage.end(a="added", b="skipped")["b"] == "The pool was deleted meanwhile."


def test_a_pool_that_is_being_deleted(stage):
    stage.show(make_node("a"), make_node("b", "starting"))
    stage.start()
    stage.until_waiting("waiting for 1 node", a="added", b="not reached")
    stage.show(make_node("a", "leavingpool"), make_node("b", "leavingpool"), state="deleting")
    assert stage.end(a="added", b="skipped")["b"] == "The pool is being deleted."
    assert stage.service.count("create_node_user") == 1


def test_a_pool_that_was_never_there(stage):
    stage.start()
    assert isinstance(stage.operation.exception(SOON), NotFoundError)


def test_an_empty_pool(stage):
    stage.show()
    stage.start()
    stage.end()
