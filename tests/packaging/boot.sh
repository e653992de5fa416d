#!/bin/bash
# Boots systemd over a copy of this machine that is thrown away, in namespaces of its own, and starts one unit:
#   unshare --mount --pid --cgroup --uts --ipc --fork --kill-child boot.sh SHARE UNIT
# SHARE is seen as /share inside; SHARE/prepare, if it is there, is run in the copy first, UNIT is a file in SHARE. Ends when the unit powers off.
set -e
share=$1 unit=$2
mount --make-rprivate /
over=$(mktemp -d)
mount -t tmpfs tmpfs "$over"
mkdir "$over"/{up,work,root}
root=$over/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$over/up,workdir=$over/work" "$root"
mkdir -p "$root/share"
mount --bind "$share" "$root/share"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mkdir -p "$root/sys/fs/cgroup"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "$root/run" -o mode=755
mount -t tmpfs tmpfs "$root/tmp" -o mode=1777
mount -t tmpfs tmpfs "$root/dev" -o mode=755
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=0666,mode=620
mount -t tmpfs tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
if [ -x "$share/prepare" ]; then
    chroot "$root" /share/prepare >"$share/prepare.log" 2>&1
fi
cp "$share/$unit" "$root/etc/systemd/system/$unit"
cd "$root"
mkdir -p oldroot
pivot_root . oldroot
umount -l /oldroot
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit="$unit" --log-target=journal --show-status=0
