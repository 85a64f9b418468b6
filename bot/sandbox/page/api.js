// Discord's REST, as a person uses it: one method per call, errors as sentences.

/** What the server refused, or that it did not answer. `message` may be shown to people as it is. */
export class ApiError extends Error {
  constructor(message, { status = 0, code = 0 } = {}) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The first sentence in Discord's 50035 tree of errors, with the field it belongs to. */
function deepest(errors, path = []) {
  if (errors?._errors?.length) return `${path.join(".")}: ${errors._errors[0].message}`;
  for (const [key, inner] of Object.entries(errors ?? {})) {
    const found = key !== "_errors" && typeof inner === "object" ? deepest(inner, [...path, key]) : null;
    if (found) return found;
  }
  return null;
}

export class Api {
  /** `token` is a person's bare token, or null before anybody was chosen. */
  constructor(token = null, base = `${location.origin}/api/v10`) {
    this.token = token;
    this.base = base;
  }

  async call(method, path, body) {
    const headers = {};
    if (this.token) headers.Authorization = this.token;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let answer;
    try {
      answer = await fetch(this.base + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    } catch {
      throw new ApiError("The sandbox is not answering. Is it still running?");
    }
    const text = await answer.text();
    let data = null;
    try {
      data = text ? JSON.parse(text) : null;
    } catch {
      throw new ApiError(`The sandbox answered ${method} ${path} with something that is not JSON.`, { status: answer.status });
    }
    if (answer.status === 429) throw new ApiError(`Too fast; try again in ${Math.ceil(data?.retry_after ?? 1)} s.`, { status: 429 });
    if (!answer.ok) {
      const detail = deepest(data?.errors);
      throw new ApiError(detail ? `${data.message} (${detail})` : data?.message ?? `The sandbox answered ${answer.status}.`, { status: answer.status, code: data?.code });
    }
    return data;
  }

  /** The people who were prepared for this sandbox; an empty list where there are none. */
  async people() {
    const answer = await fetch(`${location.origin}/sandbox/people`);
    return answer.ok ? (await answer.json()).people : [];
  }

  register = (username) => this.call("POST", "/auth/register", { username, fingerprint: "", consent: true, date_of_birth: "2000-01-01" });
  gateway = () => this.call("GET", "/gateway");
  createGuild = (name) => this.call("POST", "/guilds", { name });
  acceptInvite = (code) => this.call("POST", `/invites/${encodeURIComponent(code)}`, {});
  createInvite = (channel) => this.call("POST", `/channels/${channel}/invites`, {});
  createChannel = (guild, name, type) => this.call("POST", `/guilds/${guild}/channels`, { name, type });
  commandIndex = (guild) => this.call("GET", `/guilds/${guild}/application-command-index`);

  messages(channel, { before = null, limit = 50 } = {}) {
    const query = new URLSearchParams({ limit });
    if (before) query.set("before", before);
    return this.call("GET", `/channels/${channel}/messages?${query}`);
  }

  /** One message, or null if there is none; asked as a list, since a 404 would litter the console. */
  async message(channel, id) {
    const around = await this.call("GET", `/channels/${channel}/messages?around=${id}&limit=1`);
    return around.find((message) => message.id === id) ?? null;
  }

  send = (channel, body) => this.call("POST", `/channels/${channel}/messages`, body);
  edit = (channel, id, content) => this.call("PATCH", `/channels/${channel}/messages/${id}`, { content });
  remove = (channel, id) => this.call("DELETE", `/channels/${channel}/messages/${id}`);
  typing = (channel) => this.call("POST", `/channels/${channel}/typing`);

  react = (channel, id, emoji) => this.call("PUT", `/channels/${channel}/messages/${id}/reactions/${emojiPath(emoji)}/@me`);
  unreact = (channel, id, emoji) => this.call("DELETE", `/channels/${channel}/messages/${id}/reactions/${emojiPath(emoji)}/@me`);
  reactors = (channel, id, emoji) => this.call("GET", `/channels/${channel}/messages/${id}/reactions/${emojiPath(emoji)}?limit=20`);

  threadFrom = (channel, id, name) => this.call("POST", `/channels/${channel}/messages/${id}/threads`, { name, auto_archive_duration: 1440 });
  post = (forum, name, content, tags) => this.call("POST", `/channels/${forum}/threads`, { name, message: { content }, applied_tags: tags });
  archivedThreads = (channel) => this.call("GET", `/channels/${channel}/threads/archived/public?limit=50`);

  interact = (body) => this.call("POST", "/interactions", body);
}

function emojiPath(emoji) {
  return encodeURIComponent(emoji.id ? `${emoji.name}:${emoji.id}` : emoji.name);
}
