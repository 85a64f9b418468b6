"""Discord's routes: one module a subject, each a table of `ROUTES` and their handlers."""
