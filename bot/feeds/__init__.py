"""The world outside: fetch, discover, parse, identify, summarise. No Discord, no SQL.

An address goes through `fetch` (guarded by `guard`, told by `answers`) to a body; `workers` hands the body
to a process of its own, where `worker` and `parse` make a document of it (`xmlfeed`, `jsonfeed`, `page`,
`items`); `identify` and `summarise` decide, purely, what is new in it and what to say of it. `discover`
walks the same way for an address that a person typed.
"""
