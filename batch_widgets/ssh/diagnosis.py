"""Naming what fails when one logs in to a node, and saying what to do about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from batch_widgets.errors import LoginError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from batch_widgets.login import NoEndpoint
    from batch_widgets.ssh.values import SshTarget, UserFacts


def no_way_in(why: NoEndpoint | None) -> LoginError:
    """Tell that there is no address to try, for a reason that the service or the pool gives."""
    if why is None:
        return LoginError("The service gives no address for this node.", outcome="no way in")
    return LoginError(why.reason, hint=why.remedy, outcome="no way in")


def unknown_name(target: SshTarget) -> LoginError:
    """Tell that a name has no address."""
    return LoginError(
        f"The name {target.host} has no address.",
        hint="Check the network and the name server of the machine on which the kernel runs.",
        outcome="unreachable",
    )


def no_route(target: SshTarget, reason: str) -> LoginError:
    """Tell that no packet finds its way."""
    return LoginError(
        f"{target.host} cannot be reached from the machine on which the kernel runs: {reason}.",
        hint="Check that machine's network; a VPN may be missing.",
        outcome="unreachable",
    )


def port_closed(target: SshTarget) -> LoginError:
    """Tell that somebody is there and refuses."""
    return LoginError(
        f"{target.host} refuses connections to port {target.port}.",
        hint="The node is starting, or its SSH server does not run. Refresh and try again; if it stays so, reboot it.",
        outcome="port closed",
    )


def no_answer(target: SshTarget, timeout_s: float) -> LoginError:
    """Tell that nothing comes back, not even a refusal: what a firewall's silence looks like."""
    return LoginError(
        f"{target.host} did not answer on port {target.port} within {timeout_s:g} s.",
        hint="A network rule may keep this machine out (the pool's ssh_sources, or a firewall on the way), "
        "or the node is down.",
        outcome="no answer",
    )


def silent(target: SshTarget, timeout_s: float) -> LoginError:
    """Tell that the port takes connections, and then nobody speaks."""
    return LoginError(
        f"{target.host} took the connection to port {target.port}, and SSH was not through after {timeout_s:g} s.",
        hint="The node hangs or has too much to do. Try again, or reboot it.",
        outcome="no answer",
    )


def hung_up(target: SshTarget) -> LoginError:
    """Tell that the connection was closed before SSH had begun."""
    return LoginError(
        f"{target.host} closed the connection to port {target.port} before a login began.",
        hint="The node is starting, or has too many connections. Try again in a minute.",
        outcome="no answer",
    )


def host_key_changed(target: SshTarget, shown: str, known: Sequence[str]) -> LoginError:
    """Tell that another machine answers than before, or one that pretends to."""
    return LoginError(
        f"The node's host key is {shown}, and {' or '.join(known)} is known. Nothing was sent to it.",
        hint="A reimaged node has a new key: if that is so, forget the old one by "
        f"account.forget_host_keys([{target.node_id!r}]). If not, somebody else may be answering for it.",
        outcome="host key changed",
    )


def not_kept(path: Path, error: OSError) -> LoginError:
    """Tell that the file of host keys cannot be read or written: without it nobody knows who answers."""
    return LoginError(
        f"The nodes' host keys cannot be kept in {path}: {error.strerror or error}. Nothing was sent.",
        hint="Make the file writable; XDG_STATE_HOME (on Windows LOCALAPPDATA) says where it is.",
        outcome="failed",
    )


def lost(reason: str) -> LoginError:
    """Tell that it broke in the middle of the login."""
    return LoginError(f"The login ended early: {reason.rstrip('.')}.", hint="Try again.", outcome="failed")


def refused(
    target: SshTarget,
    user: str,
    *,
    keys: Sequence[str] = (),
    password: bool = False,
    asked: Sequence[str] = ("key", "password"),
    known_users: Mapping[str, UserFacts] | None = None,
) -> LoginError:
    """Tell that the node speaks SSH and does not let the user in.

    A server never says whether it was the user or the key; what is known of the user tells which is likelier.

    Parameters
    ----------
    target : SshTarget
        The node.
    user : str
        Who was refused.
    keys : sequence of str
        The keys that were tried, in words.
    password : bool
        True where a password was tried.
    asked : sequence of str
        What the server takes: ``"key"``, ``"password"``.
    known_users : mapping of str to UserFacts, optional
        The nodes known to have the user; None where nothing is known.
    """
    tried = [*keys, *(["the password"] if password else [])]
    what = "key" if keys else "password"
    if not (keys and "key" in asked) and not (password and "password" in asked):
        takes = " and ".join(f"{one}s" for one in asked) or "neither keys nor passwords"
        return LoginError(
            f"The node takes {takes} only, and {' and '.join(tried)} could not be tried.",
            hint=f"Add {user} with what it takes.",
            outcome="key refused" if keys else "password refused",
        )
    facts = known_users.get(target.node_id) if known_users is not None else None
    again = f"Add {user} to this node again."
    if facts is not None and facts.expires is not None and facts.expires <= datetime.now(UTC):
        return LoginError(
            f"{user} was refused: the user expired on {facts.expires:%d %b %Y at %H:%M} UTC.",
            hint=again,
            outcome="user unknown or expired",
        )
    if facts is None and known_users is not None:
        return LoginError(
            f"{user} was refused. No user of that name was given to this node from here, so it most likely has none.",
            hint=f"Add {user} to this node.",
            outcome="user unknown or expired",
        )
    if facts is not None and not facts.was_there:
        return LoginError(
            f"{user} was refused, and was added to this node: {' and '.join(tried)} is most likely not what the user "
            "was added with.",
            hint=f"Use the {what} that it was added with, or delete {user} and add it again. Users of Linux expire by "
            "whole days; a reimaged node has lost them.",
            outcome="key refused" if keys else "password refused",
        )
    return LoginError(
        f"{user} was refused: the node does not know the user, the user has expired, or {' and '.join(tried)} is "
        "wrong. SSH does not say which.",
        hint=again,
        outcome="user or key refused" if keys else "user or password refused",
    )
