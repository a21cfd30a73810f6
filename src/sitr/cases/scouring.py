"""Making the database give up the bytes of what was deleted. Not here: what is deleted, and when."""

from django.db import connections


def scour(alias: str, table: str) -> None:
    """Rewrite a table without what was deleted from it, and cut the log. Outside of any transaction."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            if alias == "keys":
                cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            cursor.execute(f'VACUUM FULL "{table}"')
