"""The paths for secrets in a kernel: where they come from and where what was seen goes are told by the environment."""

from __future__ import annotations

import json
import os
from pathlib import Path

from safety.secret_forms import Secrets
from safety.secret_paths import FOLDER, Paths

_folder = Path(os.environ[FOLDER])

paths = Paths(Secrets.read(_folder / "secrets"), _folder / "log")
"""What a notebook of the test uses."""


def tell():
    """Write what is to be seen in this kernel, and the secrets that came to be in it."""
    paths.look()
    paths.secrets.write(_folder / "secrets")
    (_folder / "texts").write_text(json.dumps(paths.texts), encoding="utf-8")
