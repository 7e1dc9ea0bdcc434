# The transcript directory-disk-full.txt's directory: its state lies on a file system of one megabyte that nobody else sees, and words
# on standard input say what is done to it. Runs under `unshare -rm`.
mkdir state
mount -t tmpfs -o size=1m tmpfs state
serve() {
    p2pchat server --listen "$1" --state state 2>&1 &
    server=$!
}
serve 127.0.0.1:0
while read -r word rest; do
    case $word in
    fill)
        dd if=/dev/zero of=state/ballast bs=512 2>/dev/null
        echo filled
        ;;
    free)
        rm state/ballast
        echo freed
        ;;
    end)
        kill "$server"
        wait "$server"
        echo "ended with $?"
        ;;
    again)
        serve "$rest"
        ;;
    esac
done
