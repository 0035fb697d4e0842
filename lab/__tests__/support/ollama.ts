import type { RequestListener } from "node:http";
import { text } from "node:stream/consumers";
import type { Container } from "./request";

/**
 * Answers as Ollama does, without a model: of the models that its container has pulled.
 *
 * @see https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-completion
 */
export const ollama = ({ image, lifecycle }: Container): RequestListener => {
  const pulled = [
    ...String(lifecycle?.postStart.exec.command.at(-1)).matchAll(/ollama pull +(?:--insecure +)?(\S+)/g),
  ].map(([, name]) => name);
  return async (request, response) => {
    const answer = (status: number, body: object) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const body = await text(request);
    if (!image.startsWith("ollama/ollama:") || request.method !== "POST" || request.url !== "/api/generate") {
      response.writeHead(404).end("404 page not found");
      return;
    }
    const { model, prompt, stream = true } = JSON.parse(body);
    if (!pulled.includes(model)) answer(404, { error: `model '${model}' not found` });
    else answer(200, { model, response: `an answer to ${prompt}`, done: true, stream });
  };
};
