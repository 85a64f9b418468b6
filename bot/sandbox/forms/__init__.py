"""Reading request bodies: every rule that Discord holds them to, refused together as a 50035."""
