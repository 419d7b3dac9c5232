"""What is known, in PostgreSQL: the tables' only reader and writer, the embedded server, and the migrations.

It keeps what a pass says and decides nothing: what is drift, and what becomes of it, is decided in ``workflows``.
"""
