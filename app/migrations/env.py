"""How Alembic runs here: on the connection that core/migrations.py hands over, in one transaction."""

from alembic import context

from pretamane.wiring import every_table

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=every_table(), compare_server_default=True)
with context.begin_transaction():
    context.run_migrations()
connection.commit()
