"""Figures for Weights & Biases, where that is configured. Whatever becomes of them, the stage goes on."""
