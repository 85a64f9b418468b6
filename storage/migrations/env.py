"""Alembic's entry: runs the steps on the connection that `storage.schema` hands over."""

from alembic import context

from storage.schema import is_declared
from storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    include_object=is_declared,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
