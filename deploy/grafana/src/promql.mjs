/** Queries as text. Rates are per second over Grafana's own choice of a window. */

const RATE = '$__rate_interval';
/** The whole time that the dashboard shows. */
const RANGE = '$__range';

/** Bytes, exchanges, tokens … per second, added up by these labels. */
export const rate = (series, by = '') => grouped('sum', by, `rate(${series}[${RATE}])`);

/** What came together in the time that is shown. */
export const increase = (series, by = '') => grouped('sum', by, `increase(${series}[${RANGE}])`);

export const sum = (series, by = '') => grouped('sum', by, series);

export const max = (series, by = '') => grouped('max', by, series);

/** @param {number} quantile 0 to 1 @param {string} series without `_bucket` @param {string} matchers `a="b",…` */
export const quantile = (quantile, series, matchers, by = '') =>
  `histogram_quantile(${quantile}, ${grouped('sum', ['le', by].filter(Boolean).join(', '), `rate(${series}_bucket{${matchers}}[${RATE}])`)})`;

/** A ratio that is 0 and not nothing while nothing happens. */
export const share = (part, whole) => `${part} / clamp_min(${whole}, 1e-9)`;

const grouped = (operator, by, inner) => (by === '' ? `${operator}(${inner})` : `${operator} by (${by}) (${inner})`);
