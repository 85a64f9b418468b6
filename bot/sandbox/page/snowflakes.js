// Discord's ids: numbers too long for JavaScript's, kept as strings.

const EPOCH = 1420070400000n;
let counter = 0n;

/** Negative, zero or positive as `a` is older than, the same as or newer than `b`. */
export function compare(a, b) {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** A new id of this moment, for nonces and for messages that are still on their way. */
export function fresh(now = Date.now()) {
  counter = (counter + 1n) % 4096n;
  return `${((BigInt(now) - EPOCH) << 22n) | counter}`;
}

/** When the id was made, in milliseconds. */
export function madeAt(id) {
  return Number((BigInt(id) >> 22n) + EPOCH);
}
