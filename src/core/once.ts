/** What is made when it is first asked for, and then kept. */
export function once<Made extends object | string>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => (made ??= make());
}
