// The colours of the host's theme as xterm takes them: it knows no variables and no mixed colours.
import type { ITheme } from "@xterm/xterm";

const WANTED: Record<string, string> = {
  background: "var(--bw-page)",
  foreground: "var(--bw-strong)",
  cursor: "var(--bw-accent)",
  cursorAccent: "var(--bw-page)",
  selectionBackground: "color-mix(in srgb, var(--bw-accent) 30%, var(--bw-page))",
  selectionInactiveBackground: "color-mix(in srgb, var(--bw-strong) 18%, var(--bw-page))",
  red: "var(--bw-hue-err)",
  green: "var(--bw-hue-ok)",
  yellow: "var(--bw-hue-warn)",
  blue: "var(--bw-accent)",
  cyan: "var(--bw-hue-busy)",
  scrollbarSliderBackground: "color-mix(in srgb, var(--bw-strong) 22%, var(--bw-page))",
  scrollbarSliderHoverBackground: "color-mix(in srgb, var(--bw-strong) 34%, var(--bw-page))",
  scrollbarSliderActiveBackground: "color-mix(in srgb, var(--bw-strong) 44%, var(--bw-page))",
};

export function themeOf(place: HTMLElement): ITheme {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return {};
  const probe = place.appendChild(document.createElement("span"));
  probe.hidden = true;
  const theme: Record<string, string> = {};
  for (const [name, colour] of Object.entries(WANTED)) {
    probe.style.backgroundColor = colour;
    context.fillStyle = getComputedStyle(probe).backgroundColor;
    context.fillRect(0, 0, 1, 1);
    const rgb = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
    theme[name] = `#${rgb.map((one) => one.toString(16).padStart(2, "0")).join("")}`;
  }
  probe.remove();
  return theme;
}
