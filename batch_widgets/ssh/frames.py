"""Tables of what came of logins and commands: a row for each node asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from batch_widgets.ssh.values import CommandResult, LoginTest


def commands_frame(results: Sequence[CommandResult]) -> pd.DataFrame:
    """Lay results of commands out as a table.

    Its columns are ``node_id``, ``exit_status``, ``stdout``, ``stderr``, ``seconds`` and ``error``; numbers are missing
    where nothing ran.
    """
    import pandas as pd

    rows = [(one.node_id, one.exit_status, one.stdout, one.stderr, one.seconds, one.error) for one in results]
    columns = ["node_id", "exit_status", "stdout", "stderr", "seconds", "error"]
    kinds = {"exit_status": "Int64", "seconds": "Float64"}
    return pd.DataFrame(rows, columns=columns).astype({name: kinds.get(name, "string") for name in columns})


def logins_frame(tests: Sequence[LoginTest]) -> pd.DataFrame:
    """Lay tests of logins out as a table: ``node_id``, ``outcome``, ``message`` as nullable strings."""
    import pandas as pd

    rows = [(one.node_id, one.outcome, one.message) for one in tests]
    return pd.DataFrame(rows, columns=["node_id", "outcome", "message"]).astype("string")
