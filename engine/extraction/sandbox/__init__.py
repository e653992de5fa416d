"""The sandbox: hostile or heavy bytes are read in worker processes that hold no state and can be killed."""
