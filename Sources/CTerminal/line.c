#define _GNU_SOURCE
#include "editor.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include <readline/readline.h>

// The line being typed below what was printed, drawn by readline itself.
static char *prompt_now, *prompt_next;

static const char *prompt(void) { return prompt_now ? prompt_now : ""; }

static void to_end_of_line(void) {
    rl_point = rl_end;
    rl_redisplay();
}

static void redraw(void) {
    rl_on_new_line();
    rl_redisplay();
}

static void clearing(void) {
    to_end_of_line();
    fputs("^C\n", rl_outstream);
}

static void suspending(void) {
    to_end_of_line();
    fputs("^Z\n", rl_outstream);
}

static void resumed(void) {
    rl_reset_screen_size();
    // The cursor stands where the shell left it, not where readline did.
    rl_on_new_line();
    rl_clear_visible_line();
    redraw();
}

// Moves (row, column) past `text` in a terminal of so many columns; what stands between \001 and \002 takes none.
static void advance(const char *text, size_t length, int columns, int *row, int *column) {
    mbstate_t state;
    memset(&state, 0, sizeof state);
    bool hidden = false;
    while (length > 0) {
        wchar_t wide = L'?';
        size_t used = mbrtowc(&wide, text, length, &state);
        if (used == 0 || used > length) {
            memset(&state, 0, sizeof state);
            used = 1;
        }
        text += used;
        length -= used;
        if (wide == RL_PROMPT_START_IGNORE || wide == RL_PROMPT_END_IGNORE) {
            hidden = wide == RL_PROMPT_START_IGNORE;
            continue;
        }
        if (hidden) continue;
        // readline shows a control as ^X.
        int width = wide == L'\n' ? 0 : iswcntrl((wint_t)wide) ? 2 : wcwidth(wide) < 0 ? 1 : wcwidth(wide);
        if (wide == L'\n' || *column + width > columns) {
            *row += 1;
            *column = 0;
        }
        *column += width;
    }
}

// Terminals of today flow the rows anew when their width changes, before they say so. readline takes the rows to be
// where it wrote them, and would leave some behind. Rows that readline ended itself are not joined again by a wider
// terminal: then a row is left behind here too. Going up further instead could erase a message.
static void resized(void) {
    const char *terminal = getenv("TERM");
    rl_reset_screen_size();
    int rows, columns, row = 0, column = 0;
    rl_get_screen_size(&rows, &columns);
    if (columns > 0 && terminal != NULL && strcmp(terminal, "dumb") != 0) {
        if (rl_display_prompt) advance(rl_display_prompt, strlen(rl_display_prompt), columns, &row, &column);
        advance(rl_line_buffer, (size_t)rl_point, columns, &row, &column);
        int last = row, end = column;
        advance(rl_line_buffer + rl_point, (size_t)(rl_end - rl_point), columns, &last, &end);
        if (column == columns) row += 1;
        if (row > 0) fprintf(rl_outstream, "\033[%dA", row);
        fputs("\r\033[K", rl_outstream);
        // Row by row: tmux keeps a copy of a screen that is cleared as a whole.
        for (int below = 0; below < last; below++) fputs("\033[B\033[K", rl_outstream);
        if (last > 0) fprintf(rl_outstream, "\033[%dA", last);
    }
    if (!ct_editor_is_searching()) rl_set_prompt(prompt());
    rl_forced_update_display();
}

static void show_next_prompt(void) {
    if (prompt_next == NULL || ct_editor_is_searching()) return;
    free(prompt_now);
    prompt_now = prompt_next;
    prompt_next = NULL;
    rl_clear_visible_line();
    rl_set_prompt(prompt_now);
    redraw();
}

static const struct ct_view line_view = {
    .prompt = prompt,
    .clearing = clearing,
    .suspending = suspending,
    .resumed = resumed,
    .resized = resized,
    .stepped = show_next_prompt,
};

enum ct_editor_status ct_line_begin(
    int input, int output, const char *prompt, struct ct_editor_callbacks callbacks) {
    char *before = prompt_now;
    prompt_now = strdup(prompt);
    enum ct_editor_status status = ct_editor_begin(input, output, &line_view, callbacks);
    free(status == CT_EDITOR_OK ? before : prompt_now);
    if (status != CT_EDITOR_OK) prompt_now = before;
    return status;
}

void ct_line_print_above(const char *text, size_t length) {
    rl_clear_visible_line();
    fwrite(text, 1, length, rl_outstream);
    redraw();
    fflush(rl_outstream);
}

void ct_line_set_prompt(const char *prompt) {
    char *copy = strdup(prompt);
    if (copy == NULL) return;
    free(prompt_next);
    prompt_next = copy;
    show_next_prompt();
}

void ct_line_end(void) {
    ct_editor_request_end();
    // What was half typed stays readable, an empty prompt goes; what comes next begins on a row of its own.
    if (!ct_editor_is_gone() && rl_end > 0) {
        to_end_of_line();
        fputc('\n', rl_outstream);
    } else if (!ct_editor_is_gone()) {
        rl_clear_visible_line();
    }
    fflush(rl_outstream);
    ct_editor_end_reading();
    ct_editor_end();
    free(prompt_now);
    free(prompt_next);
    prompt_now = prompt_next = NULL;
}
