// What Terminal needs of readline, termios and the C locale, behind a few functions: their globals and macros
// do not import into Swift, or not safely. Nothing here knows more than a terminal.
#ifndef CTERMINAL_H
#define CTERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// --- Line editor (editor.c). One at a time in a process; all calls but ct_editor_wake from one thread. ---

enum ct_editor_status {
    CT_EDITOR_OK = 0,
    CT_EDITOR_NO_TERMINAL,  // a descriptor is not a terminal
    CT_EDITOR_SYSTEM,       // see errno
};

enum ct_editor_step {
    CT_STEP_WOKEN,  // ct_editor_wake was called
    CT_STEP_INPUT,  // input was read, callbacks may have been called
    CT_STEP_GONE,   // the terminal hung up; nothing more will come
};

struct ct_editor_callbacks {
    void *context;
    // A finished line, NUL-terminated, valid during the call. NULL: end of file on an empty line.
    void (*line)(void *context, const char *line);
    // Ctrl-C on an empty line.
    void (*interrupt)(void *context);
    // Candidates to complete `word` with, where the line so far is `line`: called with `index` 0, 1, 2 …, returns
    // strings from malloc, and NULL at the end.
    char *(*candidate)(void *context, const char *word, const char *line, int index);
};

enum ct_editor_status ct_editor_begin(
    int input, int output, const char *prompt, struct ct_editor_callbacks callbacks);
// Waits for a key or a wake-up, and handles it; window size changes and returning from a stop are handled inside.
enum ct_editor_step ct_editor_step(void);
// Writes `text` (ended by a newline) above the line being typed, which keeps its text, cursor, and undo history.
void ct_editor_print_above(const char *text, size_t length);
// Bytes between \001 and \002 take no columns. While a search or a number is being typed, it waits for its end.
void ct_editor_set_prompt(const char *prompt);
void ct_editor_end(void);
// Makes a waiting ct_editor_step return. From any thread or signal handler.
void ct_editor_wake(void);
// The same, and lets go of anything that readline still waits for: the next call is ct_editor_end.
void ct_editor_request_end(void);
bool ct_editor_is_ending(void);

// --- The terminal's own state (tty.c) ---

// Puts the terminal back as it was before the editor or a passphrase prompt changed it. Safe in a signal handler,
// from any thread, any number of times.
void ct_tty_restore(void);
// Columns and rows, or 0 where `fd` is not a terminal that knows.
void ct_tty_size(int fd, int *columns, int *rows);

enum ct_passphrase_status {
    CT_PASSPHRASE_OK = 0,
    CT_PASSPHRASE_NO_TERMINAL,
    CT_PASSPHRASE_TOO_LONG,
    CT_PASSPHRASE_END_OF_FILE,
    CT_PASSPHRASE_INTERRUPTED,  // a signal that the program survived
    CT_PASSPHRASE_SYSTEM,       // see errno
};
// Reads a line from the controlling terminal without echo, without its newline, into `buffer`.
enum ct_passphrase_status ct_passphrase_read(
    const char *prompt, unsigned char *buffer, size_t capacity, size_t *length);
// memset that the compiler may not leave out.
void ct_erase(void *bytes, size_t length);

// --- Characters (width.c) ---

// Columns of one scalar as the C locale knows them: 0, 1, 2, or -1 for a control.
int ct_width(uint32_t scalar);

#endif
