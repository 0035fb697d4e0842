/** A certificate in PEM, or several. */
export const certificate = /^-----BEGIN CERTIFICATE-----[\s\S]*-----END CERTIFICATE-----\s*$/;
