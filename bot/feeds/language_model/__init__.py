"""A language model that the operator names: asked over HTTP, never trusted."""

from bot.feeds.language_model.answer import Asked, accept
from bot.feeds.language_model.client import Answered, ModelClient, NoAnswer
from bot.feeds.language_model.prompt import LANGUAGES, PROMPT_VERSION, Prompt, prompt_for

__all__ = [
    "LANGUAGES",
    "PROMPT_VERSION",
    "Answered",
    "Asked",
    "ModelClient",
    "NoAnswer",
    "Prompt",
    "accept",
    "prompt_for",
]
