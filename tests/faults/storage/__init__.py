"""Storage that fails under a running system: what is answered meanwhile, and that it goes on when it is over."""
