"""Values and blocks as HCL text, in the form that ``terraform fmt`` gives them. Nothing is read here."""
