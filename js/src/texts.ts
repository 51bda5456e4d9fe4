// Text from outside as it may be drawn: nothing in it turns letters round or hides, and it has an end. Python makes what it
// sends to be drawn so itself; here it is for what stands for something, and comes as it is: keys, names of files.

const MOST = 200;
// Lines and tabs do no harm, and the joiners belong to words of some languages.
const MISLEADING = /(?![\t\n\r\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

export function shown(text: string, most = MOST): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return cut.replace(MISLEADING, "\ufffd");
}
