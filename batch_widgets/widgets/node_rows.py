"""Nodes and outcomes as rows of the grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_widgets.nodes import state_words
from batch_widgets.widgets import markup
from batch_widgets.widgets.grid import Column

if TYPE_CHECKING:
    import pandas as pd

    from batch_widgets.login import RemoteLoginSettings
    from batch_widgets.nodes import Node
    from batch_widgets.widgets.user_ledger import AddedUser

NODE_COLUMNS = (
    Column("node_id", "Node", kind="mono", width=168, cut="middle"),
    Column("state", "State", kind="pill", width=150, filter="choice"),
    Column("ip_address", "Private IP", kind="mono", width=92, drop=2),
    Column("login", "Login address", kind="mono", width=144, drop=0),
    Column("user", "Added user", width=144, drop=1),
    Column("ssh_command", "SSH command", kind="command", width=200, grow=True, cut="middle"),
)
OUTCOME_COLUMNS = (
    Column("node_id", "Node", kind="mono", width=168, cut="middle"),
    Column("outcome", "Outcome", kind="pill", width=96, filter="choice"),
    Column("error_code", "Code", width=170),
    Column("message", "What it means", width=240, grow=True),
)
_OUTCOME_HUES = {"added": "ok", "deleted": "ok", "exists": "warn", "absent": "none", "skipped": "none", "failed": "err"}
_FAILURES_FIRST = ("failed", "exists", "skipped", "absent", "deleted", "added")


def node_row(
    node: Node,
    login: RemoteLoginSettings | None,
    user: AddedUser | None,
    command: str | None,
    *,
    os_type: str,
    reachable: bool,
) -> dict[str, Any]:
    """Give a node as a row."""
    where = f"{login.ip_address}:{login.port}" if login and login.reachable else None
    return {
        "key": node.id,
        "node_id": node.id,
        "state": {
            "text": state_words(node.state),
            "hue": markup.state_hue(node.state),
            "note": "" if node.is_dedicated else "Spot",
            "title": node.trouble,
        },
        "ip_address": node.ip_address or None,
        "login": where or {"text": _why_not(node, login, reachable=reachable), "muted": True},
        "user": _user(user) if user else {"text": "none" if node.usable else "not possible now", "muted": True},
        "ssh_command": _command(node, user, command, os_type=os_type, reachable=reachable),
    }


def _why_not(node: Node, login: RemoteLoginSettings | None, *, reachable: bool) -> str:
    if not reachable:
        return "no port for SSH"
    if login is not None and login.reason:
        return login.reason
    return "reading…" if node.usable else "when idle"


def _user(user: AddedUser) -> str:
    if user.was_there:
        return f"{user.name}, there before"
    return f"{user.name}, until {user.expires.day} {user.expires:%b}" if user.expires else user.name


def _command(
    node: Node, user: AddedUser | None, command: str | None, *, os_type: str, reachable: bool
) -> dict[str, Any]:
    if command:
        return {"text": command, "title": command, "copy": command}
    if node.trouble:
        return {"text": node.trouble, "title": node.trouble, "muted": True}
    if not reachable:
        text = "no way in"
    elif user is None:
        text = "add a user first"
    elif os_type == "windows":
        text = "log in by RDP at this address"
    else:
        text = "no login address yet"
    return {"text": text, "muted": True}


def outcome_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give outcomes as rows, failures first."""
    rows = [
        {
            "key": node_id,
            "node_id": node_id,
            "outcome": {"text": outcome, "hue": _OUTCOME_HUES.get(outcome, "none")},
            "error_code": code or None,
            "message": message or None,
        }
        for node_id, outcome, code, message in frame.itertuples(index=False)
    ]
    return sorted(rows, key=lambda row: _FAILURES_FIRST.index(row["outcome"]["text"]))


def outcome_pills(name: str, frame: pd.DataFrame) -> str:
    """Give counts of outcomes, in words and colour."""
    counts = frame["outcome"].value_counts()
    pills = [
        markup.pill(f"{counts[outcome]} {outcome}", _OUTCOME_HUES[outcome])
        for outcome in reversed(_FAILURES_FIRST)
        if outcome in counts
    ]
    return " ".join([markup.span(name, "bw-strong"), *pills, markup.muted(f"of {len(frame)}")])
