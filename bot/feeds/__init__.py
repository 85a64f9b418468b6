"""The world outside: fetch, discover, parse, identify, summarise. No Discord, no SQL."""
