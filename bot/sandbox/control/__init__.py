"""What tests and the chat page's workbench steer from outside, under /sandbox. No part of Discord's API.

All is JSON. What cannot be read or done is answered 400 with {message}, a sentence; what there is not, 404.
`whose` is "bots" (unless told otherwise), "everyone", a user's id or a session's. Times are ISO 8601 in UTC, by
the sandbox's clock.

    GET /sandbox
        {url, api_url, gateway_url, now, violations: [sentence], unknown_routes: ["GET /nothing"],
         invalid_requests: {"403 GET /channels/…": 1}, counts: {users, guilds, channels, messages, sessions,
         noted (lines of the journal), violations, unknown_routes, invalid_requests}}
        The two lists hold the newest 100.
    GET /sandbox/people
        {people: [{id, username, token, role: "admin" | "member"}]}

    GET /sandbox/faults
        {requests: [ORDER], events: [ORDER], silent: 0, outages: [guild_id],
         refused_resumes: 0, refused_identifies: 0}
    POST /sandbox/faults -> 201 ORDER
        {method, route, failure: FAILURE, when?: "before" | "after", whose?, HOW_OFTEN}
        `method` may be "*"; `route` is a glob held against template and path, such as "/channels/*/messages".
        FAILURE {kind: "status", status}    Discord's own answer with it; 401: the token died
                {kind: "edge", status}      a page of HTML from the edge; 429: a ban
                {kind: "cut"}               no answer
                {kind: "hang", seconds?}    no answer for that long, of real time
                {kind: "slow_body", seconds}
                {kind: "limited", scope?: "user" | "shared" | "global", retry_after?}
                {kind: "meanwhile", deed: DEED}   no failure: the deed is done just before, or just after
        HOW_OFTEN {times?: 1}   the next so many
               or {share: 0.2, seed?: 0, for_s?}   a share of all, for so many seconds of the clock or until cleared
        ORDER is what was given, with its `number`, and `met`: how many it has met so far.
    DELETE /sandbox/faults -> 204             all is well again: orders, silences, refusals and outages end
    DELETE /sandbox/faults/{number} -> 204    one order

    POST /sandbox/gateway -> 200 {told: how many connections} where nothing else stands
        {do: "close", code?: 4000, whose?} {do: "cut", whose?}
        {do: "silence", for_s?, whose?} {do: "lift_silence"}
        {do: "ask_for_heartbeats", whose?} (op 1) {do: "reconnect", whose?} (op 7)
        {do: "invalidate", resumable?: false, whose?} (op 9)
        {do: "refuse_resumes", times?: 1} {do: "refuse_identifies", code?: 4004, times?: 1}
        {do: "outage", guild_id} {do: "end_outage", guild_id}
        {do: "drop" | "repeat" | "reorder" | "late", events?: "MESSAGE_*", guild_id?, whose?, HOW_OFTEN} -> 201 ORDER
        and for "late" {seconds}; for "repeat" {more?: 1}

    POST /sandbox/deeds -> 204
        DEED {do: "delete_message" | "delete_channel" | "delete_guild", id}     (a thread is a channel)
             {do: "kick_bot", id: guild_id, bot_id?}
             {do: "take_permission", id: channel_id or guild_id, permission: "SEND_MESSAGES", bot_id?}

    GET /sandbox/journal?after=&action=&limit=
        {lines: [{number, at, action, actor_id, guild_id, channel_id, message_id, detail}], last: number}
        Those after a number, oldest first, 100 unless told and at most 1000; `action` is a glob ("message *").
        Without `after` the newest ones.

    GET /sandbox/clock, and POST /sandbox/clock {advance_s}
        {now}
"""

from bot.sandbox.control.control import Control

__all__ = ["Control"]
