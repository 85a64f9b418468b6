// Discord's gateway, as a person uses it: identify, heartbeats, resume, and patience.

const FATAL = new Set([4004, 4010, 4011, 4012, 4013, 4014]);
const LONGEST_WAIT = 15;

/**
 * Events: "dispatch" {type, data}; "status" {state: "connecting"|"online"|"waiting", seconds};
 * "refused" {code} when the token is not accepted and trying again would not help.
 */
export class Gateway extends EventTarget {
  #socket = null;
  #sequence = null;
  #resumeAddress = null;
  #failures = 0;
  #timers = new Set();
  #beat = null;
  #acknowledged = true;

  /** `findAddress()` resolves to the address that GET /gateway told. */
  constructor({ findAddress, token }) {
    super();
    this.findAddress = findAddress;
    this.token = token;
    this.sessionId = null;
    this.closed = false;
  }

  async open() {
    if (this.closed) return;
    this.#tell("status", { state: "connecting" });
    let address;
    try {
      address = this.#resumeAddress ?? (await this.findAddress());
    } catch {
      this.#retry();
      return;
    }
    const url = new URL(address);
    url.search = "?v=10&encoding=json";
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.addEventListener("message", (event) => this.#receive(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => socket === this.#socket && this.#lost(event.code));
  }

  /** Close for good. */
  close() {
    this.closed = true;
    this.#quiet();
    this.#socket?.close(1000);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #send(op, d) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ op, d }));
  }

  #receive({ op, d, s, t }) {
    if (op === 10) this.#greet(d.heartbeat_interval);
    else if (op === 1) this.#send(1, this.#sequence);
    else if (op === 11) this.#acknowledged = true;
    else if (op === 7) this.#socket.close(4900);
    else if (op === 9) {
      if (!d) this.#forget();
      this.#socket.close(4900);
    } else if (op === 0) {
      this.#sequence = s;
      if (t === "READY") {
        this.sessionId = d.session_id;
        this.#resumeAddress = d.resume_gateway_url ?? null;
      }
      if (t === "READY" || t === "RESUMED") {
        this.#failures = 0;
        this.#tell("status", { state: "online" });
      }
      this.#tell("dispatch", { type: t, data: d });
    }
  }

  #greet(interval) {
    this.#acknowledged = true;
    const beat = () => {
      if (!this.#acknowledged) return this.#socket.close(4901);
      this.#acknowledged = false;
      this.#send(1, this.#sequence);
    };
    clearInterval(this.#beat);
    this.#beat = setInterval(beat, interval);
    if (this.sessionId) this.#send(6, { token: this.token, session_id: this.sessionId, seq: this.#sequence });
    else this.#send(2, { token: this.token, properties: { os: "browser", browser: "sandbox page", device: "" } });
  }

  #forget() {
    this.sessionId = null;
    this.#sequence = null;
    this.#resumeAddress = null;
  }

  #lost(code) {
    this.#quiet();
    if (this.closed) return;
    if (FATAL.has(code)) {
      this.#tell("refused", { code });
      return;
    }
    if (code === 4007 || code === 4009) this.#forget();
    this.#retry();
  }

  #retry() {
    // After two failures the old address may be dead: ask again where the gateway is.
    if (this.#failures >= 2) this.#resumeAddress = null;
    const seconds = Math.min(2 ** this.#failures, LONGEST_WAIT);
    this.#failures += 1;
    this.#tell("status", { state: "waiting", seconds });
    this.#timers.add(setTimeout(() => this.open(), seconds * 1000));
  }

  #quiet() {
    clearInterval(this.#beat);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
