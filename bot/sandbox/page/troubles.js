// The troubles that the workbench offers by name, and the words for those that wait. Pure.

const SEND = { method: "POST", route: "/channels/*/messages" };
const ANSWER = { method: "POST", route: "/interactions/*/callback" };
const HOUR = 3600;

/** Faults of requests, as POST /sandbox/faults takes them, under the sentence that says what happens. */
export const FAULTS = [
  ["Sending a message fails with 502, after it was posted", { ...SEND, failure: { kind: "edge", status: 502 }, when: "after" }],
  ["Sending a message fails with 500, and nothing is posted", { ...SEND, failure: { kind: "status", status: 500 } }],
  ["Sending fails with 503 three times", { ...SEND, failure: { kind: "edge", status: 503 }, times: 3 }],
  ["Sending is cut off after it was posted", { ...SEND, failure: { kind: "cut" }, when: "after" }],
  ["Sending hangs for 60 s", { ...SEND, failure: { kind: "hang", seconds: 60 } }],
  ["Sending is limited for 5 s", { ...SEND, failure: { kind: "limited", scope: "user", retry_after: 5 } }],
  ["Everything is limited globally for 10 s", { method: "*", route: "*", failure: { kind: "limited", scope: "global", retry_after: 10 } }],
  ["Publishing is limited for an hour", { method: "POST", route: "*/crosspost", failure: { kind: "limited", scope: "shared", retry_after: HOUR } }],
  ["A forum post fails with 502, after it was made", { method: "POST", route: "/channels/*/threads", failure: { kind: "edge", status: 502 }, when: "after" }],
  ["Editing answers 504", { method: "PATCH", route: "/channels/*/messages/*", failure: { kind: "edge", status: 504 } }],
  ["An interaction's answer is lost (524), after it counted", { ...ANSWER, failure: { kind: "edge", status: 524 }, when: "after" }],
  ["Reading messages comes in drops, over 10 s", { method: "GET", route: "/channels/*/messages", failure: { kind: "slow_body", seconds: 10 } }],
  ["One request in five fails with 500, for an hour", { method: "*", route: "*", failure: { kind: "status", status: 500 }, share: 0.2, for_s: HOUR }],
  ["The token dies: 401 for everything", { method: "*", route: "*", failure: { kind: "status", status: 401 }, share: 1, for_s: HOUR }],
];

/** Troubles of the gateway, as POST /sandbox/gateway takes them; `{guild}` stands for the open server. */
export const GATEWAY = [
  ["Disconnect", "Connections close with 4000; bots resume", { do: "close", code: 4000 }],
  ["Cut", "Connections end without a word", { do: "cut" }],
  ["Ask to reconnect", "Op 7", { do: "reconnect" }],
  ["End the session", "Op 9, nothing is replayed", { do: "invalidate", resumable: false }],
  ["Refuse the next resume", "The bot has to start over", { do: "refuse_resumes", times: 1 }],
  ["Fall silent for 2 min", "Open, but nothing comes, heartbeats neither", { do: "silence", for_s: 120 }],
  ["Speak again", "End the silence", { do: "lift_silence" }],
  ["This server: unavailable", "GUILD_DELETE with unavailable", { do: "outage", guild_id: "{guild}" }],
  ["This server: back", "GUILD_CREATE again", { do: "end_outage", guild_id: "{guild}" }],
  ["Drop 20 % of events", "Until all is well again", { do: "drop", share: 0.2 }],
  ["Repeat 20 % of events", "Until all is well again", { do: "repeat", share: 0.2 }],
  ["Reorder 20 % of events", "Until all is well again", { do: "reorder", share: 0.2 }],
  ["Delay the next message by 30 s", "Of the sandbox's clock", { do: "late", events: "MESSAGE_CREATE", seconds: 30 }],
];

/** The kinds of failure for one's own fault: `[kind, word, parameter, its default]`. */
export const FAILURES = [
  ["status", "Discord answers with", "status", 500],
  ["edge", "the edge answers with", "status", 502],
  ["cut", "no answer, connection cut", null, null],
  ["hang", "no answer for (s)", "seconds", 60],
  ["slow_body", "answer in drops over (s)", "seconds", 10],
  ["limited", "429 for (s)", "retry_after", 5],
];

/** What a waiting order does, in a line. */
export function wordOrder(order) {
  const often = order.times ? `${order.met} of ${order.times}` : `${Math.round(order.share * 100)} %, ${order.met} so far`;
  if (order.do) return `${order.do} ${order.events} (${often})`;
  const { kind, status, retry_after: wait, seconds, deed } = order.failure;
  const what = deed ?? [kind.replace("_", " "), status ?? (wait ? `${wait} s` : seconds ? `${seconds} s` : "")].join(" ").trim();
  return `${order.method} ${order.route}: ${what}${order.when === "after" ? ", after it counted" : ""} (${often})`;
}
