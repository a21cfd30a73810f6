"""The dossier: what a lawyer, the police or another desk gets, and can check without Sitr.

Here belong its contents, the paper, the bag, the signature, the seal and the verification. What is chosen for release
is the caller's decision (`cases`); how an exhibit is captured or a journal kept is in their rooms.
"""
