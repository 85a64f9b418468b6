"""The schema's history; every step is readable, runs in one transaction and can be taken back."""
