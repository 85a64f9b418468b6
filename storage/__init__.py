"""All SQLAlchemy: tables, frozen records outward, queries named for what they answer, migrations."""
