"""The command line: it talks to the API over HTTP, and starts the services for `queuectl up`.

It must not know the core: `pip install` of it alone stays small and works from any machine.
"""

__version__ = "0.1.0"
