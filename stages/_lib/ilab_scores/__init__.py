"""What the engines of eval share: figures with their errors, compared with the base, and how they are written down."""
