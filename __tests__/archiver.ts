// In the place of cdktf's own: see synth/zip-files.ts.
export {};
