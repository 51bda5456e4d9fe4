"""Logging in to nodes by SSH: connecting with pinned host keys, naming what fails, terminals and commands.

The only importer of asyncssh (extra ``ssh``): `credentials`, `connecting`, `running` and `terminal` load it, and are
imported when first needed, away from the loop. The values here need nothing.
"""

from batch_widgets.ssh.extra import require_asyncssh
from batch_widgets.ssh.host_keys import HostKeys
from batch_widgets.ssh.values import CommandResult, LoginOutcome, LoginTest, SshTarget, UserFacts

__all__ = ["CommandResult", "HostKeys", "LoginOutcome", "LoginTest", "SshTarget", "UserFacts", "require_asyncssh"]
