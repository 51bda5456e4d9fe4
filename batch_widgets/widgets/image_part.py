"""ImagePart: the image of a pool as a line, and what it is made of to type in."""

from __future__ import annotations

from typing import Any

import ipywidgets

from batch_widgets.errors import ValidationError
from batch_widgets.images import CustomImage, ImageReference, SupportedImage
from batch_widgets.texts import choice
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import Field, button, column, html, row
from batch_widgets.widgets.lean import show

_MARKETPLACE = (
    ("publisher", "Publisher", "canonical"),
    ("offer", "Offer", "0001-com-ubuntu-server-jammy"),
    ("sku", "SKU", "22_04-lts"),
    ("version", "Version", "latest"),
)


class ImagePart(lean.VBox):
    """The image and its node agent; typed in, it is one of the Marketplace or of a gallery.

    Parameters
    ----------
    builder : PoolBuilder
        Whose ``image`` and ``node_agent_sku_id`` it is bound to.
    """

    def __init__(self, builder: Any) -> None:
        self._builder = builder
        self._setting = False
        self._open = False
        self._line = html("", "bw-grow")
        self.change_button = button("Type it in")
        self.change_button.on_click(lambda _: self._toggle())
        self.controls = {
            name: lean.Text(continuous_update=True, placeholder=placeholder) for name, _, placeholder in _MARKETPLACE
        }
        self.gallery = lean.Text(continuous_update=True, placeholder="/communityGalleries/…/images/…/versions/…")
        self.gallery_os = lean.Dropdown(options=(("Linux", "linux"), ("Windows", "windows")))
        self._gallery_field = Field("gallery_image", "Or gallery image", self.gallery, self.gallery_os)
        self.node_agent = lean.Combobox(placeholder="batch.node.ubuntu 22.04", continuous_update=True)
        self.fields = (
            Field("image", "Image", row("bw-cells", self._line, self.change_button)),
            Field("node_agent_sku_id", "Node agent", self.node_agent),
        )
        labels = {name: label for name, label, _ in _MARKETPLACE}
        self._typed = column(
            "bw-typed",
            *(
                row("bw-row", html(markup.muted(labels[name]), "bw-lab"), control)
                for name, control in self.controls.items()
            ),
            self._gallery_field.widget,
        )
        super().__init__((self.fields[0].widget, self._typed, self.fields[1].widget))
        for control in self.controls.values():
            control.observe(lambda _: self._on_typed(), "value")
        self.gallery.observe(lambda _: self._on_gallery(), "value")
        self.gallery_os.observe(lambda _: self._on_gallery(), "value")
        ipywidgets.link((builder, "node_agent_sku_id"), (self.node_agent, "value"))
        builder.observe(lambda _: self._on_image(), "image")
        builder.observe(lambda _: self._on_gallery(), "node_agent_sku_id")
        self._on_image()

    def _toggle(self) -> None:
        self._open = not self._open
        self._draw()

    def _on_typed(self) -> None:
        if self._setting:
            return
        values = {name: control.value.strip() for name, control in self.controls.items()}
        typed = any(values.values())
        values["version"] = values["version"] or "latest"  # as the placeholder says
        self._set(ImageReference(**values) if typed else None, self.gallery)

    def _on_gallery(self) -> None:
        """Take the id of a gallery's image once it is one, with the node agent that is chosen."""
        text = self.gallery.value.strip()
        if self._setting or not text:
            self._gallery_field.show_problem("")
            return
        try:
            image = CustomImage(text, self._builder.node_agent_sku_id, self.gallery_os.value)
        except ValidationError as error:
            self._gallery_field.show_problem(error.problems[0].message)
            return
        self._gallery_field.show_problem("")
        self._set(image, *self.controls.values())

    def _set(self, image: Any, *others: ipywidgets.Text) -> None:
        """Set the image that was typed in; what else was typed in is no longer meant."""
        self._setting = True
        try:
            self._builder.image = image
            for other in others:
                other.value = ""
        finally:
            self._setting = False
        self._draw()

    def _on_image(self) -> None:
        image = self._builder.image
        if not self._setting:
            self._setting = True
            try:
                for name, control in self.controls.items():
                    control.value = "" if isinstance(image, CustomImage) else getattr(image, name, "")
                self.gallery.value = image.image_id if isinstance(image, CustomImage) else ""
                if isinstance(image, CustomImage):
                    self.gallery_os.value = image.os_type
            finally:
                self._setting = False
        self._draw()

    def reset_texts(self) -> None:
        """Forget an id of a gallery's image that is none yet."""
        if not isinstance(self._builder.image, CustomImage):
            self.gallery.value = ""

    def _draw(self) -> None:
        image = self._builder.image
        if image is None:
            kept = self._builder.spec.keeps_image
            said = "as it was loaded" if kept else "none yet: pick one in the SKU browser, or type it in"
            self._line.value = markup.muted(said)
        else:
            reference = image.image_reference if isinstance(image, SupportedImage) else image
            if isinstance(image, CustomImage):
                reference = image.image_id
            verified = isinstance(image, SupportedImage) and image.verified
            self._line.value = markup.mono(reference) + " " + (markup.pill("verified", "ok") if verified else "")
        self.change_button.description = "Close" if self._open else "Type it in"
        show(self._typed, visible=self._open)
        agents = [known.node_agent_sku_id for known in self._builder.account.known_images]
        self.node_agent.options = tuple(
            sorted({one for one in agents if choice(one) == one})  # what is offered is what would be typed in
        )
