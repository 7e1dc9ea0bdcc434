// Shared by editor.c and the two ways to show what is typed: line.c, screen.c with screen_input.c.
#ifndef CT_EDITOR_H
#define CT_EDITOR_H

#include "CTerminal.h"

#include <stdio.h>

// What differs between a line below other output and a full screen. Every function is called between readline's own
// steps, but for `take_line`.
struct ct_view {
    // A full screen: readline itself writes nothing, and the settings of the terminal stay between lines.
    bool is_full;
    const char *(*prompt)(void);
    // Keys that are not readline's, as far as a single byte tells. True: handled.
    bool (*take_byte)(unsigned char byte);
    // A finished line that is no message. True: handled.
    bool (*take_line)(const char *line);
    // Ctrl-C. True: handled.
    bool (*take_interrupt)(void);
    // Ctrl-C empties the line.
    void (*clearing)(void);
    // The job stops, and was brought back; the terminal is not set for the editor then, and is again.
    void (*suspending)(void);
    void (*resumed)(void);
    void (*resized)(void);
    // After each key.
    void (*stepped)(void);
};

extern struct ct_editor_callbacks ct_callbacks;

enum ct_editor_status ct_editor_begin(
    int input, int output, const struct ct_view *view, struct ct_editor_callbacks callbacks);
// Between the views' own parts of the end: readline is done with the terminal; the terminal is as it was before.
void ct_editor_end_reading(void);
void ct_editor_end(void);
// The terminal's output; readline's own (rl_outstream) is elsewhere under a full screen.
FILE *ct_editor_output(void);
// A new line with nothing in it, and with readline's memory of the old one (undo, place in the history) gone.
void ct_editor_begin_again(void);
// Whether readline shows something in place of the prompt.
bool ct_editor_is_searching(void);
bool ct_editor_is_gone(void);
bool ct_editor_wants_bracketed_paste(void);
// Whether these bytes come next, and are there already; then they are taken.
bool ct_editor_take(const char *bytes);
// Waits until a key can be read, so many milliseconds at most.
bool ct_editor_has_input(int milliseconds);

#endif
