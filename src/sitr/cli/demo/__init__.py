"""`sitr demo`: the main job on real input, offline, in a throw-away home.

Here belong the little world that the job runs in (leak site, time authorities, mailbox, photographs), the order of the
steps, and the checks by which each step is called done. Not here: the job itself; every step calls the same verbs as a
person's own `sitr` does. The world knows nothing of Sitr, and its answer sheet is used for judging only.
"""
