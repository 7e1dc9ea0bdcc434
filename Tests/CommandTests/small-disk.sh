# The transcript disk-full.txt's second person: the home of ./bob on a file system of two megabytes that nobody else sees,
# and what is done to it by the words on standard input. Runs under `unshare -rm`.
mkdir disk
mount -t tmpfs -o size=2m tmpfs disk
cp -a bob/. disk
p2pchat listen --json --accept-requests --home disk &
listening=$!
while read -r word; do
    case $word in
    fill)
        dd if=/dev/zero of=disk/ballast bs=512 2>/dev/null
        echo filled
        ;;
    free)
        rm disk/ballast
        echo freed
        ;;
    end)
        kill "$listening"
        wait "$listening"
        echo ended
        ;;
    read-only)
        mount -o remount,ro disk
        p2pchat history alice --home disk 2>&1
        p2pchat listen --home disk 2>&1
        ;;
    esac
done
