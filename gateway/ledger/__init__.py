"""What SQL keeps: accounts, bookings, commands, and who did what.

The only importer of SQLAlchemy and Alembic. Everything here blocks; callers in an event loop run
it in a thread.
"""
