"""What is told of commands, logins and terminals when the service fails that says where the nodes are."""

import pytest
from faulty_wire import AFTER, BEFORE, SILENT, THROTTLES
from faulty_world import HANGS_S, claim_of, world

from batch_widgets.passwords import generate_password

ASKED = ("get_pool", "list_nodes", "get_node", "get_node_remote_login_settings")
FAULTS = (*THROTTLES[:6], *SILENT, *BEFORE, *(one for one in AFTER if "lost" in one.name or "wrong" in one.name))


def end(operation):
    """Give what an operation came to, its connection closed if it is a terminal."""
    session = operation.result(HANGS_S)
    session.close()
    return session


@pytest.mark.timeout(900)
@pytest.mark.safety("Faults: commands, logins and terminals on nodes")
def test_by_ssh(monkeypatch, attempts):
    """A node that nobody could be asked about is not told as one that has no way in, without the reason."""
    password = generate_password()
    with world(monkeypatch, read_timeout_s=0.5) as w:
        w.aside.add_user(w.pool_id, "alice", password=password, days=300).result(HANGS_S)
        known = {"user": "alice", "password": password}
        calls = {
            "run": lambda: w.account.run(w.pool_id, "echo hello", **known),
            "run, one node": lambda: w.account.run(w.pool_id, "echo hello", nodes=[w.node], **known),
            "test_login": lambda: w.account.test_login(w.pool_id, **known),
            "open_terminal": lambda: end(
                w.account.open_terminal(w.pool_id, w.node, on_output=len, on_end=len, **known)
            ),
        }
        for name, call in calls.items():
            for operation in ASKED:
                for fault in FAULTS:
                    for times in (1, float("inf")):
                        w.wire.spoil(fault, operation, times=times)
                        claim = claim_of(call)
                        w.wire.mend()
                        what = f"{name}, {operation}, {fault.name}, {times} times"
                        attempts.case(what, got_through=wrong_of(claim))
                claim = claim_of(call)
                attempts.case(f"{name}, {operation}: afterwards", got_through=wrong_of(claim) or not went(claim.value))


def wrong_of(claim):
    """Say what is wrong with what is told; a row says for itself why its node was not reached."""
    if claim.word in {"done", "not done", "maybe"}:
        silent = not claim.text and claim.value is not None and not went(claim.value) and not all(reasons(claim.value))
        return silent and claim.value.to_csv()
    return claim


def went(value):
    """Tell whether every node was reached."""
    if hasattr(value, "exit_status"):
        return list(value["stdout"]) == ["hello\n"] * len(value) and len(value) > 0
    return value is not None and (not hasattr(value, "outcome") or (value["outcome"] == "ok").all())


def reasons(value):
    """Give what the rows say of nodes that were not reached."""
    if hasattr(value, "exit_status"):
        return [row.error for row in value.itertuples() if row.stdout != "hello\n"]
    return [row.message for row in value.itertuples() if row.outcome != "ok"]
