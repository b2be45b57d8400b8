"""More training rows from a teacher: any endpoint that speaks OpenAI's chat completions."""
