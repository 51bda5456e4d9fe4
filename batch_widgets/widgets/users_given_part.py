"""UsersGivenPart: the users that were given to nodes of a pool from this notebook, and when they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import html, row
from batch_widgets.widgets.grid import Column, Grid

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = (
    Column("name", "User", width=110),
    Column("node_id", "Node", kind="mono", width=168, cut="middle"),
    Column("expires", "Expires", kind="pill", width=140, filter="choice"),
    Column("signs_in_with", "Signs in with", width=112, filter="choice", drop=0),
    Column("is_admin", "Administrator", width=124, filter="choice", drop=1),
    Column("note", "", width=140, grow=True, drop=2),
)


class UsersGivenPart(lean.VBox):
    """A table of the users; :meth:`BatchAccount.users_given` has it as a DataFrame."""

    def __init__(self) -> None:
        self.grid = Grid(_COLUMNS, row_label="user", selection="none", height=150, empty_text="No user was given yet.")
        note = "The service has no list of them: what others gave is not here. Linux nodes end users by whole days."
        title = html(f"{markup.span('Users given from this notebook', 'bw-strong')} {markup.muted(note)}", "bw-grow")
        self.hint = html("", "bw-foot-hint")
        super().__init__((row("bw-bar", title), self.grid, self.hint))
        self.add_class("bw-outcomes")

    def show_frame(self, frame: pd.DataFrame, name: str) -> None:
        """Show the ledger of one pool: :attr:`UserLedger.frame`, perhaps fewer rows; `name` is how Python finds it."""
        words = "The next cell has it, machines that are no more included, as"
        self.hint.value = f"{markup.muted(words)} {markup.mono(name)}"
        self.grid.set_rows([_row(record) for record in frame.to_dict("records")])


def _row(record: dict[Any, Any]) -> dict[str, Any]:
    there = bool(record["was_there"])
    return {
        "key": f"{record['node_id']}/{record['name']}",
        "name": record["name"],
        "node_id": record["node_id"],
        "expires": _expiry(record),
        "signs_in_with": None if there else record["signs_in_with"],
        "is_admin": None if there else record["is_admin"],
        "note": "was there before: key, rights and expiry may be others" if there else None,
    }


def _expiry(record: dict[Any, Any]) -> dict[str, Any]:
    expires = record["expires"]
    if expires != expires:  # noqa: PLR0124 (NaT differs from itself)
        return {"text": "not known" if record["was_there"] else "after a day", "hue": "none"}
    day = f"{expires.day} {expires:%b %Y}"
    sort = expires.timestamp()
    if record["expired"]:
        return {"text": f"expired {day}", "hue": "err", "sort": sort}
    return {"text": day, "hue": "ok", "sort": sort}
