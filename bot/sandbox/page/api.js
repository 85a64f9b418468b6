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

  /** One request; `files` go along as multipart, in the order of the body's attachments. */
  async call(method, path, body, files = []) {
    const headers = {};
    if (this.token) headers.Authorization = this.token;
    if (body !== undefined && !files.length) headers["Content-Type"] = "application/json";
    let answer;
    try {
      answer = await fetch(this.base + path, { method, headers, body: files.length ? multipart(body, files) : body && JSON.stringify(body) });
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
    if (answer.status === 413) throw new ApiError("That is too large to be sent.", { status: 413, code: data?.code });
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

  /** A page of messages; `where` is {}, {before: id}, {after: id} or {around: id}. */
  messages(channel, where = {}, limit = 50) {
    const query = new URLSearchParams({ limit, ...where });
    return this.call("GET", `/channels/${channel}/messages?${query}`);
  }

  /** One message, or null if there is none; asked as a list, since a 404 would litter the console. */
  async message(channel, id) {
    const around = await this.call("GET", `/channels/${channel}/messages?around=${id}&limit=1`);
    return around.find((message) => message.id === id) ?? null;
  }

  send = (channel, body, files) => this.call("POST", `/channels/${channel}/messages`, body, files);
  edit = (channel, id, content) => this.call("PATCH", `/channels/${channel}/messages/${id}`, { content });
  remove = (channel, id) => this.call("DELETE", `/channels/${channel}/messages/${id}`);
  typing = (channel) => this.call("POST", `/channels/${channel}/typing`);

  react = (channel, id, emoji) => this.call("PUT", `/channels/${channel}/messages/${id}/reactions/${emojiPath(emoji)}/@me`);
  unreact = (channel, id, emoji) => this.call("DELETE", `/channels/${channel}/messages/${id}/reactions/${emojiPath(emoji)}/@me`);
  reactors = (channel, id, emoji, limit = 20) => this.call("GET", `/channels/${channel}/messages/${id}/reactions/${emojiPath(emoji)}?limit=${limit}`);
  clearReactions = (channel, id) => this.call("DELETE", `/channels/${channel}/messages/${id}/reactions`);
  pin = (channel, id) => this.call("PUT", `/channels/${channel}/messages/pins/${id}`);
  unpin = (channel, id) => this.call("DELETE", `/channels/${channel}/messages/pins/${id}`);
  pins = (channel) => this.call("GET", `/channels/${channel}/messages/pins`);
  crosspost = (channel, id) => this.call("POST", `/channels/${channel}/messages/${id}/crosspost`);
  openDirect = (user) => this.call("POST", "/users/@me/channels", { recipient_id: user });
  updateChannel = (channel, changes) => this.call("PATCH", `/channels/${channel}`, changes);
  deleteChannel = (channel) => this.call("DELETE", `/channels/${channel}`);
  putOverwrite = (channel, id, overwrite) => this.call("PUT", `/channels/${channel}/permissions/${id}`, overwrite);
  deleteOverwrite = (channel, id) => this.call("DELETE", `/channels/${channel}/permissions/${id}`);
  updateRole = (guild, role, changes) => this.call("PATCH", `/guilds/${guild}/roles/${role}`, changes);
  channel = (id) => this.call("GET", `/channels/${id}`);
  kick = (guild, user) => this.call("DELETE", `/guilds/${guild}/members/${user}`);
  settings = () => this.call("GET", "/users/@me/settings");
  updateSettings = (changes) => this.call("PATCH", "/users/@me/settings", changes);

  threadFrom = (channel, id, name) => this.call("POST", `/channels/${channel}/messages/${id}/threads`, { name, auto_archive_duration: 1440 });
  thread = (channel, name) => this.call("POST", `/channels/${channel}/threads`, { name, type: 11, auto_archive_duration: 1440 });
  post = (forum, name, message, tags, files) => this.call("POST", `/channels/${forum}/threads`, { name, message, applied_tags: tags }, files);
  archivedThreads = (channel) => this.call("GET", `/channels/${channel}/threads/archived/public?limit=50`);

  interact = (body, files) => this.call("POST", "/interactions", body, files);
}

/** What stands in a body for files that come with it. */
export const entries = (files) => files.map((file, id) => ({ id: `${id}`, filename: file.name }));

function multipart(body, files) {
  const form = new FormData();
  form.set("payload_json", JSON.stringify(body));
  files.forEach((file, at) => form.set(`files[${at}]`, file, file.name));
  return form;
}

function emojiPath(emoji) {
  return encodeURIComponent(emoji.id ? `${emoji.name}:${emoji.id}` : emoji.name);
}
