"""Discord's edge: cards, outcomes, and the bot over real sockets."""
