"""The gateway: sessions that outlive their connections, and who is told what."""
