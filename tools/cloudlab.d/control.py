"""The control network of CloudLab, seen from one of its machines; raftd knows it by the same rule
(net/config/control_network.h)."""

import json
import pathlib
import socket
import subprocess

INTERFACE_FILE = pathlib.Path('/var/emulab/boot/controlif')


def interface():
    """The name of the interface; None on a machine that has no such network."""
    try:
        return INTERFACE_FILE.read_text(encoding='ascii').strip() or None
    except OSError:
        return None


def addresses():
    """Those that this machine has on the control network."""
    name = interface()
    if name is None:
        return set()
    shown = subprocess.run(['ip', '-j', 'addr', 'show', 'dev', name], text=True,
                           capture_output=True, check=False)
    if shown.returncode:
        return set()
    return {each['local'] for one in json.loads(shown.stdout) for each in one.get('addr_info', [])}


def source_for(host):
    """The address of this machine that traffic to `host` would come from; None if there is no way.
    Nothing is sent."""
    try:
        family, _, _, _, place = socket.getaddrinfo(host, 9, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(place)
            return probe.getsockname()[0]
    except OSError:
        return None


def why_not(host):
    """Why nothing of the experiment may be reached at `host`; None if it may."""
    if source_for(host) not in addresses():
        return None
    return (f'{host} is reached over {interface()}, the control network, which all experiments '
            "share and which must not carry this one's traffic; use addresses of the experiment's "
            'own LAN, such as 10.10.1.1')
