import { connect } from "node:net";

const ports = [22, 80, 443, 50_000];
const patience = 500;

/** Whether a machine answers at an address, if only by refusing a connection. Many do not, so a no is no proof. */
export async function answersAt(address: string): Promise<boolean> {
  const answers = await Promise.all(ports.map((port) => answersAtPort(address, port)));
  return answers.includes(true);
}

function answersAtPort(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    socket.setTimeout(patience, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", ({ code }: NodeJS.ErrnoException) => end(code === "ECONNREFUSED"));
  });
}
