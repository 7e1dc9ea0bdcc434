// Shared by the parts of a full screen: screen.c draws, screen_input.c has the line, screen_keys.c the keys.
#ifndef CT_SCREEN_H
#define CT_SCREEN_H

#include "editor.h"

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

// --- screen_keys.c ---

// The keys' bindings, and what the user had in their place.
void ct_screen_bind_keys(void);
void ct_screen_unbind_keys(void);

#endif
