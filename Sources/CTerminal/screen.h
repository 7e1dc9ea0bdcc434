// Shared by the parts of a full screen: screen.c draws, screen_input.c has the line, screen_keys.c the keys.
#ifndef CT_SCREEN_H
#define CT_SCREEN_H

#include "editor.h"

#include <readline/readline.h>

extern const struct ct_view ct_screen_view;

// --- screen.c ---

bool ct_screen_open(void);
void ct_screen_close(void);
// The terminal as the shell had it, and the screen again. Between them the terminal's settings may change.
void ct_screen_leave(void);
void ct_screen_return(void);
// Takes the terminal's size as it is now.
void ct_screen_measure(void);
// Nothing of what was drawn counts any more.
void ct_screen_lose(void);

// --- screen_input.c ---

void ct_screen_reset_input(void);
// After each key, and after what was asked for between keys.
void ct_screen_step(void);
// Milliseconds in which the rest of a key's sequence must come, so that ESC alone is a key.
int ct_screen_escape_delay(void);

// --- screen_typing.c ---

void ct_screen_reset_typing(void);
// A line was finished: of an answer, no more may be typed.
void ct_typing_take_line(void);
// True: the byte is not readline's to have.
bool ct_typing_take_byte(unsigned char byte);

// --- screen_keys.c ---

// The keys' bindings, and what the user had in their place.
void ct_screen_bind_keys(void);
void ct_screen_unbind_keys(void);

// --- screen_bindings.c ---

// Over what a key may be bound. Macros are the user's own: they are lost only where the key must be the screen's.
enum ct_over { CT_OVER_DEFAULTS, CT_OVER_FUNCTIONS, CT_OVER_ALL };
// Bindings that can be taken back.
struct ct_bindings {
    struct ct_bound {
        char sequence[16];
        Keymap map;
        rl_command_func_t *before;
    } *entries;
    size_t count, capacity;
};
#define CT_KEYMAPS 3
Keymap ct_keymap(size_t index);
void ct_bind(
    struct ct_bindings *bindings, const char *sequence, rl_command_func_t *function, enum ct_over over, Keymap map);
void ct_unbind(struct ct_bindings *bindings);

// --- screen_list.c ---

// Between lines: whether the keys of a list are events now.
void ct_screen_update_list_keys(void);
void ct_screen_forget_list_keys(void);
// Whether Esc is the screen's, also where vi would take it.
bool ct_screen_list_takes_escape(void);

#endif
