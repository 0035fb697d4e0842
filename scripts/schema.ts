/** Asks the pinned providers for their interfaces, with Terraform, and writes them to `schemas/`. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandArguments } from "./command-line";
import { pins } from "./pins";
import { type InUse, type ProviderSchemas, trimSchema } from "./trim-schema";

commandArguments({
  usage: `Usage: npm run schema

Asks the pinned providers for their interfaces, with Terraform and a registry, and writes them to schemas/.`,
});

/** Of providers that are not listed, all is kept. */
const inUse: Readonly<Record<string, InUse>> = {
  proxmox: {
    resources: [
      "proxmox_acl",
      "proxmox_backup_job",
      "proxmox_download_file",
      "proxmox_hardware_mapping_pci",
      "proxmox_user_token",
      "proxmox_virtual_environment_firewall_ipset",
      "proxmox_virtual_environment_firewall_options",
      "proxmox_virtual_environment_firewall_rules",
      "proxmox_virtual_environment_role",
      "proxmox_virtual_environment_user",
      "proxmox_virtual_environment_vm",
    ],
    dataSources: [
      "proxmox_datastores",
      "proxmox_hardware_mappings",
      "proxmox_hardware_pci",
      "proxmox_version",
      "proxmox_virtual_environment_node",
      "proxmox_virtual_environment_vms",
    ],
  },
  local: { resources: ["local_file", "local_sensitive_file"], dataSources: [] },
  null: { resources: ["null_resource"], dataSources: [] },
};

const directory = mkdtempSync(join(tmpdir(), "schemas-"));
try {
  const required_providers = Object.fromEntries(
    pins().map(({ name, address, version }) => [name, { source: address, version }]),
  );
  writeFileSync(join(directory, "main.tf.json"), JSON.stringify({ terraform: { required_providers } }));
  terraform("init", "-input=false");
  const schemas: ProviderSchemas = JSON.parse(terraform("providers", "schema", "-json"));
  const { provider_selections } = JSON.parse(terraform("version", "-json"));
  for (const { name, address } of pins()) {
    const version = provider_selections[address];
    const trimmed = trimSchema(schemas, address, version, inUse[name]);
    for (const old of readdirSync("schemas")) if (old.startsWith(`${name}@`)) rmSync(join("schemas", old));
    writeFileSync(join("schemas", `${name}@${version}.json`), trimmed);
  }
} finally {
  rmSync(directory, { recursive: true });
}

function terraform(...words: string[]): string {
  return execFileSync("terraform", words, { cwd: directory, encoding: "utf8", maxBuffer: 2 ** 28 });
}
