"""What holds for long: two bots that are frozen in turns, and a day full of faults in a few minutes."""
