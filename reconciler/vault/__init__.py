"""Secrets: the master key and what is sealed with it, ways into AWS, and the environment that children get.

Holds no table and no policy: who may open what is decided elsewhere.
"""
