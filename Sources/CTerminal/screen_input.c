#define _GNU_SOURCE
#include "screen.h"

#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

// The line under a full screen: what is typed, and the question that it may be the answer to.

static char *kept;  // what was typed before the question
static int kept_point;
static bool asking, ask_next, give_back;
static char *line_next;

static const char *prompt(void) { return ""; }

static bool is_between_lines(void) { return !ct_editor_is_searching() && !RL_ISSTATE(RL_STATE_MULTIKEY); }

static void replace(const char *text) {
    rl_begin_undo_group();
    rl_delete_text(0, rl_end);
    rl_point = 0;
    rl_insert_text(text);
    rl_end_undo_group();
    // A completion that went on now would put its candidate over this text.
    rl_last_func = NULL;
}

// --- The question ---

static void begin_question(void) {
    ask_next = false;
    if (asking) {
        ct_callbacks.answer(ct_callbacks.context, NULL);
    } else {
        kept = strndup(rl_line_buffer, (size_t)rl_end);
        kept_point = rl_point;
    }
    asking = true;
    ct_editor_begin_again();
}

static void end_question(void) {
    give_back = false;
    asking = false;
    if (kept == NULL) return;
    replace(kept);
    rl_point = kept_point <= rl_end ? kept_point : rl_end;
    free(kept);
    kept = NULL;
}

static void cancel(void) {
    ct_editor_begin_again();
    end_question();
    ct_callbacks.answer(ct_callbacks.context, NULL);
}

static bool take_line(const char *line) {
    ct_typing_take_line();
    if (!asking) return false;
    // readline empties the line after this; what was kept comes back then.
    give_back = true;
    ct_callbacks.answer(ct_callbacks.context, line);
    return true;
}

static bool take_interrupt(void) {
    if (!asking) return false;
    cancel();
    return true;
}

// --- Keys ---

int ct_screen_escape_delay(void) {
    const char *value = rl_variable_value("keyseq-timeout");
    int set = value ? atoi(value) : 0;
    // 500 is readline's own default, and slow for a key that closes something.
    return set > 0 && set != 500 ? set : 100;
}

static void feed(int byte) {
    rl_stuff_char(byte);
    rl_callback_read_char();
}

// What the terminal says of itself is no key: readline would end a search at it.
static bool take_focus(void) {
    bool is_in = ct_editor_take("[I");
    if (!is_in && !ct_editor_take("[O")) return false;
    ct_callbacks.key(ct_callbacks.context, CT_KEY_FOCUS, is_in, 0);
    return true;
}

static bool take_byte(unsigned char byte) {
    if (ct_typing_take_byte(byte)) return true;
    if (asking && byte == CTRL('G') && is_between_lines()) {
        cancel();
        return true;
    }
    if (byte != ESC) return false;
    if (ct_editor_input_pending() || ct_editor_has_input(ct_screen_escape_delay())) return take_focus();
    // Pressed twice at once: readline would wait for the third byte of a sequence that nobody began.
    if (RL_ISSTATE(RL_STATE_MULTIKEY)) {
        rl_callback_sigcleanup();
        RL_UNSETSTATE(RL_STATE_MULTIKEY);
    }
    if (RL_ISSTATE(RL_STATE_ISEARCH)) return false;  // ends it with what was found
    if (ct_editor_is_searching()) {
        feed(CTRL('G'));
    } else if (asking) {
        cancel();
    } else if (
        !ct_screen_list_takes_escape() && rl_editing_mode == 0 && rl_get_keymap() == vi_insertion_keymap) {
        rl_vi_movement_mode(1, ESC);
    } else {
        ct_callbacks.key(ct_callbacks.context, CT_KEY_ESCAPE, 0, 0);
    }
    return true;
}

static void clearing(void) {}

static void resized(void) {
    int columns, rows;
    ct_screen_measure();
    ct_screen_size(&columns, &rows);
    ct_callbacks.resized(ct_callbacks.context, columns, rows);
}

static void resumed(void) {
    int columns, rows, columns_now, rows_now;
    ct_screen_size(&columns, &rows);
    ct_screen_return();
    // Whoever brings it back looks at it.
    ct_callbacks.key(ct_callbacks.context, CT_KEY_FOCUS, 1, 0);
    ct_screen_size(&columns_now, &rows_now);
    if (columns != columns_now || rows != rows_now)
        ct_callbacks.resized(ct_callbacks.context, columns_now, rows_now);
}

// What waited for the end of a search, or of readline's work on a line.
void ct_screen_step(void) {
    if (give_back) end_question();
    if (!is_between_lines()) return;
    if (ask_next) begin_question();
    if (line_next) {
        replace(line_next);
        free(line_next);
        line_next = NULL;
    }
    ct_screen_update_list_keys();
}

const struct ct_view ct_screen_view = {
    .is_full = true,
    .prompt = prompt,
    .take_byte = take_byte,
    .take_line = take_line,
    .take_interrupt = take_interrupt,
    .clearing = clearing,
    .suspending = ct_screen_leave,
    .resumed = resumed,
    .resized = resized,
    .stepped = ct_screen_step,
};

void ct_screen_reset_input(void) {
    free(kept);
    free(line_next);
    kept = line_next = NULL;
    asking = ask_next = give_back = false;
    ct_screen_reset_typing();
}

struct ct_screen_line ct_screen_line(void) {
    struct ct_screen_line line = {
        .text = rl_line_buffer ? rl_line_buffer : "",
        .length = (size_t)rl_end,
        .point = (size_t)rl_point,
        .prompt = rl_display_prompt ? rl_display_prompt : "",
    };
    return line;
}

bool ct_screen_is_asking(void) { return asking; }

void ct_screen_ask(void) {
    free(line_next);
    line_next = NULL;
    ask_next = true;
    ct_screen_step();
}

void ct_screen_set_line(const char *text) {
    char *copy = strdup(text);
    if (copy == NULL) return;
    free(line_next);
    line_next = copy;
    ct_screen_step();
}
