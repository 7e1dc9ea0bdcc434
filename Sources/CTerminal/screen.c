#define _GNU_SOURCE
#include "screen.h"
#include "tty.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

#include <readline/readline.h>

#include <curses.h>

// ncurses draws, and does nothing else: it reads no key and hears no signal.
static SCREEN *screen;
static bool lost, paste_on, focus_on, mouse_on, alt_on, cursor_shown;
static char *title_now;
static int distinct_colours;
static bool has_colours;

// --- What the terminal is told beyond the drawing ---

static void put_bytes(const char *bytes, size_t rest) {
    int terminal = fileno(ct_editor_output());
    while (rest > 0) {
        ssize_t written = write(terminal, bytes, rest);
        if (written > 0) {
            bytes += written;
            rest -= (size_t)written;
        } else if (written < 0 && errno == EAGAIN) {
            struct pollfd ready = {.fd = terminal, .events = POLLOUT};
            poll(&ready, 1, -1);
        } else if (written == 0 || errno != EINTR) {
            return;
        }
    }
}

static void put(const char *bytes) { put_bytes(bytes, strlen(bytes)); }

// ncurses writes behind every movement of the cursor, so sixty times for one page, and each time the terminal wakes up and may
// take the processor from here. So it has a descriptor of its own, which is the terminal's while it looks what that is, and then one
// of memory; the terminal gets what was drawn in one piece.
static FILE *drawn;

static bool open_drawn(void) {
    int copy = fcntl(fileno(ct_editor_output()), F_DUPFD_CLOEXEC, 0);
    drawn = copy < 0 ? NULL : fdopen(copy, "w");
    if (drawn == NULL && copy >= 0) close(copy);
    return drawn != NULL;
}

static bool draw_into_memory(void) {
    int memory = memfd_create("p2pchat-screen", MFD_CLOEXEC);
    if (memory < 0) return false;
    int status = dup3(memory, fileno(drawn), O_CLOEXEC);
    close(memory);
    return status >= 0;
}

static void pass_on(void) {
    static char bytes[1 << 16];
    off_t at = 0;
    ssize_t count;
    while ((count = pread(fileno(drawn), bytes, sizeof bytes, at)) > 0) {
        put_bytes(bytes, (size_t)count);
        at += count;
    }
    if (at == 0) return;
    lseek(fileno(drawn), 0, SEEK_SET);
    if (ftruncate(fileno(drawn), 0) != 0) return;
}

static void close_drawn(void) {
    if (drawn) fclose(drawn);
    drawn = NULL;
}

static const char *capability(const char *name) {
    const char *value = tigetstr(name);
    return value == NULL || value == (char *)-1 ? "" : value;
}

// Without the waiting times (`$<5>`) that terminals of wood needed.
static void append(char *to, size_t capacity, const char *text) {
    size_t length = strlen(to);
    while (*text != '\0' && length + 1 < capacity) {
        const char *end = text[0] == '$' && text[1] == '<' ? strchr(text, '>') : NULL;
        if (end != NULL) {
            text = end + 1;
        } else {
            to[length++] = *text++;
        }
    }
    to[length] = '\0';
}

static bool has_prefix(const char *text, const char *prefix) { return strncmp(text, prefix, strlen(prefix)) == 0; }

// Terminals that take xterm's sequences; those that do not would show them.
bool ct_screen_takes_sequences(void) {
    static const char *const names[] = {
        "xterm", "tmux", "screen", "rxvt", "alacritty", "foot", "kitty", "konsole", "gnome", "vte", "st-", "wezterm",
    };
    const char *terminal = getenv("TERM");
    for (size_t i = 0; terminal != NULL && i < sizeof names / sizeof names[0]; i++) {
        if (has_prefix(terminal, names[i])) return true;
    }
    return false;
}

static void write_title(void) {
    put("\033]2;");
    put(title_now);
    put("\007");
}

// Composed beforehand, for whoever must put the terminal back in a signal handler.
static void compose_farewell(void) {
    char bytes[512] = "";
    if (mouse_on) append(bytes, sizeof bytes, "\033[?1006l\033[?1000l");
    if (focus_on) append(bytes, sizeof bytes, "\033[?1004l");
    if (alt_on) append(bytes, sizeof bytes, "\033[?1036r");
    if (paste_on) append(bytes, sizeof bytes, "\033[?2004l");
    if (title_now) append(bytes, sizeof bytes, "\033[23;2t");
    append(bytes, sizeof bytes, capability("sgr0"));
    append(bytes, sizeof bytes, capability("op"));
    append(bytes, sizeof bytes, capability("cnorm"));
    // Without an alternate screen the shell goes on below what was drawn.
    char *last_row = tparm(capability("cup"), LINES - 1, 0);
    append(bytes, sizeof bytes, last_row ? last_row : "");
    append(bytes, sizeof bytes, *capability("rmcup") ? capability("rmcup") : "\r\n");
    ct_tty_set_farewell(bytes);
}

static void switch_on(void) {
    focus_on = ct_screen_takes_sequences();
    if (focus_on) put("\033[?1004h");
    // xterm as it comes makes another letter of a key with Alt (eightBitInput). What it was is its own again at the end.
    const char *terminal = getenv("TERM");
    alt_on = terminal != NULL && has_prefix(terminal, "xterm");
    if (alt_on) put("\033[?1036s\033[?1036h");
    paste_on = ct_editor_wants_bracketed_paste();
    if (paste_on) put("\033[?2004h");
    if (mouse_on) put("\033[?1000h\033[?1006h");
    if (title_now) {
        put("\033[22;2t");
        write_title();
    }
    compose_farewell();
}

static void switch_off(void) {
    if (mouse_on) put("\033[?1006l\033[?1000l");
    if (focus_on) put("\033[?1004l");
    if (alt_on) put("\033[?1036r");
    if (paste_on) put("\033[?2004l");
    if (title_now) put("\033[23;2t");
}

void ct_screen_bell(void) { put("\007"); }

void ct_screen_set_mouse(bool on) {
    if (on == mouse_on || !ct_tty_begin_change()) return;
    mouse_on = on;
    compose_farewell();
    put(on ? "\033[?1000h\033[?1006h" : "\033[?1006l\033[?1000l");
    ct_tty_end_change();
}

void ct_screen_set_title(const char *title) {
    if (!ct_screen_takes_sequences() || (title == NULL && title_now == NULL) || !ct_tty_begin_change()) return;
    bool was_set = title_now != NULL;
    free(title_now);
    title_now = title ? strdup(title) : NULL;
    if (title_now && !was_set) put("\033[22;2t");
    if (title_now) write_title();
    if (!title_now && was_set) put("\033[23;2t");
    compose_farewell();
    ct_tty_end_change();
}

void ct_screen_copy(const char *base64) {
    if (!ct_screen_takes_sequences() || !ct_tty_begin_change()) return;
    put("\033]52;c;");
    put(base64);
    put("\007");
    ct_tty_end_change();
}

// --- Start and end ---

enum { NAMED = CT_FIRST_DISTINCT_COLOUR - 1, DISTINCT = 12 };

struct colours {
    short many[NAMED + DISTINCT];  // of a terminal that has 256
    short few[NAMED];              // of one that has 8: the named
    short distinct[NAMED];         // and those that are told apart, 0 behind the last
};

// Readable on white and on black: the contrast to both is above 3.3. With 8 colours some are hard to read on either.
static const struct colours on_any = {
    {160, 28, 136, 32, 163, 30, 167, 166, 136, 100, 64, 29, 31, 33, 63, 134, 163, 168},
    {1, 2, 3, 4, 5, 6},
    {1, 2, 3, 4, 5, 6},
};
// Contrast to black above 7.
static const struct colours on_dark = {
    {203, 77, 221, 75, 177, 80, 203, 209, 179, 149, 114, 79, 80, 117, 111, 147, 177, 212},
    {1, 2, 3, 6, 5, 6},
    {1, 2, 3, 5, 6},
};
// Contrast to white above 4.5.
static const struct colours on_light = {
    {124, 22, 94, 19, 90, 23, 124, 130, 94, 58, 22, 23, 24, 19, 25, 55, 90, 125},
    {1, 4, 5, 4, 5, 4},
    {1, 4, 5},
};

// rxvt and those after it leave "foreground;background" there: 7 and 9 to 15 are light.
static const struct colours *for_background(void) {
    const char *told = getenv("COLORFGBG");
    const char *background = told ? strrchr(told, ';') : NULL;
    char *end;
    long number = background ? strtol(background + 1, &end, 10) : -1;
    if (number < 0 || number > 15 || end == background + 1 || *end != '\0') return &on_any;
    return number == 7 || number > 8 ? &on_light : &on_dark;
}

static void choose_colours(enum ct_palette palette) {
    const char *no_color = getenv("NO_COLOR");
    has_colours = false;
    distinct_colours = 0;
    if (palette == CT_PALETTE_NONE || !has_colors()) return;
    if (palette == CT_PALETTE_AUTOMATIC && no_color != NULL && *no_color != '\0') return;
    if (start_color() != OK || use_default_colors() != OK || COLORS < 8) return;
    has_colours = true;
    const struct colours *colours = palette == CT_PALETTE_DARK ? &on_dark
        : palette == CT_PALETTE_LIGHT                          ? &on_light
                                                               : for_background();
    if (COLORS >= 256 && COLOR_PAIRS > NAMED + DISTINCT) {
        for (short i = 0; i < NAMED + DISTINCT; i++) init_pair((short)(i + 1), colours->many[i], -1);
        distinct_colours = DISTINCT;
        return;
    }
    for (short i = 0; i < NAMED; i++) init_pair((short)(i + 1), colours->few[i], -1);
    while (distinct_colours < NAMED && colours->distinct[distinct_colours] != 0) {
        init_pair((short)(CT_FIRST_DISTINCT_COLOUR + distinct_colours), colours->distinct[distinct_colours], -1);
        distinct_colours++;
    }
}

void ct_screen_set_palette(enum ct_palette palette) {
    choose_colours(palette);
    ct_screen_lose();
}

// ncurses takes signals that nobody took; here they are the program's and the editor's. Another thread may take one
// meanwhile, so only what is ncurses' own goes.
static SCREEN *open_quietly(FILE *in, FILE *out) {
    static const int signals[] = {SIGINT, SIGTERM, SIGTSTP};
    enum { COUNT = sizeof signals / sizeof signals[0] };
    struct sigaction before[COUNT], after;
    for (size_t i = 0; i < COUNT; i++) sigaction(signals[i], NULL, &before[i]);
    // LINES and COLUMNS may be older than the window.
    use_env(FALSE);
    use_tioctl(TRUE);
    SCREEN *opened = newterm(NULL, out, in);
    for (size_t i = 0; i < COUNT; i++) {
        Dl_info ncurses, handler;
        bool was_free = before[i].sa_handler == SIG_DFL;
        if (!was_free || sigaction(signals[i], NULL, &after) != 0 || after.sa_handler == SIG_DFL) continue;
        if (dladdr((void *)newterm, &ncurses) && dladdr((void *)after.sa_handler, &handler)
            && ncurses.dli_fbase == handler.dli_fbase)
            sigaction(signals[i], &before[i], NULL);
    }
    return opened;
}

bool ct_screen_open(void) {
    if (!open_drawn()) return false;
    // ncurses turns echo off, from which readline would take that the line may not be seen.
    screen = open_quietly(rl_instream, drawn);
    rl_tty_set_echoing(1);
    if (screen == NULL || !draw_into_memory()) {
        ct_screen_close();
        return false;
    }
    if (*capability("cup") == '\0') {
        ct_screen_close();
        return false;
    }
    def_prog_mode();
    typeahead(-1);
    idcok(stdscr, FALSE);
    choose_colours(CT_PALETTE_AUTOMATIC);
    mouse_on = false;
    title_now = NULL;
    cursor_shown = true;
    ct_screen_lose();
    switch_on();
    return true;
}

void ct_screen_close(void) {
    ct_screen_leave();
    if (screen) delscreen(screen);
    screen = NULL;
    close_drawn();
    free(title_now);
    title_now = NULL;
}

void ct_screen_leave(void) {
    if (screen == NULL || isendwin() || !ct_tty_begin_change()) return;
    switch_off();
    if (!cursor_shown) curs_set(1);
    cursor_shown = true;
    endwin();
    pass_on();
    ct_tty_set_farewell("");
    ct_tty_end_change();
}

void ct_screen_return(void) {
    if (!ct_tty_begin_change()) return;
    // Stopped by someone else, and without leaving: the shell wrote on the screen.
    if (!isendwin()) endwin();
    pass_on();
    ct_screen_measure();
    switch_on();
    ct_tty_end_change();
}

// --- Drawing ---

void ct_screen_size(int *columns, int *rows) {
    *columns = COLS;
    *rows = LINES;
}

void ct_screen_measure(void) {
    int columns, rows;
    ct_tty_size(fileno(ct_editor_output()), &columns, &rows);
    if (columns > 0 && rows > 0) resize_term(rows, columns);
    compose_farewell();
    ct_screen_lose();
}

int ct_screen_distinct_colours(void) { return distinct_colours; }

void ct_screen_lose(void) {
    lost = true;
    clearok(curscr, TRUE);
}

bool ct_screen_is_lost(void) { return lost; }

bool ct_screen_take_lost(void) {
    bool was_lost = lost;
    lost = false;
    // What is drawn from here on is drawn on nothing: a row that stays empty must be it, too.
    if (was_lost) werase(stdscr);
    return was_lost;
}

static int next_row, next_column;

void ct_screen_row(int row) {
    next_row = row;
    next_column = 0;
    wmove(stdscr, row, 0);
    wclrtoeol(stdscr);
}

static attr_t attributes_of(unsigned attributes) {
    return (attributes & CT_BOLD ? A_BOLD : 0) | (attributes & CT_DIM ? A_DIM : 0)
        | (attributes & CT_UNDERLINE ? A_UNDERLINE : 0) | (attributes & CT_REVERSE ? A_REVERSE : 0);
}

// Cells that ncurses gets together: one call for each would cost more than drawing them.
static cchar_t cells[256];
static int cell_count, cells_column;

static void flush_cells(void) {
    // Neither wraps nor scrolls.
    if (cell_count > 0) mvwadd_wchnstr(stdscr, next_row, cells_column, cells, cell_count);
    cells_column = next_column;
    cell_count = 0;
}

// One cell: a character and the marks on it.
static void add_cell(const wchar_t *text, int width, attr_t attributes, short colour) {
    if (width <= 0 || next_column + width > COLS) return;
    if (cell_count == sizeof cells / sizeof *cells) flush_cells();
    if (setcchar(&cells[cell_count], text, attributes, colour, NULL) != OK) return;
    cell_count++;
    next_column += width;
}

void ct_screen_add(const uint32_t *scalars, size_t count, unsigned attributes, int colour) {
    attr_t style = attributes_of(attributes);
    short pair = (short)(has_colours ? colour : 0);
    wchar_t cell[CCHARW_MAX + 1] = L"";
    int length = 0, cell_width = 0;
    cells_column = next_column;
    for (size_t i = 0; i < count; i++) {
        wchar_t scalar = (wchar_t)scalars[i];
        // The last gate: a control would act.
        if (scalar < 0x20 || (scalar >= 0x7F && scalar < 0xA0)) continue;
        int width = scalar < 0x7F ? 1 : wcwidth(scalar);
        if (width == 0) {
            if (length > 0 && length < CCHARW_MAX) cell[length++] = scalar;
        } else {
            cell[length] = L'\0';
            add_cell(cell, cell_width, style, pair);
            cell[0] = width < 0 ? 0xFFFD : scalar;
            cell_width = width < 0 ? 1 : width;
            length = 1;
        }
    }
    cell[length] = L'\0';
    add_cell(cell, cell_width, style, pair);
    flush_cells();
}

bool ct_screen_takes_output(void) {
    struct pollfd ready = {.fd = fileno(ct_editor_output()), .events = POLLOUT};
    return poll(&ready, 1, 0) != 0;
}

void ct_screen_show(int cursor_row, int cursor_column) {
    if (!ct_tty_begin_change()) return;
    bool show = cursor_row >= 0;
    if (show) {
        int row = cursor_row < LINES ? cursor_row : LINES - 1;
        int column = cursor_column < 0 ? 0 : cursor_column < COLS ? cursor_column : COLS - 1;
        wmove(stdscr, row, column);
    }
    if (show != cursor_shown) curs_set(show);
    cursor_shown = show;
    wnoutrefresh(stdscr);
    doupdate();
    pass_on();
    ct_tty_end_change();
}

enum ct_editor_status ct_screen_begin(int input, int output, struct ct_editor_callbacks callbacks) {
    ct_screen_reset_input();
    enum ct_editor_status status = ct_editor_begin(input, output, &ct_screen_view, callbacks);
    if (status != CT_EDITOR_OK) return status;
    if (!ct_screen_open()) {
        ct_editor_end_reading();
        ct_editor_end();
        return CT_EDITOR_NO_TERMINAL;
    }
    ct_screen_bind_keys();
    return CT_EDITOR_OK;
}

void ct_screen_end(void) {
    ct_editor_request_end();
    ct_screen_forget_list_keys();
    ct_screen_unbind_keys();
    ct_screen_close();
    ct_editor_end_reading();
    ct_editor_end();
    ct_screen_reset_input();
}
