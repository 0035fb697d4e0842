/** A terminal of node-pty, whose own types are those of another module. */
interface PseudoTerminal {
  onData(listener: (part: string) => void): void;
  onExit(listener: (end: { readonly exitCode: number }) => void): void;
  write(text: string): void;
  kill(): void;
}
const { spawn }: { readonly spawn: (file: string, args: readonly string[], options: object) => PseudoTerminal } =
  require("@cdktf/node-pty-prebuilt-multiarch");

/** What a person sees, without colours and movements of the cursor. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
export const plain = (text: string): string => text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replaceAll("\r", "");

/** Wherever the terminal is wrapped. */
export const inOneLine = (text: string): string => plain(text).replace(/\s+/g, " ");

/** Questions in their order, with what is typed when they are shown. */
export type Talk = readonly (readonly [question: string, answer: string])[];

/** Runs Node.js in a terminal; whenever the first of the questions is shown, its answer is typed. */
export function inPseudoTerminal(
  command: readonly string[],
  talk: Talk,
  {
    cwd,
    cols = 80,
    path = String(process.env.PATH),
  }: { readonly cwd: string; readonly cols?: number; readonly path?: string },
) {
  const terminal = spawn(process.execPath, command, {
    ...{ cwd, cols, rows: 50, name: "xterm" },
    env: { PATH: path },
  });
  const left = [...talk];
  let [said, since] = ["", ""];
  terminal.onData((part: string) => {
    said += part;
    since += part;
    const [question, answer] = left[0] ?? [];
    if (question === undefined || !inOneLine(since).includes(question)) return;
    left.shift();
    since = "";
    terminal.write(`${answer}\r`);
  });
  return new Promise<{ code: number; said: string; unasked: readonly string[] }>((resolve) => {
    const hanging = setTimeout(() => terminal.kill(), 45_000);
    terminal.onExit(({ exitCode }) => {
      clearTimeout(hanging);
      resolve({ code: exitCode, said: plain(said), unasked: left.map(([question]) => question) });
    });
  });
}
