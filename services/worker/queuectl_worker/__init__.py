"""The worker: claims jobs, runs their commands, reports. The only package that starts commands.

It must not know HTTP, which database it is, or where logs are kept.
"""
