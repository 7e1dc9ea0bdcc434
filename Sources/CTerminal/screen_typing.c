#define _GNU_SOURCE
#include "screen.h"
#include "tty.h"

#include <string.h>

#include <readline/readline.h>

// What may be typed. One answer at a time means that nothing typed ahead lands in the next answer, whose question nobody has
// read yet. A secret never comes to readline: its buffers, its undo list and its kill ring keep what they had and are not
// erased.

static enum ct_typing typing;

static unsigned char secret[CT_SECRET_BYTES];
static size_t used;
static bool too_long;

// Within a key's or a paste's sequence of bytes, which is no part of a secret.
static enum { OUTSIDE, AFTER_ESCAPE, PARAMETERS, ONE_MORE } sequence;
static char parameters[8];
static size_t parameters_length;
// A paste ends no line, for the person has not seen it; what it has behind a newline is dropped.
static bool in_paste, paste_ended_line;

static void erase(void) {
    ct_erase(secret, sizeof secret);
    used = 0;
    too_long = false;
}

void ct_screen_reset_typing(void) {
    erase();
    typing = CT_TYPING_FREE;
    sequence = OUTSIDE;
    in_paste = paste_ended_line = false;
}

void ct_screen_set_typing(enum ct_typing now) {
    erase();
    sequence = OUTSIDE;
    in_paste = paste_ended_line = false;
    typing = now;
    // What was half typed belongs to the question before.
    if (rl_end > 0) ct_editor_begin_again();
}

void ct_typing_take_line(void) {
    if (typing == CT_TYPING_ANSWER) typing = CT_TYPING_NOTHING;
}

static void end_sequence(unsigned char final) {
    sequence = OUTSIDE;
    if (final != '~' || parameters_length != 3) return;
    if (memcmp(parameters, "200", 3) == 0) in_paste = true;
    if (memcmp(parameters, "201", 3) == 0) in_paste = paste_ended_line = false;
}

static void take_in_sequence(unsigned char byte) {
    switch (sequence) {
    case AFTER_ESCAPE:
        parameters_length = 0;
        sequence = byte == '[' ? PARAMETERS : byte == 'O' ? ONE_MORE : byte == ESC ? AFTER_ESCAPE : OUTSIDE;
        break;
    case PARAMETERS:
        if (byte == '[' && parameters_length == 0) {
            sequence = ONE_MORE;  // the function keys of Linux's console
        } else if (byte >= 0x40 && byte <= 0x7E) {
            end_sequence(byte);
        } else if (byte < 0x20) {
            sequence = OUTSIDE;
        } else if (parameters_length < sizeof parameters) {
            parameters[parameters_length++] = (char)byte;
        }
        break;
    default: sequence = OUTSIDE;
    }
}

static void finish(void) {
    typing = CT_TYPING_NOTHING;
    ct_callbacks.secret(ct_callbacks.context, too_long ? NULL : secret, used);
    erase();
}

static void remove_last(void) {
    while (used > 0 && (secret[used - 1] & 0xC0) == 0x80) used--;
    if (used > 0) used--;
}

static void take_in_secret(unsigned char byte) {
    if (byte == '\r' || byte == '\n') {
        if (in_paste) {
            paste_ended_line = true;
        } else {
            finish();
        }
    } else if (paste_ended_line) {
        return;
    } else if (byte == 0x7F || byte == CTRL('H')) {
        remove_last();
    } else if (byte == CTRL('U') || byte == CTRL('W')) {
        erase();
    } else if (byte < 0x20 && byte != '\t') {
        ct_screen_bell();
    } else if (used == sizeof secret) {
        too_long = true;
    } else {
        secret[used++] = byte;
    }
}

bool ct_typing_take_byte(unsigned char byte) {
    if (typing == CT_TYPING_FREE || typing == CT_TYPING_ANSWER) return false;
    if (sequence != OUTSIDE) {
        take_in_sequence(byte);
        return true;
    }
    switch (byte) {
    case CTRL('Z'): return false;  // stops the job, as everywhere
    case CTRL('L'): ct_screen_lose(); return true;
    case CTRL('C'):
        if (used == 0) ct_callbacks.interrupt(ct_callbacks.context);
        erase();
        return true;
    case CTRL('D'):
        if (used == 0) ct_callbacks.line(ct_callbacks.context, NULL);
        return true;
    case ESC:
        if (ct_editor_input_pending() || ct_editor_has_input(ct_screen_escape_delay())) {
            sequence = AFTER_ESCAPE;
        } else {
            ct_callbacks.key(ct_callbacks.context, CT_KEY_ESCAPE, 0, 0);
        }
        return true;
    default: break;
    }
    if (typing == CT_TYPING_SECRET) take_in_secret(byte);
    return true;
}
