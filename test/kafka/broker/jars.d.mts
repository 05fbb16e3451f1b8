/** Why no broker can be started on this machine; undefined when one can. */
export function whatIsMissing(): string | undefined;
/** Fetches the broker's files when they are not there yet. @returns the class path */
export function brokerJars(): string;
