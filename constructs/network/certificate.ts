import { and, type Condition, matches } from "../rules/condition";

/** Whether the text is a certificate in PEM, or several. */
export const isCertificate = (text: unknown): Condition =>
  and(matches(text, /^-----BEGIN CERTIFICATE-----/), matches(text, /-----END CERTIFICATE-----[\n\r ]*$/));
