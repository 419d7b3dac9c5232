"""Views: from values of the core to text. Nothing here asks a database, a clock or the terminal."""
