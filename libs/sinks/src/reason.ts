/** What an error says, on one line. Attempts at several addresses of a host come as one error with a list. */
export function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { errors, message, name } = error as Partial<AggregateError>;
  if (Array.isArray(errors) && errors.length > 0) return [...new Set(errors.map(reasonOf))].join(', ');
  return (message || name || 'failed without a reason').replaceAll(/\s+/g, ' ');
}
