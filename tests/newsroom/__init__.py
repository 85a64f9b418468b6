"""The newsroom: what it decides, and what it does with a real store."""
