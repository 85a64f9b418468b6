// Moments in Discord's words, in the reader's own time zone.

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DATE = new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "2-digit", year: "numeric" });
const LONG = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });

export const clock = (iso) => CLOCK.format(new Date(iso));
export const longDate = (iso) => LONG.format(new Date(iso));
export const fullTime = (iso) => FULL.format(new Date(iso));

export function sameDay(a, b) {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

function dayWord(iso, now) {
  if (sameDay(iso, now)) return "Today";
  if (sameDay(iso, now - 86_400_000)) return "Yesterday";
  return null;
}

/** "Today at 15:04", "Yesterday at 15:04", "21/11/2026 15:04". */
export function messageTime(iso, now = Date.now()) {
  const word = dayWord(iso, now);
  return word ? `${word} at ${clock(iso)}` : `${DATE.format(new Date(iso))} ${clock(iso)}`;
}

export const embedTime = messageTime;

/** "just now", "5 m ago", "3 h ago", "2 d ago", for lists where room is short. */
export function ago(milliseconds, now = Date.now()) {
  const minutes = Math.floor((now - milliseconds) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} m ago`;
  return minutes < 1440 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} d ago`;
}
