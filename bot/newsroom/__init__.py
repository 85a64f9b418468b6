"""What the product does: polling, delivery, votes, comments, ranking, subscriptions. No Discord type, no SQL."""
