// Shared by editor.c and tty.c only.
#ifndef CT_TTY_H
#define CT_TTY_H

#include <stdbool.h>

// Remembers how the terminal is now, for ct_tty_restore. Returns 0 and errno when it cannot, or when the editor or
// a prompt holds the terminal already.
int ct_tty_remember(int fd, int output);
// Around changing the terminal: false once it was restored, for then the process is dying, and the editor's thread
// must not undo that while another thread's fault is being reported.
bool ct_tty_begin_change(void);
void ct_tty_end_change(void);
// What ct_tty_restore must also write, beyond the settings: at most 511 bytes.
void ct_tty_set_farewell(const char *bytes);
// There is nothing to put back any more.
void ct_tty_forget(void);

#endif
