/** A refusal as Proxmox gives it: the reason stands in the HTTP status line, details per parameter in the body. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    reason: string,
    readonly errors?: Readonly<Record<string, string>>,
  ) {
    super(reason);
  }
}

/** What Proxmox answers when parameters don't fit its schema, or what it knows beyond it. */
export const invalidParameters = (errors: Readonly<Record<string, string>>): ApiError =>
  new ApiError(400, "Parameter verification failed.", errors);

/** What Proxmox answers when the caller lacks a privilege; it does not always say which. */
export const missingPrivilege = (lacking: string): ApiError =>
  new ApiError(403, `Permission check failed${lacking === "" ? "" : ` (${lacking})`}`);
