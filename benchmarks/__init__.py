"""Every figure the documents quote, as a command that prints one JSON object on its last line."""
