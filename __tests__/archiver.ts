// In the place of cdktf's own: see synth/cdktf-patches.
export {};
