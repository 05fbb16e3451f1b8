/** Reads logs back: what an exchange cost, and whether every record is there. */
export { Completeness, isComplete, MOST_NAMED, type NodeCompleteness } from './completeness.js';
export { findLogFiles, LogFilesError, STDIN } from './log-files.js';
export { parseRecord, readLog, type Fault, type LogListener, type StoredRecord } from './read-log.js';
export type { Range } from './sequence-set.js';
export { DIMENSIONS, localDay, type Dimension } from './usage-dimensions.js';
export { UsageReport, type UsageGroup, type UsageReportOptions } from './usage-report.js';
export type { UsageTotals } from './usage-totals.js';
