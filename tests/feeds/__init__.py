"""The world outside, over real sockets and in real worker processes."""
