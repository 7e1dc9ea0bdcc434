#include "screen.h"

#include <stdio.h>
#include <string.h>

#include <curses.h>

// A list above the line. Its keys are bound only while the line is empty: there they have nothing else to do, and as
// soon as something is typed they are the user's own again, whatever the inputrc makes of them.

static bool has_list;
static char letters[27];

#define LIST_KEYS 6
static struct ct_bound bound[CT_KEYMAPS * (LIST_KEYS + sizeof letters)];
static struct ct_bindings now = {.entries = bound, .capacity = sizeof bound / sizeof bound[0]};
static bool is_bound;

static void unbind(void) {
    ct_unbind(&now);
    is_bound = false;
}

// Readline takes what was typed in one go, with the key after it: then the line is not empty any more.
static int take(enum ct_key event, const char *sequence, int count, int key) {
    if (rl_end == 0) {
        ct_callbacks.key(ct_callbacks.context, event, event == CT_KEY_LETTER ? key & 0x7F : 0, 0);
        return 0;
    }
    rl_command_func_t *before = NULL;
    for (size_t i = 0; i < now.count; i++) {
        if (bound[i].map == rl_get_keymap() && strcmp(bound[i].sequence, sequence) == 0) before = bound[i].before;
    }
    unbind();
    return before ? before(count, key) : 0;
}

static int on_up(int count, int key) { return take(CT_KEY_UP, "\033[A", count, key); }

static int on_down(int count, int key) { return take(CT_KEY_DOWN, "\033[B", count, key); }

static int on_enter(int count, int key) {
    return take(CT_KEY_ENTER, key == '\n' ? "\n" : "\r", count, key);
}

static int on_letter(int count, int key) {
    const char sequence[] = {'\033', (char)(key & 0x7F), '\0'};
    return take(CT_KEY_LETTER, sequence, count, key);
}

static const struct {
    const char *sequence;
    rl_command_func_t *function;
} list_keys[LIST_KEYS] = {
    {"\033[A", on_up}, {"\033OA", on_up}, {"\033[B", on_down}, {"\033OB", on_down}, {"\r", on_enter}, {"\n", on_enter},
};

static void bind_all(void) {
    for (size_t index = 0; index < CT_KEYMAPS; index++) {
        Keymap map = ct_keymap(index);
        for (size_t i = 0; has_list && i < LIST_KEYS; i++)
            ct_bind(&now, list_keys[i].sequence, list_keys[i].function, CT_OVER_FUNCTIONS, map);
        for (const char *letter = letters; *letter != '\0'; letter++) {
            const char sequence[] = {'\033', *letter, '\0'};
            ct_bind(&now, sequence, on_letter, CT_OVER_FUNCTIONS, map);
        }
    }
}

void ct_screen_forget_list_keys(void) {
    unbind();
    has_list = false;
    letters[0] = '\0';
}

bool ct_screen_list_takes_escape(void) { return is_bound; }

void ct_screen_update_list_keys(void) {
    bool wanted = (has_list || letters[0] != '\0') && rl_end == 0 && !ct_screen_is_asking();
    if (wanted == is_bound) return;
    if (wanted) {
        bind_all();
        is_bound = true;
    } else {
        unbind();
    }
}

void ct_screen_set_keys(bool list, const char *with) {
    ct_screen_forget_list_keys();
    has_list = list;
    snprintf(letters, sizeof letters, "%s", with);
    ct_screen_step();
}
