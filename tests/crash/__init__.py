"""The bot killed and hindered at every point of its work; run by `make crash`, a small part of it by the tests."""
