"""A line to type in an image of a gallery, in place of one of the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets.errors import ValidationError
from batch_widgets.images import CustomImage, fitting_node_agents, gallery_kind
from batch_widgets.texts import choice
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, html, row, styled
from batch_widgets.widgets.lean import show

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batch_widgets.images import SupportedImage


class CustomImageForm(lean.VBox):
    """An id, the system that the image has, and the node agents that fit that system.

    Parameters
    ----------
    on_pick : callable
        Called with the image.
    """

    def __init__(self, on_pick: Callable[[CustomImage], object]) -> None:
        self._on_pick = on_pick
        self._images: Sequence[SupportedImage] = ()
        self.image_id = styled(
            lean.Text(placeholder="/subscriptions/… or /sharedGalleries/… or /communityGalleries/…"), "bw-grow"
        )
        self.os_type = styled(
            lean.Dropdown(description="System", options=[("Linux", "linux"), ("Windows", "windows")]), "bw-select"
        )
        self.node_agent = styled(lean.Dropdown(description="Node agent"), "bw-select")
        self.pick = button("Pick this image")
        self._said = html("")
        super().__init__(
            (
                row(
                    "bw-bar",
                    html(markup.muted("Gallery image")),
                    self.image_id,
                    self.os_type,
                    self.node_agent,
                    self.pick,
                ),
                self._said,
            )
        )
        show(self._said, visible=False)
        self.image_id.observe(lambda _: self._say(), "value")
        self.os_type.observe(lambda _: self._offer_agents(), "value")

    def set_images(self, images: Sequence[SupportedImage]) -> None:
        """Offer the node agents of these images."""
        self._images = images
        self._offer_agents()

    def submit(self) -> None:
        """Pick what was typed, or say what is wrong with it."""
        try:
            image = CustomImage(self.image_id.value, self.node_agent.value or "", self.os_type.value)
        except ValidationError as error:
            self._show(" ".join(problem.message for problem in error.problems), "error")
            return
        self._show("", "")
        self._on_pick(image)

    def _offer_agents(self) -> None:
        agents = fitting_node_agents(self._images, self.os_type.value)
        chosen = self.node_agent.value
        self.node_agent.options = [(choice(one), one) for one in agents]
        self.node_agent.value = chosen if chosen in agents else agents[-1] if agents else None

    def _say(self) -> None:
        kind = gallery_kind(self.image_id.value.strip())
        self._show(f"An image of a {kind}." if kind else "", "")

    def _show(self, text: str, severity: str) -> None:
        words = markup.problem(text, severity) if severity else markup.muted(text)
        self._said.value = f'<div class="bw-pad">{words}</div>'
        show(self._said, visible=bool(text))
