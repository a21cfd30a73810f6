"""desk: the pages of caseworkers, apart from those of survivors. Empty until the desk is built."""
