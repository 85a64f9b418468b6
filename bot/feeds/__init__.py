"""The world outside: fetch, discover, parse, identify, extract, tell. No Discord, no SQL.

An address goes through `fetch` (guarded by `guard`, told by `answers`) to a body; `workers` hands the body
to a process of its own, where `worker` and `parse` make a document of it (`xmlfeed`, `jsonfeed`, `page`,
`items`); `identify` decides, purely, what is new in it, and `summary`, in that process too, what an entry or,
once `extract` has read it, an article's page tells. `discover` walks the same way for an address that a person typed.
"""
