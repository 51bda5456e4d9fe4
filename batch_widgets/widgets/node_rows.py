"""Nodes as rows of the grid and as squares of the heat map."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from batch_widgets.durations import duration_words
from batch_widgets.login import NO_PUBLIC_ADDRESS, no_endpoint
from batch_widgets.nodes import ON_THE_WAY_STATES, state_words
from batch_widgets.widgets import markup
from batch_widgets.widgets.grid import Column

if TYPE_CHECKING:
    from batch_widgets.account.ledger import GivenUser
    from batch_widgets.login import RemoteLoginSettings
    from batch_widgets.nodes import Node
    from batch_widgets.widgets.node_view import NodesView

# What gives way first in a narrow panel has the highest number; all of it stands in the details of a node.
NODE_COLUMNS = (
    Column("node_id", "Node", kind="mono", width=168, cut="middle"),
    Column("state", "State", kind="pill", width=150, filter="choice"),
    Column("scheduling", "Scheduling", width=84, filter="choice", drop=7),
    Column("type", "Type", width=76, filter="choice", drop=6),
    Column("ip_address", "Private IP", kind="mono", width=92, drop=4),
    Column("login", "Login address", kind="mono", width=144, drop=0),
    Column("tasks", "Tasks", kind="number", width=64, drop=2),
    Column("uptime", "Uptime", align="right", width=72, drop=5),
    Column("errors", "Errors", kind="number", width=68, drop=3),
    Column("agent", "Agent", width=72, drop=8),
    Column("user", "Added user", width=140, drop=1),
    Column("ssh_command", "SSH command", kind="command", width=290, grow=True, cut="middle"),
)

_JUST_GIVEN_S = 600.0
_HOUR_S = 3600.0
_MANY = 1000
# Shared by thousands of rows.
_DETAILS = [{"name": "details", "label": "Details of the node", "icon": "info"}]
_TERMINAL_AND_DETAILS = [{"name": "terminal", "label": "Open terminal", "icon": "terminal"}, *_DETAILS]
_LETTERS = {"ok": "", "err": "!"}


def node_row(
    node: Node, view: NodesView, users: tuple[GivenUser, ...], command: str | None, now: datetime | None = None
) -> dict[str, Any]:
    """Give a node as a row.

    Parameters
    ----------
    node : Node
        The node.
    view : NodesView
        What was read with it.
    users : tuple of GivenUser
        Those that it was given, the newest last.
    command : str, optional
        The ``ssh`` command of the newest.
    now : datetime, optional
        To count the uptime to; default: when the view was read.
    """
    login = view.logins.get(node.id)
    return {
        "key": node.id,
        "node_id": node.id,
        "state": {"text": state_words(node.state), "hue": markup.state_hue(node.state), "title": node.trouble},
        "scheduling": node.scheduling_state or None,
        "type": "dedicated" if node.is_dedicated else "Spot",
        "ip_address": node.ip_address or None,
        "login": _address_cell(login) or _why_not(node, login, view),
        "tasks": node.running_tasks_count,
        "uptime": _uptime(node, now or view.read_at, many=len(view.nodes) > _MANY),
        "errors": _errors(node),
        "agent": node.node_agent_version or None,
        "user": _users(users, now or view.read_at) if users else _no_user(node),
        "ssh_command": _command(node, users, command, view),
    }


def node_square(node: Node) -> tuple[str, str, str, str]:
    """Give a node as a square: key, hue, letter, and its state in words."""
    hue = markup.state_hue(node.state)
    words = state_words(node.state)
    return node.id, hue, _LETTERS.get(hue, words[:1]), words


def _errors(node: Node) -> dict[str, Any] | int:
    count = len(node.errors)
    return {"text": str(count), "title": "; ".join(node.errors), "sort": count} if count else 0


def _no_user(node: Node) -> dict[str, Any]:
    return {"text": "none" if node.usable else "not possible now", "muted": True}


def _uptime(node: Node, now: datetime, *, many: bool) -> dict[str, Any] | None:
    if node.last_boot_time is None or node.state not in {"idle", "running", "offline", "waitingforstarttask"}:
        return None
    seconds = max(0.0, (now - node.last_boot_time).total_seconds())
    since = node.last_boot_time.astimezone(UTC)
    # sorted by what stays: only nodes whose words change travel
    order = -since.timestamp()
    # thousands that were booted together would all travel again with every minute
    words = "under 1 h" if many and seconds < _HOUR_S else duration_words(seconds)
    return {"text": words, "sort": order, "title": f"since {since:%Y-%m-%d %H:%M} UTC"}


def _where(settings: RemoteLoginSettings | None) -> tuple[str, int | None]:
    return (settings.endpoint() if settings else None) or ("", None)


def _address_cell(settings: RemoteLoginSettings | None) -> dict[str, Any] | str:
    """Give the address to use; where there is one by IPv6 besides, it is in the tooltip, and found by a search."""
    address, port = _where(settings)
    text = _joined(address, port)
    if settings is None or not settings.ipv6_address or address == settings.ipv6_address:
        return text
    other = _joined(settings.ipv6_address, settings.ipv6_port)
    return {"text": text, "title": f"By IPv6: {other}", "find": other} if text else ""


def _joined(address: str, port: int | None) -> str:
    if not address:
        return ""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _why_not(node: Node, login: RemoteLoginSettings | None, view: NodesView) -> dict[str, Any]:
    """Say in a few words why there is no address; the whole reason and what to do are in the tooltip."""
    assert view.pool is not None
    why = no_endpoint(view.pool, node, login)
    title = f"{why.reason} {why.remedy}" if why else ""
    if not view.reachable:
        text = "no public address" if why and why.reason == NO_PUBLIC_ADDRESS else "no port for SSH"
    elif login is not None and login.reason:
        text = login.reason
    elif not node.usable:
        text = "when idle" if node.state in ON_THE_WAY_STATES else "none"
    else:
        text = "reading…" if view.reading_logins else "not read yet"
    return {"text": text, "title": title, "muted": True}


def _users(users: tuple[GivenUser, ...], now: datetime) -> dict[str, Any]:
    newest = users[-1]
    more = f"+{len(users) - 1}" if len(users) > 1 else ""
    title = "; ".join(_until(user) for user in reversed(users))
    if newest.was_there:
        return {"text": f"{newest.name}, there before", "note": more, "title": title}
    if newest.expires is None:
        return {"text": newest.name, "note": more, "title": title}
    left_s = (newest.expires - now).total_seconds()
    # what was given for 30 days just now is said to last 30, not 29
    words = duration_words(left_s + _JUST_GIVEN_S) if left_s > 0 else "expired"
    return {"text": f"{newest.name}, {words}", "note": more, "title": title}


def _until(user: GivenUser) -> str:
    if user.was_there:
        return f"{user.name} was there before: key, rights and expiry may be others"
    return f"{user.name} until {user.expires:%Y-%m-%d %H:%M} UTC" if user.expires else f"{user.name} for a day"


def _command(node: Node, users: tuple[GivenUser, ...], command: str | None, view: NodesView) -> dict[str, Any]:
    if command and users:
        address, port = _where(view.logins[node.id])
        short = f"ssh {users[-1].name}@{address} -p {port}"  # which node and who; what is copied is the whole
        return {"text": short, "title": command, "copy": command, "actions": _TERMINAL_AND_DETAILS}
    if node.trouble:
        log = [{"name": "details", "label": "Show log" if "tart task" in node.trouble else "Details"}]
        return {"text": node.trouble, "title": node.trouble, "muted": True, "actions": log}
    if not view.reachable:
        text = "no way in"
    elif not users:
        text = "add a user first"
    elif view.os_type == "windows":
        text = "log in by RDP at this address"
    else:
        text = "no login address yet"
    return {"text": text, "muted": True, "actions": _DETAILS}
