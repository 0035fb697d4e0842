/** A refusal as Proxmox gives it: the reason stands in the HTTP status line, details per parameter in the body. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    reason: string,
    readonly errors?: Record<string, string>,
  ) {
    super(reason);
  }
}

/** What Proxmox answers when parameters don't fit its schema. */
export const invalidParameters = (errors: Record<string, string>): ApiError =>
  new ApiError(400, "Parameter verification failed.", errors);

/** What Proxmox answers when the caller lacks a privilege. */
export const missingPrivilege = (path: string, privilege: string): ApiError =>
  new ApiError(403, `Permission check failed (${path}, ${privilege})`);
