"""One module per command, named after it; what several commands share is one level up."""
