// The sandbox's own routes under /sandbox: trouble, deeds, the clock, the journal. No part of Discord.

import { ApiError } from "./api.js";

export class Control {
  async call(method, path, body) {
    let answer;
    try {
      answer = await fetch(`${location.origin}/sandbox${path}`, { method, headers: body ? { "Content-Type": "application/json" } : {}, body: body && JSON.stringify(body) });
    } catch {
      throw new ApiError("The sandbox is not answering. Is it still running?");
    }
    const data = answer.status === 204 ? null : await answer.json();
    if (!answer.ok) throw new ApiError(data.message, { status: answer.status, code: data.code });
    return data;
  }

  overview = () => this.call("GET", "");
  orders = () => this.call("GET", "/faults");
  order = (fault) => this.call("POST", "/faults", fault);
  lift = (number) => this.call("DELETE", `/faults/${number}`);
  clear = () => this.call("DELETE", "/faults");
  gateway = (act) => this.call("POST", "/gateway", act);
  deed = (deed) => this.call("POST", "/deeds", deed);
  advance = (seconds) => this.call("POST", "/clock", { advance_s: seconds });

  /** Lines of the journal after a number; without one, the newest `limit`. */
  journal(after, limit = 200) {
    return this.call("GET", `/journal?${new URLSearchParams({ limit, ...(after === null ? {} : { after }) })}`);
  }
}
