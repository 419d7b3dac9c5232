"""One verb per file: what the program does, of adapters and the pure core. Knows no settings and no terminal."""
