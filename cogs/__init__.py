"""Discord's events and commands, one module per capability: translate, call the newsroom, reply."""
