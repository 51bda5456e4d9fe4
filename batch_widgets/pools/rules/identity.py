"""Rules of a pool's names: its id, its display name, its VM size."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from batch_widgets.pools.rules.names import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from batch_widgets.pools.spec import PoolSpec
    from batch_widgets.problems import Problem

_POOL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VM_SIZE = re.compile(r"[A-Za-z0-9_-]+")
_MAX_DISPLAY_NAME = 1_024


def check_identity(spec: PoolSpec, taken_ids: Iterable[str]) -> Iterator[Problem]:
    """Check the names; `taken_ids` are those of the account's pools, as far as they are known."""
    if not spec.pool_id:
        yield Rule.POOL_ID_MISSING.error("pool_id", "A pool needs an id.")
    elif wrong := sorted(set(re.sub(r"[A-Za-z0-9_-]", "", spec.pool_id))):
        yield Rule.POOL_ID_CHARACTERS.error(
            "pool_id", f"Use letters, digits, - and _ only. Remove {' '.join(map(_shown, wrong[:5]))}."
        )
    elif not _POOL_ID.fullmatch(spec.pool_id):
        yield Rule.POOL_ID_LENGTH.error("pool_id", f"At most 64 characters; this has {len(spec.pool_id)}.")
    elif spec.pool_id.casefold() in {taken.casefold() for taken in taken_ids}:
        yield Rule.POOL_ID_TAKEN.error(
            "pool_id", "This account has a pool of that id. Choose another; upper and lower case count as the same."
        )
    if len(spec.display_name) > _MAX_DISPLAY_NAME:
        yield Rule.DISPLAY_NAME_LENGTH.error(
            "display_name", f"At most 1,024 characters; this has {len(spec.display_name):,}."
        )
    if not spec.vm_size:
        yield Rule.VM_SIZE_MISSING.error("vm_size", "Choose a VM size, such as Standard_D2s_v3.")
    elif not _VM_SIZE.fullmatch(spec.vm_size):
        yield Rule.VM_SIZE_FORM.error("vm_size", "A VM size looks like Standard_D2s_v3: letters, digits and _.")


def _shown(character: str) -> str:
    if character.isspace():
        return "a blank"
    return character if character.isprintable() else f"U+{ord(character):04X}"
