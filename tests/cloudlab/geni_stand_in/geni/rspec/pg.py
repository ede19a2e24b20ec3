"""A request: its machines and its LAN. Names are those of geni-lib, and are not ours to choose."""
# pylint: disable=invalid-name

import xml.etree.ElementTree as ET

RSPEC = 'http://www.geni.net/resources/rspec/3'
EMULAB = 'http://www.protogeni.net/resources/rspec/ext/emulab/1'


def text_of(flag):
    """A truth value as XML has it."""
    return 'true' if flag else 'false'


class Strict:
    """Only attributes that the library knows can be set: a mistyped one would be ignored there."""

    known = ()

    def __setattr__(self, name, value):
        if name not in self.known:
            raise AttributeError(f'{type(self).__name__} has no {name}')
        object.__setattr__(self, name, value)


class Element(Strict):
    """Something that becomes an element of the request."""

    known = ('element',)

    def __init__(self, parent, tag, name):
        self.element = ET.SubElement(parent, f'{{{RSPEC}}}{tag}', client_id=name)

    def add(self, namespace, tag, **attributes):
        """Gives the new element below this one."""
        return ET.SubElement(self.element, f'{{{namespace}}}{tag}', attributes)

    def finish(self):
        """Once all attributes are set."""


class IPv4Address:
    """An address on an interface."""

    def __init__(self, address, netmask):
        self.address = address
        self.netmask = netmask


class Execute:
    """A command at each boot."""

    def __init__(self, shell, command):
        self.shell = shell
        self.command = command


class Interface:
    """Of a node."""

    def __init__(self, node, name):
        self.client_id = name
        self.element = node.add(RSPEC, 'interface', client_id=name)

    def addAddress(self, address):
        ET.SubElement(self.element, f'{{{RSPEC}}}ip', address=address.address,
                      netmask=address.netmask, type='ipv4')


class Blockstore(Strict):
    """A local file system."""

    known = ('name', 'mount', 'size', 'placement')

    def __init__(self, name, mount):
        self.name = name
        self.mount = mount
        self.size = '0GB'
        self.placement = 'any'


class RawPC(Element):
    """A bare machine."""

    known = Element.known + ('disk_image', 'hardware_type', 'stores', 'interfaces')

    def __init__(self, parent, name):
        super().__init__(parent, 'node', name)
        self.disk_image = self.hardware_type = None
        self.stores, self.interfaces = [], []
        self.element.set('exclusive', 'true')

    def addInterface(self, name):
        interface = Interface(self, f'{self.element.get("client_id")}:{name}')
        self.interfaces.append(interface)
        return interface

    def Blockstore(self, name, mount):
        store = Blockstore(name, mount)
        self.stores.append(store)
        return store

    def addService(self, service):
        services = self.element.find(f'{{{RSPEC}}}services')
        if services is None:
            services = self.add(RSPEC, 'services')
        ET.SubElement(services, f'{{{RSPEC}}}execute', shell=service.shell,
                      command=service.command)

    def finish(self):
        sliver = self.add(RSPEC, 'sliver_type', name='raw')
        if self.disk_image:
            ET.SubElement(sliver, f'{{{RSPEC}}}disk_image', name=self.disk_image)
        if self.hardware_type:
            self.add(RSPEC, 'hardware_type', name=self.hardware_type)
        for store in self.stores:
            one = self.add(EMULAB, 'blockstore', name=store.name, mountpoint=store.mount,
                           placement=store.placement)
            one.attrib['class'] = 'local'
            if store.size != '0GB':
                one.set('size', store.size)


class LAN(Element):
    """A LAN of interfaces."""

    known = Element.known + ('best_effort', 'bandwidth', 'members')

    def __init__(self, parent, name):
        super().__init__(parent, 'link', name)
        self.best_effort, self.bandwidth, self.members = False, -1, []

    def addInterface(self, interface):
        self.members.append(interface.client_id)
        self.add(RSPEC, 'interface_ref', client_id=interface.client_id)

    def finish(self):
        self.add(RSPEC, 'link_type', name='lan')
        if self.best_effort:
            self.add(EMULAB, 'best_effort', enabled='true')
        for member in self.members if self.bandwidth != -1 else ():
            self.add(RSPEC, 'property', source_id=member, dest_id=self.element.get('client_id'),
                     capacity=str(self.bandwidth))


class Request:
    """All of it."""

    def __init__(self):
        self.root = ET.Element(f'{{{RSPEC}}}rspec', type='request')
        self.parts = []

    def RawPC(self, name):
        return self._added(RawPC(self.root, name))

    def LAN(self, name):
        return self._added(LAN(self.root, name))

    def _added(self, part):
        self.parts.append(part)
        return part

    def writeXML(self, path):
        for part in self.parts:
            part.finish()
        ET.ElementTree(self.root).write(path, encoding='utf-8', xml_declaration=True)
