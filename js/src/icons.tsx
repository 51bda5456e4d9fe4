// Line icons, 16 by 16, drawn with the text's colour: as SVG here, and as masks for what the kernel makes.
const PATHS: Record<string, string> = {
  check: "M3 8.5l3.2 3.2L13 5",
  close: "M4 4l8 8M12 4l-8 8",
  copy: "M5.5 5.5h8v8h-8zM3 10.5v-8h8",
  down: "M4 6l4 4 4-4",
  download: "M8 2v8M4.5 7L8 10.5 11.5 7M3 13.5h10",
  error: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM8 4.8v4M8 10.6v1",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  info: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM8 7.2v4M8 4.6v1",
  key: "M10.5 2.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8.3 7.7L3 13v.5h2.5V12H7v-1.500",
  log: "M3.5 2h9v12h-9zM5.5 5h5M5.5 8h5M5.5 11h3",
  more: "M3 8h.5M8 8h.5M13 8h.5",
  play: "M5 3l7 5-7 5z",
  refresh: "M13 3v4H9M13 7a5.5 5.5 0 1 0 .2 3",
  right: "M6 4l4 4-4 4",
  terminal: "M2.500 3h11v10h-11zM5 6l2 2-2 2M8.500 10.500h3",
  trash: "M3 4.500h10M6.500 4V2.500h3V4M4.500 4.500l.5 9h6l.5-9",
  up: "M4 10l4-4 4 4",
  user: "M8 2.500a2.800 2.800 0 1 0 0 5.600 2.800 2.800 0 0 0 0-5.600zM2.800 14c.4-2.800 2.500-4 5.200-4s4.800 1.200 5.200 4",
  warn: "M8 2l6.500 11.500h-13zM8 6.500v3.500M8 11.500v.8",
};

export function Icon({ name, class: extra = "" }: { name: string; class?: string }) {
  return (
    <svg class={`bw-i ${extra}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name] ?? PATHS["more"] ?? ""} />
    </svg>
  );
}

// The names that ipywidgets' own buttons use for what we draw ourselves.
const ALSO: Record<string, string> = {
  refresh: "fa-refresh",
  copy: "fa-copy",
  close: "fa-times",
  terminal: "fa-terminal",
};

/** Rules that give an element of the class `bw-icon-NAME`, and a message of a hue, its mask. */
export function iconRules(): string {
  const names = Object.keys(PATHS);
  const mask = (name: string) =>
    `url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16' fill='none' stroke='black' ` +
    `stroke-width='1.5'%3E%3Cpath d='${PATHS[name]}'/%3E%3C/svg%3E")`;
  const variables = names.map((name) => `--bw-i-${name}:${mask(name)}`).join(";");
  const classes = names.map((name) => {
    const also = ALSO[name] ? `,.bw .${ALSO[name]}` : "";
    return `.bw .bw-icon-${name}${also}{--bw-i:var(--bw-i-${name})}`;
  });
  return `.bw,.bw-host{${variables}}${classes.join("")}`;
}
