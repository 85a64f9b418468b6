"""One file a step, named by its order and what it brings."""
