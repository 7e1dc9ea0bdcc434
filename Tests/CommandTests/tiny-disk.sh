# Changes a setting in a configuration folder on a disk that is full, and then on one that is read-only. In a mount
# namespace of its own.
set -eu
disk=$XDG_CONFIG_HOME
mount -t tmpfs -o size=8k tiny "$disk"
mkdir "$disk/p2pchat"
echo 'title = false' >"$disk/p2pchat/settings.toml"
cat /dev/zero >"$disk/filling" 2>/dev/null || true
printf '/set bell no\n/set bell\n' | p2pchat chat
mount -o remount,ro "$disk"
printf '/set bell no\n' | p2pchat chat
cat "$disk/p2pchat/settings.toml"
