import { ImageFactory } from "../image-factory";

let factory: ImageFactory;
beforeAll(async () => {
  factory = await ImageFactory.start();
});
afterAll(() => factory.stop());

test.each([
  ["nothing added", "customization: {}", "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba"],
  [
    "the guest agent",
    "customization: {systemExtensions: {officialExtensions: [siderolabs/qemu-guest-agent]}}",
    "ce4c980550dd2ab1b17bbf2b08801c7eb59418eafe8f279833297925d67c7515",
  ],
])("names a schematic with %s as the public factory does", async (_, body, id) => {
  const reply = await fetch(`${factory.url}/schematics`, { method: "POST", body });
  expect([reply.status, await reply.json()]).toEqual([201, { id }]);
});
