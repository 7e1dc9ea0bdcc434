// What Terminal needs of readline, termios and the C locale, behind a few functions: their globals and macros
// do not import into Swift, or not safely. Nothing here knows more than a terminal.
#ifndef CTERMINAL_H
#define CTERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// --- The line being typed (editor.c). One at a time in a process; all calls from one thread, but where it says so. ---

enum ct_editor_status {
    CT_EDITOR_OK = 0,
    CT_EDITOR_NO_TERMINAL,  // a descriptor is not a terminal, or one that cannot show a full screen
    CT_EDITOR_SYSTEM,       // see errno
};

enum ct_editor_step {
    CT_STEP_WOKEN,  // ct_editor_wake was called, or the time is over
    CT_STEP_INPUT,  // input was read, callbacks may have been called
    CT_STEP_GONE,   // the terminal hung up; nothing more will come
};

enum ct_key {
    CT_KEY_PAGE_UP, CT_KEY_PAGE_DOWN, CT_KEY_TOP, CT_KEY_BOTTOM,
    CT_KEY_NUMBER,  // `first`: 1 to 10
    CT_KEY_PREVIOUS, CT_KEY_NEXT, CT_KEY_JUMP, CT_KEY_HELP, CT_KEY_REDRAW,
    CT_KEY_WHEEL_UP, CT_KEY_WHEEL_DOWN,
    CT_KEY_CLICK,  // `first`: row, `second`: column, from 0
    CT_KEY_ESCAPE,
    CT_KEY_FOCUS,  // `first`: whether the window is looked at
    CT_KEY_FIND_NEXT, CT_KEY_FIND_PREVIOUS,
    // Only as ct_screen_set_keys says.
    CT_KEY_UP, CT_KEY_DOWN, CT_KEY_ENTER,
    CT_KEY_LETTER,  // `first`: the letter
};

struct ct_editor_callbacks {
    void *context;
    // A finished line, NUL-terminated, valid during the call. NULL: end of file on an empty line.
    void (*line)(void *context, const char *line);
    // Enter on a line of more than `longest` bytes (0: any may be): it stays, to be made shorter.
    void (*too_long)(void *context, size_t bytes);
    size_t longest;
    // Ctrl-C on an empty line.
    void (*interrupt)(void *context);
    // Candidates to complete `word` with, where the line so far is `line`: called with `index` 0, 1, 2 …, returns
    // strings from malloc, and NULL at the end.
    char *(*candidate)(void *context, const char *word, const char *line, int index);
    // Of a full screen only.
    void (*key)(void *context, enum ct_key key, int first, int second);
    // The question's end: NULL when it was cancelled.
    void (*answer)(void *context, const char *answer);
    void (*resized)(void *context, int columns, int rows);
    // A secret that was typed, valid during the call; NULL when it was longer than CT_SECRET_BYTES.
    void (*secret)(void *context, const unsigned char *bytes, size_t length);
};

// Waits for a key, a wake-up, or so many milliseconds (-1: for ever), and handles it; window size changes and
// returning from a stop are handled inside.
enum ct_editor_step ct_editor_step(int timeout);
// Whether a key can be read at once.
bool ct_editor_input_pending(void);
// Makes a waiting ct_editor_step return. From any thread or signal handler.
void ct_editor_wake(void);
// The same, and lets go of anything that readline still waits for: the next call is the end. From any thread.
void ct_editor_request_end(void);
bool ct_editor_is_ending(void);

// --- A line below other output (line.c) ---

enum ct_editor_status ct_line_begin(
    int input, int output, const char *prompt, struct ct_editor_callbacks callbacks);
// Writes `text` (ended by a newline) above the line being typed, which keeps its text, cursor, and undo history.
void ct_line_print_above(const char *text, size_t length);
// Bytes between \001 and \002 take no columns. While a search or a number is being typed, it waits for its end.
void ct_line_set_prompt(const char *prompt);
void ct_line_end(void);

// --- A full screen (screen.c draws, screen_input.c has the line, screen_typing.c what may be typed) ---

enum ct_attribute { CT_BOLD = 1, CT_DIM = 2, CT_UNDERLINE = 4, CT_REVERSE = 8 };
// Colours are numbers: 0 the terminal's own, 1 to 6 red, green, yellow, blue, magenta, cyan, and from here on the
// ones that are told apart.
enum { CT_FIRST_DISTINCT_COLOUR = 7 };

// Which colours those are. A change shows when the rows are drawn anew, which ct_screen_is_lost then asks for.
enum ct_palette {
    CT_PALETTE_AUTOMATIC,  // what COLORFGBG says of the background, else readable on both; none where NO_COLOR is set
    CT_PALETTE_DARK,
    CT_PALETTE_LIGHT,
    CT_PALETTE_NONE,
};

enum ct_editor_status ct_screen_begin(int input, int output, struct ct_editor_callbacks callbacks);
void ct_screen_end(void);
void ct_screen_size(int *columns, int *rows);
// How many colours there are from CT_FIRST_DISTINCT_COLOUR on; 0: no colours at all.
int ct_screen_distinct_colours(void);
void ct_screen_set_palette(enum ct_palette palette);
// Whether what was drawn is lost (a new size, Ctrl-L, back from a stop): then every row is to be drawn.
bool ct_screen_is_lost(void);
// The same, and forgets it.
bool ct_screen_take_lost(void);
// Empties a row; what is added stands in it from the left. Text is scalars.
void ct_screen_row(int row);
void ct_screen_add(const uint32_t *scalars, size_t count, unsigned attributes, int colour);
// False while output is stopped (Ctrl-S) or nobody reads it: sending would wait, and no key be read meanwhile.
bool ct_screen_takes_output(void);
// Sends what has changed. A negative row hides the cursor.
void ct_screen_show(int cursor_row, int cursor_column);
void ct_screen_bell(void);
// Without controls; NULL: what it was before, where the terminal keeps that.
void ct_screen_set_title(const char *title);
void ct_screen_set_mouse(bool on);
// Whether the terminal is one that takes xterm's sequences (OSC) instead of showing them. From any thread.
bool ct_screen_takes_sequences(void);
// Puts what `base64` stands for onto the terminal's clipboard.
void ct_screen_copy(const char *base64);

struct ct_screen_line {
    const char *text;
    size_t length, point;  // bytes
    const char *prompt;
};
// What is being typed; valid until the next call.
struct ct_screen_line ct_screen_line(void);
bool ct_screen_is_asking(void);
// Keeps what is typed aside until the question, which the caller shows, is answered or cancelled. While a search is
// under way it waits for its end.
void ct_screen_ask(void);
void ct_screen_set_line(const char *text);
// Keys that are events while the line is empty, and the line's own as soon as it is not: Up, Down and Enter for a
// list, and Alt with each of `letters`.
void ct_screen_set_keys(bool list, const char *letters);

enum ct_typing {
    CT_TYPING_FREE,     // lines, one after the other
    CT_TYPING_NOTHING,  // what is typed is dropped, but for Esc, Ctrl-C, Ctrl-D, Ctrl-L and Ctrl-Z
    CT_TYPING_ANSWER,   // one line, then nothing
    CT_TYPING_SECRET,   // one line that readline never sees, then nothing
};
// Bytes of a secret.
enum { CT_SECRET_BYTES = 1024 };
// Drops what is half typed.
void ct_screen_set_typing(enum ct_typing typing);

// --- The terminal's own state (tty.c) ---

// Puts the terminal back as it was before the editor or a passphrase prompt changed it. Safe in a signal handler,
// from any thread, any number of times.
void ct_tty_restore(void);
// Lets output go on that was stopped by Ctrl-S. From any thread.
void ct_tty_release_output(void);
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

// --- Characters (charset.c, width.c) ---

// Whether the user's locale has a charset that is not UTF-8. The C locale is taken for UTF-8.
bool ct_charset_is_narrow(void);
// Takes a byte in that charset, puts what it and those before it stand for into `to`, as UTF-8, and returns how many
// bytes that are; 0 while more must come. A byte of UTF-8 stays. From one thread.
size_t ct_charset_decode(unsigned char byte, unsigned char to[4]);

// Columns of one scalar as the C locale knows them: 0, 1, 2, or -1 for a control.
int ct_width(uint32_t scalar);

#endif
