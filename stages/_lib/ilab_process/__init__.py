"""Processes that drivers start: followed line by line, and never left behind. Standard library only."""
