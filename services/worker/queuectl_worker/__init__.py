"""The worker: claims jobs, runs their commands, reports. The only room that starts commands."""
