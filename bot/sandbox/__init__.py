"""A local Discord for bots and people: REST, gateway and a chat page. Imports nothing else of the project."""
