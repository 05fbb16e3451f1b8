/**
 * Whether `promise` settles in time. It must not reject.
 * @param limit milliseconds.
 */
export async function within(promise: Promise<unknown> | undefined, limit: number): Promise<boolean> {
  if (!promise) return true;
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, limit, false);
  });
  try {
    return await Promise.race([promise.then(() => true), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
