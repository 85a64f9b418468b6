"""How often one may ask: Discord's buckets, its global limit, and the ban for too many invalid requests.

https://docs.discord.com/developers/topics/rate-limits
"""

from bot.sandbox.limits.limiter import Asker, Limiter
from bot.sandbox.limits.refusals import Scope, TooMany, banned, limited
from bot.sandbox.limits.settings import Limits

__all__ = ["Asker", "Limiter", "Limits", "Scope", "TooMany", "banned", "limited"]
