"""The sandbox's chat page, driven in a real browser."""
