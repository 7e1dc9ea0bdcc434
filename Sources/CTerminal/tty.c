#define _GNU_SOURCE
#include "CTerminal.h"
#include "tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

// Written before `saved` becomes true and not changed while it is, so a signal handler sees them whole.
static struct termios original;
static int tty = -1, tty_output = -1;
static volatile sig_atomic_t saved;
// What the terminal is to be sent, too. Two buffers: a handler may read one while the other is written.
static char farewells[2][512];
static const char *_Atomic farewell;
// The editor's thread says that it is changing the terminal, a restoring one that nobody may any more; each looks at
// the other's word after giving its own.
static atomic_int changing, restored;

// Deadly signals of the program's own faults. Those that a person sends (INT, TERM, HUP) belong to the program,
// which ends in good order and stops the editor.
static const int faults[] = {SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV};
#define FAULTS (sizeof faults / sizeof faults[0])
static struct sigaction before[FAULTS];

static void on_fault(int signo) {
    int error = errno;
    ct_tty_restore();
    for (size_t i = 0; i < FAULTS; i++) {
        if (faults[i] == signo) sigaction(signo, &before[i], NULL);
    }
    // Raised again for whoever was there before (the Swift runtime's backtrace, or death); it is blocked until
    // this handler returns.
    raise(signo);
    errno = error;
}

static void restore_at_exit(void) { ct_tty_restore(); }

static void watch_faults_once(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_fault;
    // On the alternate stack where there is one: a stack overflow is a fault too.
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < FAULTS; i++) sigaction(faults[i], &action, &before[i]);
    atexit(restore_at_exit);
}

int ct_tty_remember(int fd, int output) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (saved) {
        errno = EBUSY;
        return 0;
    }
    if (tcgetattr(fd, &original) != 0) return 0;
    tty = fd;
    tty_output = output;
    saved = 1;
    pthread_once(&once, watch_faults_once);
    return 1;
}

bool ct_tty_begin_change(void) {
    changing = 1;
    if (!restored) return true;
    changing = 0;
    return false;
}

void ct_tty_end_change(void) { changing = 0; }

void ct_tty_set_farewell(const char *bytes) {
    static int next;
    next = !next;
    snprintf(farewells[next], sizeof farewells[next], "%s", bytes);
    farewell = farewells[next];
}

void ct_tty_forget(void) {
    saved = 0;
    restored = 0;
    farewell = NULL;
    tty = tty_output = -1;
}

static bool takes_output(int milliseconds) {
    struct pollfd ready = {.fd = tty_output, .events = POLLOUT};
    return poll(&ready, 1, milliseconds) == 1 && (ready.revents & POLLOUT);
}

// Switching Ctrl-S off undoes it; TCOON undoes only TCOOFF.
static void release_output(void) {
    struct termios settings;
    if (tcgetattr(tty_output, &settings) != 0) return;
    settings.c_iflag &= ~(tcflag_t)IXON;
    tcsetattr(tty_output, TCSANOW, &settings);
}

// From the background, setting the terminal would stop the process.
static void block_background_stop(sigset_t *before) {
    sigset_t background;
    sigemptyset(&background);
    sigaddset(&background, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &background, before);
}

void ct_tty_release_output(void) {
    if (!saved || takes_output(0)) return;
    sigset_t mask;
    block_background_stop(&mask);
    release_output();
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

// Not where that would wait for ever.
static void write_farewell(void) {
    const char *bytes = farewell;
    if (bytes == NULL || *bytes == '\0') return;
    if (!takes_output(0)) {
        release_output();
        // Nobody reads. What waits was drawn on a screen that is to go, and only keeps this from being read later.
        if (!takes_output(100)) tcflush(tty_output, TCOFLUSH);
        if (!takes_output(0)) return;
    }
    ssize_t ignored = write(tty_output, bytes, strlen(bytes));
    (void)ignored;
}

void ct_tty_restore(void) {
    if (!saved) return;
    int error = errno;
    restored = 1;
    // A change takes microseconds. Not for ever: it may be this thread's own, interrupted by a fault.
    for (int i = 0; i < 100 && changing; i++) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    sigset_t mask;
    block_background_stop(&mask);
    write_farewell();
    tcsetattr(tty, TCSANOW, &original);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    errno = error;
}

void ct_tty_size(int fd, int *columns, int *rows) {
    struct winsize size;
    *columns = *rows = 0;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0) {
        *columns = size.ws_col;
        *rows = size.ws_row;
    }
}

void ct_erase(void *bytes, size_t length) { explicit_bzero(bytes, length); }

// --- Passphrase. The shape of readpassphrase(3): signals are held back until the echo is on again. ---

static const int interruptions[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGTSTP, SIGTTIN, SIGTTOU};
#define INTERRUPTIONS (sizeof interruptions / sizeof interruptions[0])
// A pipe, because another thread may be the one that the signal interrupts.
static int signal_pipe[2] = {-1, -1};

static void on_interruption(int signo) {
    int error = errno;
    unsigned char byte = (unsigned char)signo;
    ssize_t ignored = write(signal_pipe[1], &byte, 1);
    (void)ignored;
    errno = error;
}

// Returns a status, or the negative number of a signal that came.
static int read_silently(int fd, const char *prompt, unsigned char *buffer, size_t capacity, size_t *length) {
    struct termios silent = original;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    silent.c_lflag |= ICANON | ISIG;
    // Flushes what was typed before the prompt: it was shown, and was meant for something else.
    if (tcsetattr(fd, TCSAFLUSH, &silent) != 0) return CT_PASSPHRASE_SYSTEM;
    if (write(fd, prompt, strlen(prompt)) < 0) return CT_PASSPHRASE_SYSTEM;

    size_t used = 0;
    int too_long = 0;
    for (;;) {
        struct pollfd ready[2] = {{.fd = fd, .events = POLLIN}, {.fd = signal_pipe[0], .events = POLLIN}};
        if (poll(ready, 2, -1) < 0) {
            if (errno == EINTR) continue;
            return CT_PASSPHRASE_SYSTEM;
        }
        unsigned char byte;
        if (ready[1].revents & POLLIN) {
            if (read(signal_pipe[0], &byte, 1) == 1) return -(int)byte;
            continue;
        }
        ssize_t got = read(fd, &byte, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return CT_PASSPHRASE_SYSTEM;
        if (got == 0) {
            if (used == 0) return CT_PASSPHRASE_END_OF_FILE;
            break;
        }
        if (byte == '\n') break;
        // The same bytes as on the full screen, whatever the terminal's charset.
        unsigned char decoded[4];
        size_t count = ct_charset_decode(byte, decoded);
        if (count <= capacity - used) {
            memcpy(buffer + used, decoded, count);
            used += count;
        } else {
            too_long = 1;
        }
        ct_erase(decoded, sizeof decoded);
        byte = 0;
    }
    *length = used;
    return too_long ? CT_PASSPHRASE_TOO_LONG : CT_PASSPHRASE_OK;
}

static int read_between_signals(
    int fd, const char *prompt, unsigned char *buffer, size_t capacity, size_t *length) {
    if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return CT_PASSPHRASE_SYSTEM;
    int status;
    do {
        struct sigaction action, old[INTERRUPTIONS];
        memset(&action, 0, sizeof action);
        action.sa_handler = on_interruption;
        action.sa_flags = SA_RESTART;
        sigemptyset(&action.sa_mask);
        for (size_t i = 0; i < INTERRUPTIONS; i++) sigaction(interruptions[i], &action, &old[i]);

        status = read_silently(fd, prompt, buffer, capacity, length);

        ct_tty_restore();
        ssize_t ignored = write(fd, "\n", 1);
        (void)ignored;
        for (size_t i = 0; i < INTERRUPTIONS; i++) sigaction(interruptions[i], &old[i], NULL);
        if (status < 0) kill(getpid(), -status);
        // Stopped and brought back: ask again.
    } while (status == -SIGTSTP || status == -SIGTTIN || status == -SIGTTOU);
    close(signal_pipe[0]);
    close(signal_pipe[1]);
    signal_pipe[0] = signal_pipe[1] = -1;
    return status < 0 ? CT_PASSPHRASE_INTERRUPTED : status;
}

enum ct_passphrase_status ct_passphrase_read(
    const char *prompt, unsigned char *buffer, size_t capacity, size_t *length) {
    // One prompt at a time: the handlers and the remembered settings are the process's.
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    *length = 0;
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return CT_PASSPHRASE_NO_TERMINAL;
    pthread_mutex_lock(&lock);
    int status = CT_PASSPHRASE_SYSTEM;
    if (ct_tty_remember(fd, fd)) {
        status = read_between_signals(fd, prompt, buffer, capacity, length);
        int error = errno;
        ct_tty_forget();
        errno = error;
    }
    pthread_mutex_unlock(&lock);
    int error = errno;
    close(fd);
    errno = error;
    return status;
}
