"""The application packages of the simulated account."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Application:
    """An application with the versions that nodes can be given."""

    id: str
    display_name: str
    versions: tuple[str, ...]


APPLICATIONS = (
    Application("blender", "Blender", ("3.6.5", "4.2.1")),
    Application("ffmpeg", "FFmpeg", ("6.1", "7.0")),
)
