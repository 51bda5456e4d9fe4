"""Terminals on simulated nodes: an interactive shell through the account."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import pytest
from contract.ssh_account import PASSWORD, Relay, SshAccount

import batch_widgets as bw
from batch_widgets.errors import BatchWidgetsError, ClosedError, LoginError
from batch_widgets.ssh.terminal import BATCH_S, MOST_BYTES

WAIT_S = 20


class Screen:
    """What a terminal shows, and why it ended."""

    def __init__(self):
        self.batches = []
        self.threads = set()
        self.reasons = []
        self.ended = threading.Event()
        self.changed = threading.Condition()

    def write(self, data):
        self.threads.add(threading.current_thread().name)
        with self.changed:
            self.batches.append(data)
            self.changed.notify_all()

    def end(self, reason):
        self.reasons.append(reason)
        self.ended.set()

    @property
    def text(self):
        return b"".join(self.batches).decode()

    def wait_for(self, text):
        with self.changed:
            assert self.changed.wait_for(lambda: text in self.text, WAIT_S), f"no {text!r} in {self.text[-500:]!r}"

    def wait_for_end(self):
        assert self.ended.wait(WAIT_S)
        return self.reasons


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    demo = SshAccount(tmp_path_factory.mktemp("ssh"))
    demo.add()
    demo.add("bob", password=PASSWORD, is_admin=True)
    yield demo
    demo.close()


@pytest.fixture
def screen():
    return Screen()


@pytest.fixture
def open_terminal(demo):
    """Open a terminal on the first node; it is closed when the test ends."""
    opened = []

    def submit(screen, *, account=demo.account, node_id=demo.nodes[0], user="alice", **options):
        options = options or {"identity_file": demo.key}
        return account.open_terminal("demo", node_id, user=user, on_output=screen.write, on_end=screen.end, **options)

    def open_it(screen, **options):
        opened.append((submit(screen, **options).result(timeout=WAIT_S), screen))
        return opened[-1][0]

    open_it.submit = submit
    yield open_it
    for session, screen in opened:
        session.close()
        screen.wait_for_end()


def test_whoami(demo, screen, open_terminal):
    session = open_terminal(screen)
    screen.wait_for("$ ")
    session.send("whoami\r")
    screen.wait_for("\nalice\r\n")
    assert not session.ended
    assert session.end_reason == ""
    assert session.host_key_fingerprint.startswith("SHA256:")
    assert screen.threads == {"batch-widgets-notifier"}
    session.send(b"exit 3\r")
    assert screen.wait_for_end() == ["The shell ended with exit status 3."]
    assert session.ended
    assert session.end_reason == "The shell ended with exit status 3."
    session.send("too late\r")
    session.resize(1, 1)
    session.close()
    session.pause()
    demo.account.runner.drain()
    assert screen.reasons == ["The shell ended with exit status 3."]


def test_a_password_that_is_asked_for(screen, open_terminal):
    session = open_terminal(screen, user="bob", password=lambda: PASSWORD)
    session.send("sudo whoami\r")
    screen.wait_for("\nroot\r\n")


class Secret(str):
    """A text that tells when nobody holds it any more."""

    __slots__ = ("__weakref__",)


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_nobody_holds_the_password_once_the_login_is_over(demo, screen, open_terminal, password):
    given = []

    def ask():
        secret = Secret(password)
        given.append(weakref.ref(secret))
        return secret

    operation = open_terminal.submit(screen, user="bob", password=ask)
    error = operation.exception(timeout=WAIT_S)
    assert (error is None) == (password == PASSWORD)
    demo.account.runner.call(asyncio.sleep(0), WAIT_S)
    gc.collect()
    assert [reference() for reference in given] == [None]
    if error is None:
        operation.result().close()
        screen.wait_for_end()


def test_the_size_is_told_and_follows(screen, open_terminal, demo):
    session = open_terminal(screen, identity_file=demo.key, columns=100, rows=30)
    session.send("stty size\r")
    screen.wait_for("\n30 100\r\n")
    session.resize(132, 43)
    session.send("stty size\r")
    screen.wait_for("\n43 132\r\n")
    session.resize(0, -1)
    session.send("stty size\r")
    screen.wait_for("\n1 1\r\n")


def test_a_resize_writes_no_prompt(screen, open_terminal):
    session = open_terminal(screen)
    screen.wait_for("$ ")
    for columns in range(80, 90):
        session.resize(columns, 24)
    session.send("whoami\r")
    screen.wait_for("\nalice\r\n")
    screen.wait_for("\nalice\r\n" + screen.text[screen.text.index("alice@") : screen.text.index("$ ") + 2])
    assert screen.text.count("$ ") == 2


def test_control_c_ends_a_command(screen, open_terminal):
    session = open_terminal(screen)
    screen.wait_for("$ ")
    session.send("sleep 100000; echo never\r")
    screen.wait_for("never")  # as typed
    session.send(b"\x03")
    screen.wait_for("^C")
    session.send("echo $? is the status\r")
    screen.wait_for("\n130 is the status\r\n")


def test_many_at_once(demo, open_terminal):
    screens = [Screen() for _ in range(6)]
    sessions = [
        open_terminal(screen, node_id=demo.nodes[index % 2], identity_file=demo.key)
        for index, screen in enumerate(screens)
    ]
    for index, session in enumerate(sessions):
        session.send(f"echo this is {index}\r")
    for index, screen in enumerate(screens):
        screen.wait_for(f"\nthis is {index}\r\n")
    sessions[0].close()
    assert screens[0].wait_for_end() == ["Closed."]
    sessions[1].send("echo still here\r")
    screens[1].wait_for("\nstill here\r\n")


# big output


@pytest.fixture
def big(demo):
    """Put a file of 9,000 lines on the first node."""
    node = demo.service._state.node("demo", demo.nodes[0])[1]
    with demo.service._core.lock:
        node.machine.write("/tmp/big", "0123456789abcdefghij\n" * 9_000)
    return 9_000


def test_big_output_comes_whole_in_few_batches(screen, open_terminal, big):
    session = open_terminal(screen)
    loop = asyncio.new_event_loop()
    began = loop.time()
    session.send("cat /tmp/big /tmp/big /tmp/big /tmp/big /tmp/big; echo done\r")
    screen.wait_for("\ndone\r\n")
    took = loop.time() - began
    loop.close()
    assert screen.text.count("0123456789abcdefghij") == 5 * big
    assert max(map(len, screen.batches)) <= MOST_BYTES
    assert len(screen.batches) <= took / BATCH_S + 10


def test_who_takes_nothing_stops_the_node(open_terminal, big):
    """As long as the callback has not returned, no more than a batch comes."""
    screen = Screen()
    let_go = threading.Event()
    entered = threading.Event()

    def slow(data):
        screen.write(data)
        if b"0123456789" in data:
            entered.set()
            assert let_go.wait(WAIT_S)

    screen_of_slow = Screen()
    screen_of_slow.write = slow
    session = open_terminal(screen_of_slow)
    session.send("cat /tmp/big /tmp/big /tmp/big; echo done\r")
    assert entered.wait(WAIT_S)
    held = sum(map(len, screen.batches))
    assert held < 2 * MOST_BYTES
    let_go.set()
    screen.wait_for("\ndone\r\n")


def test_a_paused_terminal_goes_on_when_it_is_resumed(demo, screen, open_terminal, big):
    session = open_terminal(screen)
    screen.wait_for("$ ")
    session.pause()
    session.send("cat /tmp/big /tmp/big /tmp/big; echo done\r")
    other = Screen()
    session_of_other = open_terminal(other)
    session_of_other.send("whoami\r")
    other.wait_for("\nalice\r\n")
    assert len(screen.text) < 2 * MOST_BYTES
    session.resume()
    screen.wait_for("\ndone\r\n")
    assert screen.text.count("0123456789abcdefghij") == 3 * big


def test_a_callback_that_fails_does_not_stop_the_terminal(demo, open_terminal, caplog):
    screen = Screen()
    session = open_terminal(screen)
    real = screen.write
    screen.wait_for("$ ")
    session._on_output = lambda data: [real(data), 1 / 0]
    session.send("echo one\r")
    screen.wait_for("\none\r\n")
    session.send("echo two\r")
    screen.wait_for("\ntwo\r\n")
    assert "ZeroDivisionError" in caplog.text


# how it ends


def test_a_node_that_is_rebooted_is_told(demo, open_terminal):
    screen = Screen()
    session = open_terminal(screen, node_id=demo.nodes[1], identity_file=demo.key)
    screen.wait_for("$ ")
    reboot(demo, demo.nodes[1])
    (reason,) = screen.wait_for_end()
    assert reason.startswith("The connection to the node was lost")
    assert session.ended


def test_a_paused_terminal_whose_node_goes_is_told(demo, open_terminal):
    screen = Screen()
    session = open_terminal(screen)
    screen.wait_for("$ ")
    session.pause()
    session.send("echo\r")
    demo.service.trouble_login("demo", demo.nodes[0], "port closed")
    demo.service.trouble_login("demo", demo.nodes[0], None)
    assert len(screen.wait_for_end()) == 1


def test_a_node_that_no_longer_answers_is_told(demo, screen, open_terminal):
    """The cable is pulled: a relay in between passes nothing on any more."""
    with Relay(demo) as relay:
        session = open_terminal(screen, identity_file=demo.key, keepalive_s=0.5, account=relay.account)
        screen.wait_for("$ ")
        relay.pull()
        (reason,) = screen.wait_for_end()
        assert "keepalive" in reason
        assert session.ended


def test_closing_the_account_ends_all(demo):
    with bw.connect(
        demo.service.endpoint, account_name=demo.service.account_name, account_key=demo.service.account_key
    ) as account:
        screens = [Screen(), Screen()]
        sessions = [
            account.open_terminal(
                "demo", demo.nodes[0], user="alice", identity_file=demo.key, on_output=one.write, on_end=one.end
            ).result(timeout=WAIT_S)
            for one in screens
        ]
    assert [one.reasons for one in screens] == [["The account was closed."]] * 2
    for session in sessions:
        assert session.ended
        session.send("too late")
        session.close()
    with pytest.raises(ClosedError):
        account.open_terminal("demo", demo.nodes[0], user="alice", on_output=print, on_end=print)


def test_an_opening_that_is_cancelled_leaves_nothing(demo, screen, open_terminal):
    demo.service.trouble_login("demo", demo.nodes[0], "silent")
    try:
        operation = open_terminal.submit(screen)
        operation.cancel()
        assert operation.exception is not None
        with pytest.raises(BaseException, match="cancelled"):
            operation.result(timeout=WAIT_S)
    finally:
        demo.service.trouble_login("demo", demo.nodes[0], None)
    assert screen.batches == screen.reasons == []


# what does not open


@pytest.mark.parametrize(
    ("options", "outcome"),
    [({"user": "carol"}, "user or key refused"), ({"node_id": "tvm-none"}, "no way in")],
)
def test_a_login_that_fails_is_named(demo, screen, open_terminal, options, outcome):
    options.setdefault("identity_file", demo.key)
    with pytest.raises(LoginError) as caught:
        open_terminal(screen, **options)
    assert caught.value.outcome == outcome
    assert screen.reasons == []


def test_a_changed_host_key_is_refused_and_can_be_forgotten(demo, screen, open_terminal):
    node_id = demo.nodes[0]
    known = open_terminal(screen).host_key_fingerprint
    demo.service.trouble_login("demo", node_id, "other host key")
    try:
        with pytest.raises(LoginError, match="host key"):
            open_terminal(Screen())
        demo.account.forget_host_keys([node_id])
        assert open_terminal(Screen()).host_key_fingerprint != known
    finally:
        demo.service.trouble_login("demo", node_id, None)
    demo.account.forget_host_keys(node_id)
    assert open_terminal(Screen()).host_key_fingerprint == known


def test_the_state_of_a_node_that_is_not_up_is_told(demo, open_terminal):
    node_id = demo.nodes[1]
    reboot(demo, node_id)
    with pytest.raises(LoginError, match="The node is rebooting") as caught:
        open_terminal(Screen(), node_id=node_id, identity_file=demo.key)
    assert caught.value.outcome == "no answer"


def test_windows_has_no_ssh(demo):
    account = demo.account
    pool = account.resize_pool("render-windows", target_dedicated_nodes=1).result(timeout=60)
    (node,) = account.list_nodes(pool.id)
    opening = account.open_terminal(pool.id, node.id, user="alice", password="x", on_output=print, on_end=print)
    with pytest.raises(LoginError, match="Remote Desktop"):
        opening.result(timeout=WAIT_S)


def test_coroutines(demo):
    async def main():
        screen = Screen()
        session = await demo.account.aio.open_terminal(
            "demo", demo.nodes[0], user="alice", identity_file=demo.key, on_output=screen.write, on_end=screen.end
        )
        session.send("exit\r")
        await asyncio.to_thread(screen.wait_for_end)

    asyncio.run(main())


def test_without_asyncssh_the_remedy_is_told(demo, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BatchWidgetsError, match="pip install"):
        demo.account.open_terminal("demo", demo.nodes[0], user="alice", on_output=print, on_end=print)


def test_the_demo_s_own_account_knows_the_keys_before_the_first_login(screen):
    with bw.connect_demo(nodes=1) as account:
        (node,) = account.list_nodes("demo")
        account.add_user("demo", "alice", password=PASSWORD).result(timeout=WAIT_S)
        session = account.open_terminal(
            "demo", node.id, user="alice", password=PASSWORD, on_output=screen.write, on_end=screen.end
        ).result(timeout=WAIT_S)
        assert account.known_hosts.read_text().startswith(node.id)
        session.close()
        assert screen.wait_for_end() == ["Closed."]


def reboot(demo, node_id):
    from batch_widgets.demo import node_life

    state = demo.service._state
    with demo.service._core.lock:
        pool, node = state.node("demo", node_id)
        node_life.reboot(state, pool, node, state.now())
