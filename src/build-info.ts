/** What build.ts wrote into this copy of skep; both are absent when the source runs as it is. */
declare const SKEP_BUILD: "binary" | "lib" | undefined;
declare const SKEP_VERSION: string | undefined;

export const version: string = typeof SKEP_VERSION === "string" ? SKEP_VERSION : "0.1.0-dev";
export const build: "binary" | "lib" | "source" = typeof SKEP_BUILD === "string" ? SKEP_BUILD : "source";
