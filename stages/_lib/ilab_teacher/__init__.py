"""Asking a teacher model behind an OpenAI-compatible endpoint: patiently, and nothing twice."""
