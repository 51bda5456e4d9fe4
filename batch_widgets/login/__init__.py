"""Where and how to log in to a node: settings, commands, files for ssh and RDP, and known hosts of our own."""

from batch_widgets.login.command import ssh_command
from batch_widgets.login.config import SshHost, host_aliases, ssh_config, ssh_config_file, write_ssh_config
from batch_widgets.login.endpoint import (
    NO_PUBLIC_ADDRESS,
    NO_RDP_PORT,
    NO_RDP_PORT_REMEDY,
    NO_SSH_PORT,
    NO_SSH_PORT_REMEDY,
    NoEndpoint,
    no_endpoint,
)
from batch_widgets.login.frame import login_csv, login_frame
from batch_widgets.login.known_hosts import known_hosts_file, rewrite_known_hosts, state_folder, write_known_hosts
from batch_widgets.login.mapping import InboundEndpoint, NodeEndpoints
from batch_widgets.login.rdp import rdp_file, rdp_files, zip_files
from batch_widgets.login.settings import RDP_PORT, SSH_PORT, RemoteLoginSettings
from batch_widgets.login.words import checked_endpoint, checked_node_id

__all__ = [
    "NO_PUBLIC_ADDRESS",
    "NO_RDP_PORT",
    "NO_RDP_PORT_REMEDY",
    "NO_SSH_PORT",
    "NO_SSH_PORT_REMEDY",
    "RDP_PORT",
    "SSH_PORT",
    "InboundEndpoint",
    "NoEndpoint",
    "NodeEndpoints",
    "RemoteLoginSettings",
    "SshHost",
    "checked_endpoint",
    "checked_node_id",
    "host_aliases",
    "known_hosts_file",
    "login_csv",
    "login_frame",
    "no_endpoint",
    "rdp_file",
    "rdp_files",
    "rewrite_known_hosts",
    "ssh_command",
    "ssh_config",
    "ssh_config_file",
    "state_folder",
    "write_known_hosts",
    "write_ssh_config",
    "zip_files",
]
