#define _GNU_SOURCE
#include "CTerminal.h"

#include <langinfo.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

// The user's locale as it was at the start: the editor sets another for readline.
static locale_t users;
static bool narrow;
static mbstate_t state;

// What a locale that this system does not have says about its characters: de_DE.ISO-8859-1.
static bool names_another_charset(void) {
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *value = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && (value == NULL || *value == '\0'); i++)
        value = getenv(names[i]);
    const char *charset = value ? strchr(value, '.') : NULL;
    return charset != NULL && strncasecmp(charset, ".utf8", 5) != 0 && strncasecmp(charset, ".utf-8", 6) != 0;
}

static void load(void) {
    users = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (users == (locale_t)0) {
        narrow = names_another_charset();
        return;
    }
    const char *charset = nl_langinfo_l(CODESET, users);
    // The C locale is what one has who said nothing (a bare container), and terminals of today are in UTF-8.
    narrow = strcmp(charset, "UTF-8") != 0 && strcmp(charset, "ANSI_X3.4-1968") != 0;
}

bool ct_charset_is_narrow(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return narrow;
}

static size_t encode(wchar_t wide, unsigned char to[4]) {
    uint32_t scalar = (uint32_t)wide;
    if (scalar < 0x80) {
        to[0] = (unsigned char)scalar;
        return 1;
    }
    size_t more = scalar < 0x800 ? 1 : scalar < 0x10000 ? 2 : 3;
    for (size_t i = more; i > 0; i--, scalar >>= 6) to[i] = 0x80 | (scalar & 0x3F);
    to[0] = (unsigned char)((more == 1 ? 0xC0 : more == 2 ? 0xE0 : 0xF0) | scalar);
    return more + 1;
}

size_t ct_charset_decode(unsigned char byte, unsigned char to[4]) {
    if (!ct_charset_is_narrow() || users == (locale_t)0 || (byte < 0x80 && mbsinit(&state))) {
        to[0] = byte;
        return 1;
    }
    char received = (char)byte;
    wchar_t wide = 0;
    locale_t before = uselocale(users);
    size_t used = mbrtowc(&wide, &received, 1, &state);
    uselocale(before);
    if (used == (size_t)-2) return 0;
    if (used != (size_t)-1) return encode(wide, to);
    memset(&state, 0, sizeof state);
    return encode(0xFFFD, to);
}
