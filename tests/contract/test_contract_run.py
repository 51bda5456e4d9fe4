"""Commands on many simulated nodes at once."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError

import pytest
from contract.ssh_account import PASSWORD, Relay, SshAccount

from batch_widgets.account import ssh_work
from batch_widgets.demo.ssh_session import _Session
from batch_widgets.errors import BatchWidgetsError, NotFoundError, ValidationError
from batch_widgets.ssh import connecting

WAIT_S = 60
NODES = 50


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    demo = SshAccount(tmp_path_factory.mktemp("ssh"), nodes=NODES)
    demo.add()
    demo.add("bob", nodes=demo.nodes[:1], password=PASSWORD)
    yield demo
    demo.close()


@pytest.fixture
def run(demo):
    def run_it(command, *, nodes=demo.nodes[:1], user="alice", account=demo.account, **options):
        options = {"identity_file": demo.key, **options} if "password" not in options else options
        return account.run("demo", command, user=user, nodes=nodes, **options)

    return run_it


@pytest.fixture
def asleep(monkeypatch):
    """Tell when a node's shell sleeps for long."""
    reached = threading.Event()
    real = _Session._sleep

    async def sleep(self, until):
        if (until - self._now()).total_seconds() > 100:
            reached.set()
        await real(self, until)

    monkeypatch.setattr(_Session, "_sleep", sleep)
    return reached


def only_row(operation):
    frame = operation.result(timeout=WAIT_S)
    assert list(frame.columns) == ["node_id", "exit_status", "stdout", "stderr", "seconds", "error"]
    assert len(frame) == 1
    return frame.iloc[0]


def test_fifty_nodes_at_once(demo, run, monkeypatch):
    """Each waits until all have begun: so all fifty are under way at a time."""
    begun, all_begun = [], asyncio.Event()
    real = ssh_work.SshWork.run

    async def meet(self, way, *arguments, **options):
        begun.append(way.node_id)
        if len(begun) == NODES:
            all_begun.set()
        await all_begun.wait()
        return await real(self, way, *arguments, **options)

    monkeypatch.setattr(ssh_work.SshWork, "run", meet)
    operation = run("hostname; ls /oops; exit 3", nodes=None, at_once=NODES)
    frame = operation.result(timeout=WAIT_S)
    assert list(frame["node_id"]) == demo.nodes
    assert set(frame["exit_status"]) == {3}
    assert frame["exit_status"].dtype == "Int64"
    assert set(frame["stderr"]) == {"ls: cannot access '/oops': No such file or directory\n"}
    assert frame["stdout"].nunique() == NODES
    assert set(frame["error"]) == {""}
    assert frame["seconds"].dtype == "Float64"
    assert (frame["seconds"] > 0).all()
    assert operation.progress.done == operation.progress.total == NODES
    assert operation.progress.counts == {"failed": NODES}
    assert operation.partial.equals(frame)


def test_no_more_than_wanted_run_at_a_time(run, demo, monkeypatch):
    running, most = [], []
    real = ssh_work.SshWork.run

    async def counted(self, way, *arguments, **options):
        running.append(way)
        most.append(len(running))
        try:
            return await real(self, way, *arguments, **options)
        finally:
            running.remove(way)

    monkeypatch.setattr(ssh_work.SshWork, "run", counted)
    frame = run("whoami", nodes=demo.nodes[:9], at_once=3).result(timeout=WAIT_S)
    assert set(frame["stdout"]) == {"alice\n"}
    assert max(most) == 3


def test_a_password(run):
    row = only_row(run("whoami", user="bob", password=lambda: PASSWORD))
    assert (row.exit_status, row.stdout, row.stderr, row.error) == (0, "bob\n", "", "")


def test_there_is_nothing_to_read_and_no_terminal(run):
    row = only_row(run("cat; stty size"))
    assert row.stdout == ""
    assert "Inappropriate" in row.stderr


@pytest.mark.parametrize(
    ("command", "status"), [("true", 0), ("false", 1), ("nothing-of-the-kind", 127), ("echo '", 2), ("exit 255", 255)]
)
def test_exit_statuses(run, command, status):
    assert only_row(run(command)).exit_status == status


def test_output_is_cut_and_that_is_said(demo, run):
    fill(demo, "x" * 1000)
    row = only_row(run("cat /tmp/full; cat /tmp/none", most_bytes=300))
    assert row.stdout == "x" * 300 + "\n[700 more bytes were left out: 300 bytes are kept of each node]"
    assert "[" in row.stderr
    whole = only_row(run("cat /tmp/full; cat /tmp/none", most_bytes=1100))
    assert whole.stdout == "x" * 1000
    assert whole.stderr.startswith("cat: /tmp/none: No such")


def test_a_mebibyte_is_kept_and_all_is_read(demo, run):
    fill(demo, "0123456789" * 20_000)
    row = only_row(run("cat /tmp/full /tmp/full /tmp/full /tmp/full /tmp/full /tmp/full /tmp/full"))
    assert row.exit_status == 0
    assert row.stdout.startswith("0123456789" * 100_000)
    assert row.stdout.endswith(
        f"[{1_400_000 - (1 << 20):,} more bytes were left out: 1,048,576 bytes are kept of each node]"
    )


def test_what_is_no_text_is_replaced(demo, run):
    fill(demo, "ü€" * 2)
    assert only_row(run("cat /tmp/full", most_bytes=3)).stdout.startswith("ü�")


def fill(demo, text):
    node = demo.service._state.node("demo", demo.nodes[0])[1]
    with demo.service._core.lock:
        assert node.machine.write("/tmp/full", text)


# what does not run


def test_a_row_for_each_node_asked_for(demo, run, trouble):
    closed, unreachable, changed, good = demo.nodes[:4]
    trouble(closed, "port closed")
    trouble(unreachable, "unreachable")
    run("true", nodes=[changed]).result(timeout=WAIT_S)
    trouble(changed, "other host key")
    operation = run("whoami", nodes=[closed, "tvm-none", unreachable, changed, good, good])
    frame = operation.result(timeout=WAIT_S).set_index("node_id")
    assert list(frame.index) == [closed, "tvm-none", unreachable, changed, good]
    assert list(frame["exit_status"].isna()) == [True] * 4 + [False]
    assert list(frame["seconds"].isna()) == [True] * 4 + [False]
    starts = ["port closed: ", "no way in: ", "unreachable: ", "host key changed: "]
    for error, start in zip(frame["error"], starts, strict=False):
        assert error.startswith(start)
    assert frame["stdout"][good] == "alice\n"
    counts = {start.removesuffix(": "): 1 for start in starts}
    assert operation.progress.counts == {**counts, "succeeded": 1}


@pytest.fixture
def trouble(demo):
    met = set()

    def set_it(node_id, what):
        met.add(node_id)
        demo.service.trouble_login("demo", node_id, what)

    yield set_it
    for node_id in met:
        demo.service.trouble_login("demo", node_id, None)


def test_a_command_that_takes_too_long_is_told_with_what_it_wrote(run):
    operation = run("echo began; sleep 999999", timeout_s=0.3)
    row = only_row(operation)
    assert row.error == "timed out after 0.3 s; the command may still run on the node"
    assert row.stdout == "began\n"
    assert row.seconds >= 0.3
    assert operation.progress.counts == {"timed out": 1}


def test_a_node_that_goes_while_it_runs_is_told(demo, run, trouble, asleep):
    operation = run("echo began; sleep 999999", nodes=demo.nodes[:1])
    assert asleep.wait(WAIT_S)
    trouble(demo.nodes[0], "port closed")
    row = only_row(operation)
    assert row.error.startswith("connection lost: ")
    assert operation.progress.counts == {"connection lost": 1}


def test_a_node_that_no_longer_answers_is_told(demo, run, asleep, monkeypatch):
    monkeypatch.setattr(connecting, "KEEPALIVE_S", 0.5)
    with Relay(demo) as relay:
        operation = run("sleep 999999", account=relay.account)
        assert asleep.wait(WAIT_S)
        relay.pull()
        assert "keepalive" in only_row(operation).error


def test_what_is_cancelled_keeps_what_is_done(demo, run, trouble):
    silent, waiting = demo.nodes[1], demo.nodes[2]
    trouble(silent, "silent")
    done = threading.Event()
    operation = run("whoami", nodes=[demo.nodes[0], silent, waiting], at_once=1)
    operation.observe(lambda change: change.new.done == 1 and done.set(), "progress")
    if operation.progress.done == 1:
        done.set()
    assert done.wait(WAIT_S)
    operation.cancel()
    with pytest.raises(CancelledError, match="may still run"):
        operation.result(timeout=WAIT_S)
    partial = operation.partial
    assert list(partial["stdout"]) == ["alice\n", "", ""]
    assert list(partial["error"]) == ["", "not finished: the command may still run on the node", "not reached"]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"command": " "}, "command"),
        ({"command": "true", "timeout_s": 0}, "timeout_s"),
        ({"command": "true", "timeout_s": float("nan")}, "timeout_s"),
        ({"command": "true", "at_once": 0}, "at_once"),
        ({"command": "true", "most_bytes": -1}, "most_bytes"),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(run, options, field):
    with pytest.raises(ValidationError, match=field):
        run(**options)


def test_a_pool_that_is_not_there(demo):
    with pytest.raises(NotFoundError):
        demo.account.run("nothing", "true", user="alice", identity_file=demo.key).result(timeout=WAIT_S)


def test_a_key_that_is_not_there_fails_before_anything_is_sent(demo, run):
    before = demo.service.requests.total()
    with pytest.raises(ValidationError, match="no file"):
        run("true", identity_file="/nothing/of/the/kind").result(timeout=WAIT_S)
    assert demo.service.requests.total() == before


def test_without_asyncssh_the_remedy_is_told(run, demo, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BatchWidgetsError, match="pip install"):
        run("true")
    with pytest.raises(BatchWidgetsError, match="pip install"):
        demo.account.test_login("demo", user="alice")


def test_coroutines(demo):
    async def main():
        options = {"user": "alice", "nodes": demo.nodes[:1], "identity_file": demo.key}
        frame = await demo.account.aio.run("demo", "whoami", **options)
        assert list(frame["stdout"]) == ["alice\n"]
        frame = await demo.account.aio.test_login("demo", **options)
        assert list(frame["outcome"]) == ["ok"]

    asyncio.run(main())
