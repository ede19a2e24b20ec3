"""What Emulab adds to a node."""

from . import pg


def install_root_keys(node, private=True, public=True):
    """Adds <emulab:rootkey>."""
    node.add(pg.EMULAB, 'rootkey', private=pg.text_of(private), public=pg.text_of(public))


# As in the library, a node has it only once this module was imported.
pg.RawPC.installRootKeys = install_root_keys
