#define _GNU_SOURCE
#include "screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

#include <curses.h>

// The screen's keys are commands of readline, so that one machine reads all input. What the user's inputrc says
// about a key goes first, as far as it can be told from what readline, or Debian's inputrc, says about it.

static int send(enum ct_key key, int first, int second) {
    ct_callbacks.key(ct_callbacks.context, key, first, second);
    return 0;
}

#define KEY(name, value)                   \
    static int name(int count, int key) {  \
        (void)count, (void)key;            \
        return send(value, 0, 0);          \
    }
KEY(on_page_up, CT_KEY_PAGE_UP)
KEY(on_page_down, CT_KEY_PAGE_DOWN)
KEY(on_top, CT_KEY_TOP)
KEY(on_bottom, CT_KEY_BOTTOM)
KEY(on_previous, CT_KEY_PREVIOUS)
KEY(on_next, CT_KEY_NEXT)
KEY(on_jump, CT_KEY_JUMP)
KEY(on_help, CT_KEY_HELP)
KEY(on_find_next, CT_KEY_FIND_NEXT)
KEY(on_find_previous, CT_KEY_FIND_PREVIOUS)

static int on_focus(int count, int key) {
    (void)count;
    return send(CT_KEY_FOCUS, key == 'I', 0);
}

static int on_redraw(int count, int key) {
    (void)count, (void)key;
    ct_screen_lose();
    return send(CT_KEY_REDRAW, 0, 0);
}

// Alt-1 is 1, Alt-0 is 10.
static int on_number(int count, int key) {
    (void)count;
    int digit = (key & 0x7F) - '0';
    return digit < 0 || digit > 9 ? 0 : send(CT_KEY_NUMBER, digit == 0 ? 10 : digit, 0);
}

static int on_newline(int count, int key) {
    (void)count, (void)key;
    rl_insert_text("\n");
    return 0;
}

// After ESC [ < come button;column;row and M (pressed) or m (released).
static int on_mouse(int count, int key) {
    (void)count, (void)key;
    int values[3] = {0, 0, 0}, field = 0;
    for (int length = 0; length < 20; length++) {
        int byte = rl_read_key();
        if (byte >= '0' && byte <= '9') {
            if (values[field] < 100000) values[field] = values[field] * 10 + (byte - '0');
        } else if (byte == ';' && field < 2) {
            field += 1;
        } else {
            int button = values[0] & ~0x1C;  // without Shift, Alt and Ctrl
            if (byte != 'M' || field != 2) return 0;
            if (button == 64) return send(CT_KEY_WHEEL_UP, 0, 0);
            if (button == 65) return send(CT_KEY_WHEEL_DOWN, 0, 0);
            if (button == 0 && values[1] > 0 && values[2] > 0)
                return send(CT_KEY_CLICK, values[2] - 1, values[1] - 1);
            return 0;
        }
    }
    return 0;
}

// There is no list of candidates: a Tab that adds nothing begins to go through them with the next.
static int on_tab(int count, int key) {
    static enum { COMPLETE, FIRST, NEXT } state;
    if (rl_last_func != on_tab) state = COMPLETE;
    if (state == COMPLETE) {
        int point = rl_point;
        rl_last_func = NULL;
        int result = rl_complete(count, key);
        if (rl_point == point) state = FIRST;
        return result;
    }
    // By this readline knows whether it goes on, or begins with what stands here now.
    rl_last_func = state == NEXT ? rl_menu_complete : NULL;
    state = NEXT;
    return rl_menu_complete(count, key);
}

static const struct binding {
    const char *sequence;
    rl_command_func_t *function;
    bool always;  // also over the user's own
} bindings[] = {
    {"\033[5~", on_page_up, false},
    {"\033[6~", on_page_down, false},
    {"\033[1;5H", on_top, false},
    {"\033[7^", on_top, false},
    {"\033<", on_top, false},
    {"\033[1;5F", on_bottom, false},
    {"\033[8^", on_bottom, false},
    {"\033>", on_bottom, false},
    {"\033[1;3A", on_previous, false},
    {"\033[1;3D", on_previous, false},
    {"\033[1;9A", on_previous, false},
    {"\033[1;9D", on_previous, false},
    {"\033\033[A", on_previous, false},
    {"\033\033[D", on_previous, false},
    {"\033\033OA", on_previous, false},
    {"\033\033OD", on_previous, false},
    {"\033[1;3B", on_next, false},
    {"\033[1;3C", on_next, false},
    {"\033[1;9B", on_next, false},
    {"\033[1;9C", on_next, false},
    {"\033\033[B", on_next, false},
    {"\033\033[C", on_next, false},
    {"\033\033OB", on_next, false},
    {"\033\033OC", on_next, false},
    {"\013", on_jump, true},
    {"\014", on_redraw, false},
    {"\033OP", on_help, false},
    {"\033[11~", on_help, false},
    {"\033[[A", on_help, false},
    {"\033OR", on_find_next, false},
    {"\033[13~", on_find_next, false},
    {"\033[[C", on_find_next, false},
    {"\033[1;2R", on_find_previous, false},
    {"\033[13;2~", on_find_previous, false},
    {"\033[28~", on_find_previous, false},
    {"\033[<", on_mouse, true},
    // Where its bytes did not come together.
    {"\033[I", on_focus, true},
    {"\033[O", on_focus, true},
    {"\033\r", on_newline, false},
    {"\t", on_tab, false},
    {"\0330", on_number, false},
    {"\0331", on_number, false},
    {"\0332", on_number, false},
    {"\0333", on_number, false},
    {"\0334", on_number, false},
    {"\0335", on_number, false},
    {"\0336", on_number, false},
    {"\0337", on_number, false},
    {"\0338", on_number, false},
    {"\0339", on_number, false},
};

#define KEYS (sizeof bindings / sizeof bindings[0])
#define MORE_KEYS 5  // the terminal's own sequences, where they are others
static struct ct_bound bound[CT_KEYMAPS * (KEYS + MORE_KEYS)];
static struct ct_bindings all = {.entries = bound, .capacity = sizeof bound / sizeof bound[0]};

static void bind_capability(const char *name, rl_command_func_t *function, Keymap map) {
    const char *sequence = tigetstr(name);
    if (sequence != NULL && sequence != (char *)-1 && sequence[0] == '\033')
        ct_bind(&all, sequence, function, CT_OVER_DEFAULTS, map);
}

void ct_screen_bind_keys(void) {
    all.count = 0;
    for (size_t index = 0; index < CT_KEYMAPS; index++) {
        Keymap map = ct_keymap(index);
        for (size_t i = 0; i < KEYS; i++) {
            // In vi's command mode Tab and Alt-Enter have nothing to do.
            bool inserts = bindings[i].function == on_tab || bindings[i].function == on_newline;
            if (inserts && map == vi_movement_keymap) continue;
            ct_bind(&all, bindings[i].sequence, bindings[i].function,
                    bindings[i].always ? CT_OVER_ALL : CT_OVER_DEFAULTS, map);
        }
        bind_capability("kpp", on_page_up, map);
        bind_capability("knp", on_page_down, map);
        bind_capability("kf1", on_help, map);
        bind_capability("kf3", on_find_next, map);
        bind_capability("kf15", on_find_previous, map);
    }
}

void ct_screen_unbind_keys(void) { ct_unbind(&all); }
