#define _GNU_SOURCE
#include "CTerminal.h"
#include "tty.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include <readline/history.h>
#include <readline/readline.h>

static struct ct_editor_callbacks callbacks;
static int input_fd = -1;
static char *prompt_now, *prompt_next;
static int interrupted, suspended, gone, at_end, woken;
static struct sigaction old_winch, old_cont;

// Never closed: a wake-up or a signal may come at any time, after the editor's end too.
static int wake_pipe[2] = {-1, -1};
static volatile sig_atomic_t resized, continued, end_requested;

void ct_editor_wake(void) {
    int error = errno;
    ssize_t ignored = write(wake_pipe[1], "", 1);
    (void)ignored;
    errno = error;
}

void ct_editor_request_end(void) {
    end_requested = 1;
    ct_editor_wake();
}

bool ct_editor_is_ending(void) { return end_requested; }

static void drain_wakes(void) {
    char drained[64];
    while (read(wake_pipe[0], drained, sizeof drained) > 0) continue;
}

static void on_winch(int signo) {
    (void)signo;
    resized = 1;
    ct_editor_wake();
}

static void on_cont(int signo) {
    (void)signo;
    continued = 1;
    ct_editor_wake();
}

// --- What readline calls ---

static void on_line(char *line) {
    // readline makes a line of what was half typed when its input ends; nobody sent that.
    if (gone || end_requested) {
        free(line);
        return;
    }
    if (line == NULL) {
        at_end = 1;
        fputc('\n', rl_outstream);
        return;
    }
    HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
    if (line[0] != '\0' && (last == NULL || strcmp(last->line, line) != 0)) add_history(line);
    callbacks.line(callbacks.context, line);
    free(line);
}

// Returns 1 when a key can be read, 0 when woken, -1 when the terminal is gone.
static int wait_for_key(void) {
    for (;;) {
        struct pollfd ready[2] = {{.fd = input_fd, .events = POLLIN}, {.fd = wake_pipe[0], .events = POLLIN}};
        if (poll(ready, 2, -1) < 0) {
            if (errno == EINTR) continue;
            return -1;
        }
        if (ready[1].revents) {
            drain_wakes();
            return 0;
        }
        return 1;
    }
}

// readline may wait in here for the end of a paste, and must still hear that the editor is to end. Other
// wake-ups are kept for the next step.
static int on_read(FILE *stream) {
    (void)stream;
    while (!gone && !end_requested) {
        int ready = wait_for_key();
        if (ready == 0) {
            woken = 1;
            continue;
        }
        unsigned char byte;
        ssize_t got = ready < 0 ? 0 : read(input_fd, &byte, 1);
        if (got == 1) return byte;
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        gone = 1;
    }
    return EOF;
}

// Ctrl-C and Ctrl-Z come as keys, not as signals: what they do must happen between readline's own steps.
static int on_interrupt_key(int count, int key) {
    (void)count, (void)key;
    interrupted = 1;
    return 0;
}

static int on_suspend_key(int count, int key) {
    (void)count, (void)key;
    suspended = 1;
    return 0;
}

static void on_prepare(int meta) {
    if (!ct_tty_begin_change()) return;
    rl_prep_terminal(meta);
    struct termios settings;
    if (tcgetattr(input_fd, &settings) == 0) {
        settings.c_cc[VINTR] = _POSIX_VDISABLE;
        settings.c_cc[VSUSP] = _POSIX_VDISABLE;
        tcsetattr(input_fd, TCSADRAIN, &settings);
    }
    char *paste = rl_variable_value("enable-bracketed-paste");
    ct_tty_bracketed_paste(paste != NULL && strcmp(paste, "on") == 0);
    ct_tty_end_change();
}

static char *next_candidate(const char *word, int state) {
    static int index;
    static char *line;
    if (state == 0) {
        index = 0;
        free(line);
        line = strndup(rl_line_buffer, (size_t)rl_point);
        if (line == NULL) return NULL;
    }
    return callbacks.candidate(callbacks.context, word, line ? line : "", index++);
}

static char **on_complete(const char *word, int start, int end) {
    (void)start, (void)end;
    rl_attempted_completion_over = 1;  // never file names
    return rl_completion_matches(word, next_candidate);
}

// --- Start and end ---

// readline shows and edits bytes, not characters, unless the locale says UTF-8; a bare container has none.
static void ensure_unicode(void) {
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0) return;
    // readline looks at the environment again with every line. Only what is there is replaced, which moves nothing
    // that another thread may be reading.
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && *value != '\0') setenv(names[i], "C.UTF-8", 1);
    }
    setlocale(LC_CTYPE, "C.UTF-8");
}

static void initialize_readline(void) {
    static int done;
    if (done) return;
    done = 1;
    // For `$if p2pchat` in an inputrc. readline keeps the pointer.
    rl_readline_name = "p2pchat";
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_attempted_completion_function = on_complete;
    rl_completer_word_break_characters = " \t\n";
    rl_getc_function = on_read;
    rl_prep_term_function = on_prepare;
    using_history();
    stifle_history(1000);
}

static void bind_keys(void) {
    Keymap maps[] = {emacs_standard_keymap, vi_insertion_keymap, vi_movement_keymap};
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        rl_bind_key_in_map(CTRL('C'), on_interrupt_key, maps[i]);
        rl_bind_key_in_map(CTRL('Z'), on_suspend_key, maps[i]);
    }
}

static FILE *reopen(int fd, const char *mode) {
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    FILE *stream = copy < 0 ? NULL : fdopen(copy, mode);
    if (stream == NULL && copy >= 0) close(copy);
    return stream;
}

enum ct_editor_status ct_editor_begin(
    int input, int output, const char *prompt, struct ct_editor_callbacks with) {
    if (!isatty(input) || !isatty(output)) return CT_EDITOR_NO_TERMINAL;
    if (wake_pipe[0] < 0 && pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return CT_EDITOR_SYSTEM;
    FILE *in = reopen(input, "r"), *out = in ? reopen(output, "w") : NULL;
    if (out == NULL || !ct_tty_remember(fileno(in))) {
        int error = errno;
        if (in) fclose(in);
        if (out) fclose(out);
        errno = error;
        return CT_EDITOR_SYSTEM;
    }
    callbacks = with;
    interrupted = suspended = gone = at_end = woken = 0;
    resized = continued = end_requested = 0;
    rl_instream = in;
    rl_outstream = out;
    input_fd = fileno(in);
    ensure_unicode();
    initialize_readline();
    rl_initialize();
    bind_keys();

    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    action.sa_handler = on_winch;
    sigaction(SIGWINCH, &action, &old_winch);
    action.sa_handler = on_cont;
    sigaction(SIGCONT, &action, &old_cont);

    prompt_now = strdup(prompt);
    rl_callback_handler_install(prompt_now ? prompt_now : "", on_line);
    return CT_EDITOR_OK;
}

static void to_end_of_line(void) {
    rl_point = rl_end;
    rl_redisplay();
}

void ct_editor_end(void) {
    end_requested = 1;
    // What was half typed stays readable, an empty prompt goes; what comes next begins on a row of its own.
    if (!gone && rl_end > 0) {
        to_end_of_line();
        fputc('\n', rl_outstream);
    } else if (!gone) {
        rl_clear_visible_line();
    }
    fflush(rl_outstream);
    rl_callback_handler_remove();
    clear_history();
    sigaction(SIGWINCH, &old_winch, NULL);
    sigaction(SIGCONT, &old_cont, NULL);
    ct_tty_restore();
    ct_tty_forget();
    fclose(rl_instream);
    fclose(rl_outstream);
    rl_instream = rl_outstream = NULL;
    input_fd = -1;
    free(prompt_now);
    free(prompt_next);
    prompt_now = prompt_next = NULL;
}

// --- Between keys ---

// A new line with nothing in it, and with readline's memory of the old one (undo, place in the history) gone.
static void begin_again(void) {
    rl_callback_handler_remove();
    rl_callback_handler_install(prompt_now ? prompt_now : "", on_line);
}

static void interrupt(void) {
    if (rl_end == 0) {
        callbacks.interrupt(callbacks.context);
        return;
    }
    to_end_of_line();
    fputs("^C\n", rl_outstream);
    begin_again();
}

static void redraw(void) {
    rl_on_new_line();
    rl_redisplay();
}

static bool is_searching(void) { return RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_NUMERICARG); }

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
static void resize(void) {
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
    if (!is_searching()) rl_set_prompt(prompt_now ? prompt_now : "");
    rl_forced_update_display();
}

static void resume(void) {
    rl_deprep_terminal();
    on_prepare(1);
    rl_reset_screen_size();
    // The cursor stands where the shell left it, not where readline did.
    rl_on_new_line();
    rl_clear_visible_line();
    redraw();
}

static void suspend(void) {
    to_end_of_line();
    fputs("^Z\n", rl_outstream);
    rl_deprep_terminal();
    fflush(rl_outstream);
    // The whole job, as the terminal would have done. It returns when the job is brought back, or at once where
    // nobody could bring it back (an orphaned group is not stopped); the signal for it may come a little later.
    kill(0, SIGTSTP);
    struct pollfd signalled = {.fd = wake_pipe[0], .events = POLLIN};
    if (!continued) poll(&signalled, 1, 100);
    continued = 0;
    resume();
}

static void show_next_prompt(void) {
    if (prompt_next == NULL || is_searching()) return;
    free(prompt_now);
    prompt_now = prompt_next;
    prompt_next = NULL;
    rl_clear_visible_line();
    rl_set_prompt(prompt_now);
    redraw();
}

enum ct_editor_step ct_editor_step(void) {
    int ready = woken ? 0 : wait_for_key();
    if (ready < 0) return CT_STEP_GONE;
    if (ready == 0) {
        woken = 0;
        if (continued) {
            continued = 0;
            resume();
        }
        if (resized) {
            resized = 0;
            resize();
        }
        return CT_STEP_WOKEN;
    }
    rl_callback_read_char();
    if (interrupted) {
        interrupted = 0;
        interrupt();
    }
    if (suspended) {
        suspended = 0;
        suspend();
    }
    if (gone) return CT_STEP_GONE;
    if (at_end) {
        at_end = 0;
        callbacks.line(callbacks.context, NULL);
    }
    show_next_prompt();
    return CT_STEP_INPUT;
}

void ct_editor_print_above(const char *text, size_t length) {
    rl_clear_visible_line();
    fwrite(text, 1, length, rl_outstream);
    redraw();
    fflush(rl_outstream);
}

void ct_editor_set_prompt(const char *prompt) {
    char *copy = strdup(prompt);
    if (copy == NULL) return;
    free(prompt_next);
    prompt_next = copy;
    show_next_prompt();
}
