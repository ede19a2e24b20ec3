"""A Drydock cluster: 3, 5, 7 or 9 bare machines on one LAN, each with Drydock built and its tools.

Drydock is a key-value store, replicated with Raft, whose failures you rehearse before you launch.
The machines are node0, node1, ... with the addresses 10.10.1.1, 10.10.1.2, ... on the LAN. At each
boot they run `tools/cloudlab.d/setup`, which installs what is missing, builds, and says in
`/var/log/drydock-setup.log` how it went.

Instructions:
Wait until the startup service of every node has finished: the first time it compiles, which takes
some minutes. Then, on your own machine, in a clone of this repository:

1. Save the text of the tab *Manifest* as `manifest.xml`.
2. `tools/cloudlab use manifest.xml` remembers the machines.
3. `tools/cloudlab doctor` looks for what would spoil an experiment.
4. `tools/cloudlab start` starts the cluster; `tools/cloudlab status` shows who leads.
5. `tools/cloudlab bench -- --clients 64` measures it, `tools/cloudlab kill node2` breaks it.
6. `tools/cloudlab collect` brings logs, traces and results into one folder of your machine.

Everything between the nodes goes over the LAN. The fully qualified names of the nodes are for ssh
only: they belong to the control network, which all experiments share, and Drydock refuses to use
it. The data is lost when the experiment ends. More, and what can go wrong: `docs/cloudlab.md`.
"""

import geni.portal as portal
import geni.rspec.pg as pg
import geni.rspec.emulab  # gives nodes installRootKeys

IMAGE = "urn:publicid:IDN+emulab.net+image+emulab-ops//UBUNTU24-64-STD"
MOUNT = "/mydata"
SETUP = "sudo /local/repository/tools/cloudlab.d/setup --data-fs %s"


def define_parameters(context):
    """What the page of the profile asks for."""
    kinds = portal.ParameterType
    context.defineParameter(
        "nodes", "Number of nodes", kinds.INTEGER, 5, [3, 5, 7, 9],
        longDescription="Of n nodes, more than half must be well: 5 bear the loss of 2.")
    context.defineParameter(
        "hardware", "Hardware type", kinds.NODETYPE, "",
        longDescription="Such as c220g5, xl170 or m510. Empty: whatever is free; all nodes are of "
        "one type only if you name one.")
    context.defineParameter(
        "image", "Disk image", kinds.IMAGE, IMAGE,
        longDescription="Ubuntu 24.04 and Debian 12 have the versions of gRPC that Drydock is "
        "built with.")
    context.defineParameter(
        "linkSpeed", "Speed of the LAN", kinds.INTEGER, 0,
        [(0, "Any"), (1000000, "1 Gb/s"), (10000000, "10 Gb/s"), (25000000, "25 Gb/s"),
         (100000000, "100 Gb/s")],
        longDescription="A speed that the hardware type does not have cannot be mapped.")
    context.defineParameter(
        "bestEffort", "Best effort LAN", kinds.BOOLEAN, False, advanced=True,
        longDescription="The LAN gets no bandwidth of its own: easier to map, but others can slow "
        "it down. Not for measurements.")
    context.defineParameter(
        "dataFileSystem", "Temporary file system for data", kinds.BOOLEAN, True,
        longDescription="Mounted at " + MOUNT + ". Without it the data lies on the small root "
        "file system.")
    context.defineParameter(
        "dataSize", "Size of that file system, in GB", kinds.INTEGER, 0, advanced=True,
        longDescription="0: all the space that is free.")


def check_parameters(context, params):
    """Tells the portal what cannot be; does not return if there is anything."""
    def wrong(text, *names):
        context.reportError(portal.ParameterError(text, list(names)))

    if params.nodes not in (3, 5, 7, 9):
        wrong("A cluster here has 3, 5, 7 or 9 nodes, not %s." % params.nodes, "nodes")
    if not params.image.startswith(("urn:", "https://", "http://")):
        wrong("A disk image is named by its URN, such as %s." % IMAGE, "image")
    if params.bestEffort and params.linkSpeed:
        wrong("A best effort LAN has no speed of its own: choose one of the two.",
              "bestEffort", "linkSpeed")
    if params.dataSize < 0:
        wrong("The size of the file system is a number of GB, or 0 for all that is free.",
              "dataSize")
    if params.dataSize and not params.dataFileSystem:
        wrong("A size needs the temporary file system: tick it, or make the size 0.",
              "dataSize", "dataFileSystem")
    context.verifyParameters()


def add_node(request, lan, params, number):
    """node0, node1, ... at 10.10.1.1, 10.10.1.2, ..."""
    name = "node%d" % number
    node = request.RawPC(name)
    node.disk_image = params.image
    if params.hardware:
        node.hardware_type = params.hardware
    interface = node.addInterface("lan")
    interface.addAddress(pg.IPv4Address("10.10.1.%d" % (number + 1), "255.255.255.0"))
    lan.addInterface(interface)
    if params.dataFileSystem:
        store = node.Blockstore(name + "-data", MOUNT)
        store.size = "%dGB" % params.dataSize
        store.placement = "any"
    node.installRootKeys(True, True)  # root of any node may ssh to any other
    node.addService(pg.Execute(
        shell="bash", command=SETUP % (MOUNT if params.dataFileSystem else "none")))


def main():
    context = portal.Context()
    define_parameters(context)
    params = context.bindParameters()
    check_parameters(context, params)
    request = context.makeRequestRSpec()
    lan = request.LAN("lan")
    if params.bestEffort:
        lan.best_effort = True
    elif params.linkSpeed:
        lan.bandwidth = params.linkSpeed
    for number in range(params.nodes):
        add_node(request, lan, params, number)
    context.printRequestRSpec(request)


main()
