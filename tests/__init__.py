"""Tests over real sockets and real databases."""
