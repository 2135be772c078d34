const UNKNOWN_WIDTH = 80; // of a terminal that does not tell

/** How wide the terminal behind a stream is; undefined when there is none, and nothing should be fitted. */
export function columnsOf(stream: { readonly isTTY?: boolean; readonly columns?: number }): number | undefined {
  return stream.isTTY === true ? stream.columns || UNKNOWN_WIDTH : undefined;
}
