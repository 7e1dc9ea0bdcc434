#include "screen.h"

#include <string.h>

Keymap ct_keymap(size_t index) {
    Keymap maps[CT_KEYMAPS] = {emacs_standard_keymap, vi_insertion_keymap, vi_movement_keymap};
    return maps[index];
}

// What readline, or Debian's inputrc, says about a key; anything else the user has said.
static bool is_default(rl_command_func_t *function) {
    rl_command_func_t *const defaults[] = {
        NULL, rl_backward_word, rl_forward_word, rl_digit_argument, rl_beginning_of_history, rl_end_of_history,
        rl_clear_screen, rl_complete, rl_vi_editing_mode, rl_history_search_backward, rl_history_search_forward,
        rl_insert, rl_tab_insert, rl_vi_arg_digit,
    };
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        if (defaults[i] == function) return true;
    }
    return false;
}

void ct_bind(
    struct ct_bindings *bindings, const char *sequence, rl_command_func_t *function, enum ct_over over, Keymap map) {
    size_t length = strlen(sequence);
    if (bindings->count == bindings->capacity || length >= sizeof bindings->entries[0].sequence) return;
    int type = ISFUNC;
    rl_command_func_t *before = rl_function_of_keyseq_len(sequence, length, map, &type);
    if (type == ISKMAP) before = NULL;
    if (over != CT_OVER_ALL && type == ISMACR) return;
    if (over == CT_OVER_DEFAULTS && type == ISFUNC && !is_default(before)) return;
    if (rl_bind_keyseq_in_map(sequence, function, map) != 0) return;
    struct ct_bound *entry = &bindings->entries[bindings->count++];
    memcpy(entry->sequence, sequence, length + 1);
    entry->map = map;
    entry->before = type == ISFUNC ? before : NULL;
}

void ct_unbind(struct ct_bindings *bindings) {
    while (bindings->count > 0) {
        struct ct_bound *entry = &bindings->entries[--bindings->count];
        rl_bind_keyseq_in_map(entry->sequence, entry->before, entry->map);
    }
}
