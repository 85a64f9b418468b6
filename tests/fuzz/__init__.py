"""Hostile and spoilt documents by the hundred thousand; run by `make fuzz`, a small part of it by the tests."""
