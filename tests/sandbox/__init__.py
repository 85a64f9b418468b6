"""The sandbox over real sockets: plain HTTP, its gateway, and an unmodified discord.py."""
