"""Importing this takes a process into the background, in a session of its own.

Only the process that syncs are forked from imports it, and all of them inherit what it does: they give way to whoever
answers questions meanwhile, and a terminal's Ctrl-C, which is the server's, does not reach them.
"""

import os

from fivetran_local.niceness import stand_back

os.setsid()
stand_back(os.getpid())
