"""What the report measured in April 2023 on five CloudLab nodes (its Figures 4 to 6), in ms."""

NODES = ('n0', 'n1', 'n2', 'n3', 'n4')

# Figure 4: PUT to commit, by the node that led.
LOCAL = dict(zip(NODES, (613, 568, 382, 525, 458)))
REMOTE = dict(zip(NODES, (895, 856, 568, 759, 656)))

# Figure 5: from the smallest value to the largest, to commit on all nodes.
BY_SIZE = {1: 700, 4096: 1560}

# Figure 6: from the start of an election to losing it, and to winning it.
LOST = dict(zip(NODES, (10, 26, 26, 26, 26)))
WON = dict(zip(NODES, (17, 21, 26, 22, 100)))
