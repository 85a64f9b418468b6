"""JSON API and health over HTTP. Reads from storage, never from Discord."""
