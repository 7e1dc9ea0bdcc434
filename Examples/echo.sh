#!/bin/sh
# Answers every text with the same text, with jq. Arguments go to p2pchat: Examples/echo.sh --home ./bot
p2pchat listen --json --accept-requests "$@" |
    jq --unbuffered -c 'select(.event == "message" and has("text"))' |
    while IFS= read -r message; do
        peer=$(printf '%s' "$message" | jq -r .peer.fingerprint)
        # jq's last newline is the one that send drops.
        printf '%s' "$message" | jq -r .text | p2pchat send --queue "$@" "$peer"
    done
