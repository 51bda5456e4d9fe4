"""Where to log in, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets.texts import frame_csv

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from batch_widgets.login.endpoint import NoEndpoint
    from batch_widgets.login.settings import RemoteLoginSettings


def login_frame(
    logins: Sequence[RemoteLoginSettings],
    commands: Mapping[str, str] | None = None,
    absent: Mapping[str, NoEndpoint] | None = None,
) -> pd.DataFrame:
    """Lay out where to log in as a table; its ``to_csv(index=False)`` is the same as CSV.

    Parameters
    ----------
    logins : sequence of RemoteLoginSettings
        The rows.
    commands : mapping of str to str, optional
        The ``ssh`` command by node id.
    absent : mapping of str to NoEndpoint, optional
        Why there is no address, by node id.

    Returns
    -------
    pandas.DataFrame
        ``node_id``, ``ip_address``, ``port`` (nullable integer), ``ipv6_address``, ``ipv6_port`` (nullable integer),
        ``private_ip_address``, ``ssh_command``, ``reason``, ``remedy``; text columns are nullable strings.
    """
    import pandas as pd

    commands, absent = commands or {}, absent or {}

    def text(values: Iterable[str | None]) -> pd.Series[str]:
        return pd.Series([value or None for value in values], dtype="string")

    def numbers(values: Iterable[int | None]) -> pd.Series[int]:
        return pd.Series(list(values), dtype="Int64")

    why = [absent.get(login.node_id) for login in logins]
    return pd.DataFrame(
        {
            "node_id": text(login.node_id for login in logins),
            "ip_address": text(login.ip_address for login in logins),
            "port": numbers(login.port for login in logins),
            "ipv6_address": text(login.ipv6_address for login in logins),
            "ipv6_port": numbers(login.ipv6_port for login in logins),
            "private_ip_address": text(login.private_ip_address for login in logins),
            "ssh_command": text(commands.get(login.node_id) for login in logins),
            "reason": text(one.reason if one else login.reason for one, login in zip(why, logins, strict=True)),
            "remedy": text(one.remedy if one else None for one in why),
        }
    )


def login_csv(frame: pd.DataFrame) -> str:
    """Give the table as CSV for any program: what a spreadsheet would take for a formula gets a ``'`` in front.

    Parameters
    ----------
    frame : pandas.DataFrame
        As from :func:`login_frame`; reasons are in the service's words.
    """
    return frame_csv(frame)
