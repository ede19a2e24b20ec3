#!/usr/bin/env bash
# Becomes the first process of a sandbox: systemd on this machine's files, which nothing that it
# writes ever reaches. Started by sandbox.py, in namespaces of its own.
# boot_sandbox.sh FOLDER
set -euo pipefail
folder=$1
root=$folder/root

# Whatever is mounted from here on is seen by nobody else, and gone with the last process.
mount --make-rprivate /
mount -t tmpfs -o mode=755 sandbox "$folder"
mkdir "$folder"/{written,work} "$root"
mount -t overlay overlay \
  -o "lowerdir=/,upperdir=$folder/written,workdir=$folder/work" "$root"

# Of the kernel only what processes need, and nothing that could change the machine.
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 run "$root/run"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mount -t tmpfs -o mode=755 dev "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done

# None of this machine's services, and no state of another systemd.
rm -rf "$root"/etc/systemd/system/*.{wants,requires}
ip link set lo up

# What is written, for sandbox.py; and then this is the root. (Under a mere chroot services could
# have no users of their own.)
mkdir "$root/run/written" "$root/run/old"
mount --bind "$folder/written" "$root/run/written"
cd "$root"
pivot_root . run/old
umount --lazy run/old
exec env -i container=sandbox PATH="$PATH" /lib/systemd/systemd --system --unit=basic.target
