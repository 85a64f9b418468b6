"""Sample sources for the demo: three invented publications, served on this machine."""

from bot.samples.publications import Publication
from bot.samples.server import SampleSources

__all__ = ["Publication", "SampleSources"]
