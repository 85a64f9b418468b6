"""Tests of the web API."""
