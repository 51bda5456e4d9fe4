// A style sheet of the page under an id of its own; a newer one takes its place.

export function putStyle(id: string, text: string, root: Document = document): void {
  let element = root.getElementById(id);
  if (!element) {
    element = root.createElement("style");
    element.id = id;
    root.head.append(element);
  }
  if (element.textContent !== text) element.textContent = text;
}
