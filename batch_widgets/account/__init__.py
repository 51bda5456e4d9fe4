"""BatchAccount: everything that the widgets and scripts may ask of the service."""

from batch_widgets.account.account import BatchAccount
from batch_widgets.account.connecting import connect, connect_demo

__all__ = ["BatchAccount", "connect", "connect_demo"]
