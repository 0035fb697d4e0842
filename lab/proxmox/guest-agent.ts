import { ApiError } from "./api-error";
import type { ApiRequest } from "./api-request";
import { PropertyString } from "./property-string";
import type { VirtualMachine } from "./virtual-machine";

/** Addresses that the agent in the guest reports: those of the cloud-init drive, and one by IPv6 autoconfiguration. */
export function guestInterfaces(vm: VirtualMachine): unknown[] {
  const networks = vm.numbered("net").map(([key, value], n) => {
    const mac = (/=([0-9A-F:]{17})/.exec(value)?.[1] ?? "").toLowerCase();
    const configured = PropertyString.parse(vm.get(`ipconfig${key.slice(3)}`) ?? "", "ip").get("ip");
    const [address, prefix] = configured?.split("/") ?? [];
    const ipv4 = { "ip-address-type": "ipv4", "ip-address": address, prefix: Number(prefix) };
    const ipv6 = {
      "ip-address-type": "ipv6",
      "ip-address": `fd00::${(vm.id % 0x10000).toString(16)}:${n + 1}`,
      prefix: 64,
    };
    const addresses = address === undefined || address === "dhcp" ? [ipv6] : [ipv4, ipv6];
    return { name: `eth${n}`, "hardware-address": mac, "ip-addresses": addresses };
  });
  const loopback = { "ip-address-type": "ipv4", "ip-address": "127.0.0.1", prefix: 8 };
  return [{ name: "lo", "hardware-address": "00:00:00:00:00:00", "ip-addresses": [loopback] }, ...networks];
}

/** The VM of a request, if an agent answers in it. */
export function demandAgent(request: ApiRequest): VirtualMachine {
  const vm = request.host.vm(request.vmid);
  if (!vm.hasGuestAgent) throw new ApiError(500, "No QEMU guest agent configured");
  if (!vm.running) throw new ApiError(500, `VM ${vm.id} is not running`);
  if (!request.host.guestAgent) throw new ApiError(500, "QEMU guest agent is not running");
  return vm;
}
