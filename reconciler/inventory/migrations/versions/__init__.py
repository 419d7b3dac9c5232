"""One module for each version, named by its number; its statements stand beside it in a file of the same name."""
