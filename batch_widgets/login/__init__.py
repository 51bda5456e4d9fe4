"""Where and how to log in to a node: settings, the ``ssh`` command, and known hosts of our own."""

from batch_widgets.login.command import ssh_command
from batch_widgets.login.known_hosts import known_hosts_file, rewrite_known_hosts, state_folder, write_known_hosts
from batch_widgets.login.settings import NO_SSH_PORT, NO_SSH_PORT_REMEDY, RemoteLoginSettings

__all__ = [
    "NO_SSH_PORT",
    "NO_SSH_PORT_REMEDY",
    "RemoteLoginSettings",
    "known_hosts_file",
    "rewrite_known_hosts",
    "ssh_command",
    "state_folder",
    "write_known_hosts",
]
