// Tells when the host's colours may have changed, for what is not drawn by style sheets.

const WHO = ["class", "style", "data-jp-theme-light", "data-jp-theme-name", "data-theme", "data-vscode-theme-kind"];

/** Call back after every switch of the theme; the answer ends that. */
export function onThemeChange(callback: () => void): () => void {
  let frame = 0;
  const soon = (): void => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(callback);
  };
  const observer = new MutationObserver(soon);
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributes: true, attributeFilter: WHO });
  }
  const queries = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((query) => matchMedia(query));
  for (const query of queries) query.addEventListener("change", soon);
  return () => {
    cancelAnimationFrame(frame);
    observer.disconnect();
    for (const query of queries) query.removeEventListener("change", soon);
  };
}
