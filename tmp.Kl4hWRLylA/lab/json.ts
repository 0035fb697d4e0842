/** A synthesized configuration, or a part of one. */
export type Json = { [key: string]: Json | Json[] | string | number | boolean | null };
