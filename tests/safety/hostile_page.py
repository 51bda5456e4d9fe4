"""What a page would do if a text became more than text, seen from outside of it: no policy of the page hides it."""

from __future__ import annotations

from urllib.parse import urlsplit

from hostile_texts import CANARY

# Elements and attributes that only a text can have brought in. A cell's own source is shown by the editor as text.
BROUGHT_IN = """
(canary) => {
    const found = [];
    const look = (root) => {
        for (const element of root.querySelectorAll("*")) {
            const tag = element.localName;
            const told = (what) => found.push(`${tag}: ${what}`.slice(0, 300));
            if (tag === "script" && !/json/.test(element.type) && element.text.includes(canary)) told(element.text);
            for (const { name, value } of element.attributes) {
                if (/^(on|srcdoc)/.test(name) && value.includes(canary)) told(`${name}=${value}`);
                // An address that is a link to itself is what it says.
                if (tag === "a" && name === "href" && /^https?:/.test(value) && element.text === value) continue;
                if (/^(href|src|action|formaction|style|xlink:href)$/.test(name)) {
                    const reached = /^\\s*javascript:/i.test(value) || value.includes(canary);
                    if (reached && !/^#/.test(value)) told(`${name}=${value}`);
                }
            }
            if (element.shadowRoot) look(element.shadowRoot);
        }
    };
    look(document);
    return found;
}
"""


class Canary:
    """Tells of scripts that ran on a page, and of what they might do: dialogs, other pages, requests elsewhere.

    Parameters
    ----------
    page : Page
        The page, before it is opened.
    own : sequence of str
        Hosts that it may ask.
    """

    def __init__(self, page, own=()):
        self.seen = []
        self._page = page
        page.expose_function(CANARY, lambda *_: self.seen.append("a script ran"))
        page.on("dialog", self._on_dialog)
        page.on("popup", lambda other: self.seen.append(f"a page was opened: {other.url[:200]}"))
        page.on("request", lambda request: self._on_request(request, own))

    def _on_dialog(self, dialog):
        self.seen.append(f"a dialog was opened: {dialog.message[:200]}")
        dialog.dismiss()

    def _on_request(self, request, own):
        parts = urlsplit(request.url)
        if CANARY.casefold() in request.url.casefold() or (parts.netloc not in own and parts.scheme.startswith("http")):
            self.seen.append(f"was asked for: {request.url[:200]}")

    def wrong(self):
        """Give what was seen, and what is in the document that should not be."""
        self._page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))")
        return [*self.seen, *self._page.evaluate(BROUGHT_IN, CANARY)]
