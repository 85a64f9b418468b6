"""The wishes that a subscription may have, in words: to choose from, and to say what they are. Pure."""

from __future__ import annotations

from datetime import timedelta

from storage.records import Length, Reading, SameStory, Subscription

LENGTHS = {
    Length.SHORT: "Short: one or two sentences",
    Length.NORMAL: "Normal: two or three sentences (the usual)",
    Length.LONG: "Long: a paragraph",
    Length.NONE: "None: the headline and the picture",
    Length.FULL: "Full: as much of the article as fits",
}
PAGES = {
    Reading.NEEDED: "When needed: where the feed brings only a beginning (the usual)",
    Reading.ALWAYS: "Always",
    Reading.NEVER: "Never: only what the feed brings",
}
SAME_STORY = {
    SameStory.MERGE: "Name it on the card that is there (the usual)",
    SameStory.THREAD: "Put it in the thread of the card that is there",
    SameStory.POST: "Post it anyway",
}
# How long a post may wait for its channel, by whole hours, before it goes into a digest.
WAITS = {
    1: "An hour",
    6: "6 hours",
    24: "A day (the usual)",
    72: "3 days",
    168: "A week",
}
USUAL_WAIT = timedelta(hours=24)
_LENGTH = {
    Length.SHORT: "short summaries",
    Length.NORMAL: "summaries of the usual length",
    Length.LONG: "long summaries",
    Length.NONE: "no summaries",
    Length.FULL: "whole articles",
}
_PAGES = {
    Reading.NEEDED: "articles' pages read when needed",
    Reading.ALWAYS: "articles' pages always read",
    Reading.NEVER: "articles' pages never read",
}
_SAME_STORY = {
    SameStory.MERGE: "stories that another source told first named on its card",
    SameStory.THREAD: "stories that another source told first put into its card's thread",
    SameStory.POST: "stories that another source told first posted all the same",
}


def about_wishes(subscription: Subscription) -> list[str]:
    """What about a subscription is not as usual, in words that go after "with"."""
    unusual = [
        ("a thread for each article", subscription.thread),
        (_LENGTH[subscription.length], subscription.length is not Length.NORMAL),
        (_PAGES[subscription.reading], subscription.reading is not Reading.NEEDED),
        (_SAME_STORY[subscription.same_story], subscription.same_story is not SameStory.MERGE),
        ("posts published to the servers that follow", subscription.announce),
        ("posts pinned", subscription.pin),
        (_wait(subscription.longest_wait), subscription.longest_wait != USUAL_WAIT),
        (_limit(subscription.at_most), subscription.at_most is not None),
    ]
    return [words for words, said in unusual if said]


def about_changes(before: Subscription, after: Subscription) -> list[str]:
    """What is other about a subscription now, in words that go after "with"."""
    changed = [
        ("a thread for each article" if after.thread else "no threads", before.thread != after.thread),
        (_LENGTH[after.length], before.length != after.length),
        (_PAGES[after.reading], before.reading != after.reading),
        (_SAME_STORY[after.same_story], before.same_story != after.same_story),
        (
            "posts published to the servers that follow"
            if after.announce
            else "posts not published any more",
            before.announce != after.announce,
        ),
        ("posts pinned" if after.pin else "posts not pinned any more", before.pin != after.pin),
        (_wait(after.longest_wait), before.longest_wait != after.longest_wait),
        (_limit(after.at_most), before.at_most != after.at_most),
    ]
    return [words for words, other in changed if other]


def _wait(longest: timedelta) -> str:
    hours = round(longest.total_seconds() / 3600)
    if hours % 168 == 0:
        span = "a week" if hours == 168 else f"{hours // 168} weeks"
    elif hours % 24 == 0:
        span = "a day" if hours == 24 else f"{hours // 24} days"
    else:
        span = "an hour" if hours == 1 else f"{hours} hours"
    return f"posts that wait for {span} at most"


def _limit(at_most: int | None) -> str:
    if at_most is None:
        return "no limit of posts a day"
    return f"at most {at_most} {'post' if at_most == 1 else 'posts'} a day and the other articles in a digest"


def listed(phrases: list[str]) -> str:
    """Several phrases as one: "a, b and c"."""
    *first, last = phrases
    return f"{', '.join(first)} and {last}" if first else last
