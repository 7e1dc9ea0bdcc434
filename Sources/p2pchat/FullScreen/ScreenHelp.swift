/// The keys and marks of the full screen; those of the line are the user's own, from readline.
enum ScreenHelp {
    static let welcome = [
        "Talk with whom?",
        "  Alt-1 … Alt-9, Ctrl-K   one of the list at the side",
        "  or type                 a handle, ip:port, fingerprint or invite",
        "  /who                    who is online and discoverable: arrows and Enter",
        "  /help, /quit            everything else; leave",
    ]

    static let lines = [
        "",
        "  Alt-1 … Alt-9           the conversations of the list; Alt-arrows the ones beside it",
        "  Ctrl-K                  go to somebody by a part of the name",
        "  PgUp, PgDn              older and newer; Alt-< and Alt-> to the beginning and the end",
        "  /who, /requests, /files lists: arrows or a number choose; keys in the last row; Esc closes",
        "  /search WORDS           Enter goes there; F3 older, Shift-F3 newer (Alt-n, Alt-p); Esc back",
        "  Alt-Enter               a new line in the message",
        "  Tab                     completes commands, peers and files",
        "  \(DeliveryMark.legend)",
        "  + verified  ! the key changed  ? asks to talk  ● online  (3) unread",
    ]
}
