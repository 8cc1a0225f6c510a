"""`python -m queuectl_api.openapi`: print the OpenAPI schema, for generated clients."""

import json
import sys

from queuectl_api.app import create
from queuectl_api.settings import ApiSettings

if __name__ == "__main__":
    json.dump(create(ApiSettings()).openapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")
