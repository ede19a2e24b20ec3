#!/usr/bin/env bash
# One of the machines of hosts.py, in namespaces of its own: files under /var, names, processes, sshd.
#   host.sh FOLDER NAME    FOLDER has hosts, sshd_config and upper/emulab/boot/controlif
set -euo pipefail
folder=$1
hostname "$2"
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=/var,upperdir=$folder/upper,workdir=$folder/work" /var
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir -p /run/sshd
mount --bind "$folder/hosts" /etc/hosts
cd /
# Not exec: this shell takes in what the processes that are started here leave behind.
/usr/sbin/sshd -D -f "$folder/sshd_config" -E "$folder/sshd.log"
