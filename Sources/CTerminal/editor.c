#define _GNU_SOURCE
#include "editor.h"
#include "tty.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

struct ct_editor_callbacks ct_callbacks;
static const struct ct_view *view;
static int input_fd = -1;
static FILE *terminal_output;
static int interrupted, suspended, gone, at_end, woken, settings_due;
// A byte that was read, and is readline's to have next; or -1.
static int pushed = -1;
// Read before readline asked: the rest of a character of another charset, or what was looked at.
static unsigned char ahead[16];
static size_t ahead_count, ahead_next;
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

bool ct_editor_is_gone(void) { return gone; }

FILE *ct_editor_output(void) { return terminal_output; }

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
    if (view->take_line && view->take_line(line)) {
        free(line);
        return;
    }
    HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
    if (line[0] != '\0' && (last == NULL || strcmp(last->line, line) != 0)) add_history(line);
    ct_callbacks.line(ct_callbacks.context, line);
    free(line);
}

bool ct_editor_has_input(int milliseconds) {
    struct pollfd ready = {.fd = input_fd, .events = POLLIN};
    return poll(&ready, 1, milliseconds) > 0;
}

static bool is_ahead(void) { return ahead_next < ahead_count; }

bool ct_editor_input_pending(void) { return pushed >= 0 || is_ahead() || ct_editor_has_input(0); }

// Returns 1 when a key can be read, 0 when woken or the time is over, -1 when the terminal is gone.
static int wait_for_key(int timeout) {
    for (;;) {
        struct pollfd ready[2] = {{.fd = input_fd, .events = POLLIN}, {.fd = wake_pipe[0], .events = POLLIN}};
        int count = poll(ready, 2, timeout);
        if (count < 0) {
            if (errno == EINTR) continue;
            return -1;
        }
        if (count == 0) return 0;
        if (ready[1].revents) {
            drain_wakes();
            return 0;
        }
        return 1;
    }
}

static void read_ahead(unsigned char byte) {
    ahead_count -= ahead_next;
    memmove(ahead, ahead + ahead_next, ahead_count);
    ahead_next = 0;
    if (ahead_count + 4 <= sizeof ahead) ahead_count += ct_charset_decode(byte, ahead + ahead_count);
}

// readline may wait in here for the end of a paste, and must still hear that the editor is to end. Other
// wake-ups are kept for the next step. -1: nothing more will come.
static int read_byte(void) {
    while (!gone && !end_requested) {
        if (is_ahead()) return ahead[ahead_next++];
        int ready = wait_for_key(-1);
        if (ready == 0) {
            woken = 1;
            continue;
        }
        unsigned char byte;
        ssize_t got = ready < 0 ? 0 : read(input_fd, &byte, 1);
        if (got == 1) {
            read_ahead(byte);
            continue;
        }
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        gone = 1;
    }
    return -1;
}

bool ct_editor_take(const char *bytes) {
    size_t count = strlen(bytes);
    while (ahead_count - ahead_next < count && ct_editor_has_input(0)) {
        unsigned char byte;
        if (read(input_fd, &byte, 1) != 1) break;
        read_ahead(byte);
    }
    if (ahead_count - ahead_next < count || memcmp(ahead + ahead_next, bytes, count) != 0) return false;
    ahead_next += count;
    return true;
}

static int on_read(FILE *stream) {
    (void)stream;
    int byte = pushed >= 0 ? pushed : read_byte();
    pushed = -1;
    return byte < 0 ? EOF : byte;
}

// Whether more comes within readline's time for it; by itself it would look only at the terminal. Not when it takes no
// time: then it would read on behind a letter, and an Esc that came at once is to be seen here.
static int on_is_available(void) {
    int microseconds = rl_set_keyboard_input_timeout(-1);  // sets nothing
    return microseconds > 0 && (ct_editor_input_pending() || ct_editor_has_input(microseconds / 1000));
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

// What would be refused anyway stays where it can still be changed.
static int on_enter_key(int count, int key) {
    size_t bytes = (size_t)rl_end;
    if (ct_callbacks.longest == 0 || bytes <= ct_callbacks.longest) return rl_newline(count, key);
    ct_callbacks.too_long(ct_callbacks.context, bytes);
    return 0;
}

bool ct_editor_wants_bracketed_paste(void) {
    char *paste = rl_variable_value("enable-bracketed-paste");
    return paste != NULL && strcmp(paste, "on") == 0;
}

static void on_prepare(int meta) {
    if (view->is_full && !settings_due) return;
    if (!ct_tty_begin_change()) return;
    settings_due = 0;
    rl_prep_terminal(meta);
    struct termios settings;
    if (tcgetattr(input_fd, &settings) == 0) {
        settings.c_cc[VINTR] = _POSIX_VDISABLE;
        settings.c_cc[VSUSP] = _POSIX_VDISABLE;
        // On a screen a line feed goes down, and not to the left as well. What draws it does not know this terminal (screen.c).
        if (view->is_full) settings.c_oflag &= ~(tcflag_t)ONLCR;
        tcsetattr(input_fd, TCSADRAIN, &settings);
    }
    if (!view->is_full) ct_tty_set_farewell(ct_editor_wants_bracketed_paste() ? "\033[?2004l\r" : "");
    ct_tty_end_change();
}

static void on_release(void) {
    if (!view->is_full) rl_deprep_terminal();
}

// A screen has no place for a list below the line.
static void on_candidates(char **matches, int count, int longest) {
    (void)matches, (void)count, (void)longest;
}

static void draw_nothing(void) {}

static char *next_candidate(const char *word, int state) {
    static int index;
    static char *line;
    if (state == 0) {
        index = 0;
        free(line);
        line = strndup(rl_line_buffer, (size_t)rl_point);
        if (line == NULL) return NULL;
    }
    return ct_callbacks.candidate(ct_callbacks.context, word, line ? line : "", index++);
}

static char **on_complete(const char *word, int start, int end) {
    (void)start, (void)end;
    rl_attempted_completion_over = 1;  // never file names
    return rl_completion_matches(word, next_candidate);
}

// --- Start and end ---

// readline shows and edits bytes, not characters, unless the locale says UTF-8; a bare container has none.
static void ensure_unicode(void) {
    // Before the environment says otherwise.
    ct_charset_is_narrow();
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
    rl_input_available_hook = on_is_available;
    rl_prep_term_function = on_prepare;
    rl_deprep_term_function = on_release;
    // setenv is not for a process with threads; nothing here reads LINES and COLUMNS.
    rl_change_environment = 0;
    using_history();
    stifle_history(1000);
}

static void bind_keys(void) {
    Keymap maps[] = {emacs_standard_keymap, vi_insertion_keymap, vi_movement_keymap};
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        rl_bind_key_in_map(CTRL('C'), on_interrupt_key, maps[i]);
        rl_bind_key_in_map(CTRL('Z'), on_suspend_key, maps[i]);
        const char enter[] = {'\r', '\n'};
        for (size_t key = 0; key < sizeof enter; key++) {
            bool is_users = maps[i][(unsigned char)enter[key]].type != ISFUNC
                || maps[i][(unsigned char)enter[key]].function != rl_newline;
            if (!is_users) rl_bind_key_in_map(enter[key], on_enter_key, maps[i]);
        }
    }
}

static void watch_signals(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    action.sa_handler = on_winch;
    sigaction(SIGWINCH, &action, &old_winch);
    action.sa_handler = on_cont;
    sigaction(SIGCONT, &action, &old_cont);
}

// A description of its own where the system gives one: on a shared one another program, or NIO, may set O_NONBLOCK,
// and half of what is drawn would be lost.
static FILE *reopen(int fd, const char *mode) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int own = open(path, (*mode == 'r' ? O_RDONLY : O_WRONLY) | O_NOCTTY | O_CLOEXEC);
    if (own < 0) own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    FILE *stream = own < 0 ? NULL : fdopen(own, mode);
    if (stream == NULL && own >= 0) close(own);
    return stream;
}

enum ct_editor_status ct_editor_begin(
    int input, int output, const struct ct_view *with_view, struct ct_editor_callbacks with) {
    if (!isatty(input) || !isatty(output)) return CT_EDITOR_NO_TERMINAL;
    if (wake_pipe[0] < 0 && pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return CT_EDITOR_SYSTEM;
    FILE *in = reopen(input, "r"), *out = in ? reopen(output, "w") : NULL;
    FILE *nowhere = out && with_view->is_full ? fopen("/dev/null", "we") : NULL;
    if (out == NULL || (with_view->is_full && nowhere == NULL) || !ct_tty_remember(fileno(in), fileno(out))) {
        int error = errno;
        if (in) fclose(in);
        if (out) fclose(out);
        if (nowhere) fclose(nowhere);
        errno = error;
        return CT_EDITOR_SYSTEM;
    }
    view = with_view;
    ct_callbacks = with;
    interrupted = suspended = gone = at_end = woken = 0;
    resized = continued = end_requested = 0;
    pushed = -1;
    ahead_count = ahead_next = 0;
    settings_due = 1;
    terminal_output = out;
    rl_instream = in;
    rl_outstream = nowhere ? nowhere : out;
    input_fd = fileno(in);
    ensure_unicode();
    initialize_readline();
    rl_completion_display_matches_hook = view->is_full ? on_candidates : NULL;
    // Its first initialization takes a redisplay of one's own as a sign that bracketed paste is not wanted.
    rl_redisplay_function = rl_redisplay;
    rl_initialize();
    if (view->is_full) rl_redisplay_function = draw_nothing;
    bind_keys();
    watch_signals();
    rl_callback_handler_install(view->prompt(), on_line);
    return CT_EDITOR_OK;
}

void ct_editor_end_reading(void) {
    end_requested = 1;
    rl_callback_handler_remove();
    if (view->is_full) rl_deprep_terminal();
    clear_history();
    sigaction(SIGWINCH, &old_winch, NULL);
    sigaction(SIGCONT, &old_cont, NULL);
}

void ct_editor_end(void) {
    ct_tty_restore();
    ct_tty_forget();
    if (rl_outstream != terminal_output) fclose(rl_outstream);
    fclose(rl_instream);
    fclose(terminal_output);
    rl_instream = rl_outstream = terminal_output = NULL;
    input_fd = -1;
}

// --- Between keys ---

void ct_editor_begin_again(void) {
    rl_callback_handler_remove();
    rl_callback_handler_install(view->prompt(), on_line);
}

static void interrupt(void) {
    if (view->take_interrupt && view->take_interrupt()) return;
    if (rl_end == 0) {
        ct_callbacks.interrupt(ct_callbacks.context);
        return;
    }
    view->clearing();
    ct_editor_begin_again();
}

bool ct_editor_is_searching(void) {
    return RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_NUMERICARG);
}

static void resume(void) {
    rl_deprep_terminal();
    settings_due = 1;
    on_prepare(1);
    view->resumed();
}

static void suspend(void) {
    view->suspending();
    rl_deprep_terminal();
    fflush(terminal_output);
    // The whole job, as the terminal would have done. It returns when the job is brought back, or at once where
    // nobody could bring it back (an orphaned group is not stopped); the signal for it may come a little later.
    kill(0, SIGTSTP);
    struct pollfd signalled = {.fd = wake_pipe[0], .events = POLLIN};
    if (!continued) poll(&signalled, 1, 100);
    continued = 0;
    resume();
}

static void handle_wake(void) {
    if (continued) {
        continued = 0;
        resume();
    }
    if (resized) {
        resized = 0;
        view->resized();
    }
}

static void handle_key(void) {
    do {
        if (view->take_byte) {
            int byte = pushed >= 0 ? pushed : read_byte();
            pushed = -1;
            if (byte >= 0 && view->take_byte((unsigned char)byte)) continue;
            pushed = byte;
        }
        // A macro or a key that readline put back comes before what was read.
        do {
            rl_callback_read_char();
        } while (pushed >= 0 && !gone && !end_requested);
        // Nobody would wake for what is ahead.
    } while (is_ahead() && !gone && !end_requested);
}

enum ct_editor_step ct_editor_step(int timeout) {
    int ready = woken ? 0 : wait_for_key(timeout);
    if (ready < 0) return CT_STEP_GONE;
    if (ready == 0) {
        woken = 0;
        handle_wake();
        return CT_STEP_WOKEN;
    }
    handle_key();
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
        if (!view->take_line || !view->take_line(NULL)) ct_callbacks.line(ct_callbacks.context, NULL);
    }
    if (view->stepped) view->stepped();
    return CT_STEP_INPUT;
}
