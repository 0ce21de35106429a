/*
 * fuzz.c - the kernel under a sanitizer: any text, any program, never a crash.
 *
 *   fuzz PROGRAM SETTINGS TEXTS SECONDS SEED
 *
 * TEXTS holds texts, each after its length in four bytes. Each is read as it is; then, until the time is over, texts are cut, joined and
 * changed at random, and every tenth time the program or the settings are damaged for a while. Says how many were read.
 * With -DLIBFUZZER (clang -fsanitize=fuzzer) it is a target instead: MOTJUSTE_PROGRAM and MOTJUSTE_SETTINGS name the files; the first
 * bytes of an input say what to damage, the rest is a text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel.h"

typedef struct file { uint8_t *data; size_t size; } file;

static file
read_file(const char *name)
{
    FILE *stream = fopen(name, "rb");
    file found = {NULL, 0};
    long size;

    if (stream == NULL || fseek(stream, 0, SEEK_END) != 0 || (size = ftell(stream)) < 0 || fseek(stream, 0, SEEK_SET) != 0 ||
        (found.data = malloc((size_t) size + 1)) == NULL || fread(found.data, 1, (size_t) size, stream) != (size_t) size) {
        fprintf(stderr, "cannot read %s\n", name);
        exit(2);
    }
    fclose(stream);
    found.size = (size_t) size;
    return found;
}

/* Each block is one of the heap's: the sanitizer sees where it ends. */
typedef struct blocks { void *at[4096]; size_t n; int fails; } blocks;

static void *
more(void *owner, size_t bytes)
{
    blocks *all = owner;
    void *found;

    if (all->fails > 0 && --all->fails == 0)
        return NULL;
    if (all->n == 4096 || (found = malloc(bytes)) == NULL)
        return NULL;
    memset(found, 0xA5, bytes);
    return all->at[all->n++] = found;
}

static void
released(blocks *all, mj_arena *arena)
{
    while (all->n > 0)
        free(all->at[--all->n]);
    arena->at = arena->end = NULL;
}

static blocks lasting_blocks, passing_blocks;
static mj_arena lasting = {more, &lasting_blocks, NULL, NULL}, passing = {more, &passing_blocks, NULL, NULL};

static mj_reader *
opened(file program, file settings)
{
    mj_kernel *kernel;
    mj_reader *reader = NULL;
    mj_bytes none = {NULL, 0};

    released(&lasting_blocks, &lasting);
    if (mj_open(&kernel, &lasting, (mj_bytes) {program.data, program.size}, none, (mj_bytes) {settings.data, settings.size}, 0) == MJ_OK)
        mj_make_reader(&reader, &lasting, kernel);
    return reader;
}

/* Finds in a text that ends where its block does; says what became of it. What is found must lie within it. */
static mj_status
find(mj_reader *reader, const uint8_t *text, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1);
    mj_result result;
    mj_status status;

    if (copy == NULL)
        exit(2);
    memcpy(copy, text, size);
    status = mj_find(reader, &passing, copy, size, &result);
    for (size_t n = 0; status == MJ_OK && n < result.count; n++)
        if ((size_t) result.found[n].start + result.found[n].length > size || (n > 0 && result.found[n].start < result.found[n - 1].start))
            abort();
    released(&passing_blocks, &passing);
    free(copy);
    return status;
}

#ifdef LIBFUZZER

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    static file program, settings;
    static mj_reader *whole;
    uint32_t at, value;
    mj_reader *reader;

    if (program.data == NULL) {
        program = read_file(getenv("MOTJUSTE_PROGRAM"));
        settings = read_file(getenv("MOTJUSTE_SETTINGS"));
    }
    if (size < 9)
        return 0;
    memcpy(&at, input + 1, 4);
    memcpy(&value, input + 5, 4);
    if (input[0] & 1) {
        file *damaged = input[0] & 2 ? &settings : &program;
        uint8_t before[4], *place = damaged->data + at % (damaged->size - 4);

        memcpy(before, place, 4);
        memcpy(place, &value, 4);
        reader = opened(program, settings);
        if (reader != NULL)
            find(reader, input + 9, size - 9);
        memcpy(place, before, 4);
        whole = NULL;
        return 0;
    }
    if (whole == NULL)
        whole = opened(program, settings);
    find(whole, input + 9, size - 9);
    return 0;
}

#else

#define PLACES 60

static uint64_t state;

static uint32_t
any(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return below > 0 ? (uint32_t) (state >> 20) % below : 0;
}

static const char *const pieces[] = {
    "\xED\xA0\x80", "\xC3", "\xE2\x80", "\xF5", "\x80", "\xE2\x80\x8F", "\xF0\x9F\x91\xA9\xE2\x80\x8D", "\xC5\x93", "&eacute;", "&amp;#x65;", "&#0000101", "\xEF\xAC\x83",
    "****", ".", " ", "\n", "\"", "\xC2\xAB ", " \xC2\xBB", "0", "1 85 05 78 006 084 91", "FR76 3000 6000 0112 3456 7890 189", "mdp : ", "code ", "a l c o o l ",
    "_", "con", "M. ", "\xD7\xA9\xD7\x9C", "\xCC\x81", "aaaa", "; ", "-\n", "=", "@", "'", "\xE2\x80\x99",
};

/* A place of a file that says something: in the table of its sections, or, as often as not, in one of these. */
static size_t
any_place(const file *of)
{
    uint32_t count;
    uint64_t where[2];

    memcpy(&count, of->data + 12, 4);
    if (any(300) == 0 || count == 0 || count > 500)
        return 52 + any(2000) / 4 * 4;
    memcpy(where, of->data + 52 + 32 * (size_t) any(count) + 16, 16);
    if (where[1] < 8 || where[0] > of->size || where[1] > of->size - where[0])
        return 52;
    return (size_t) where[0] + any((uint32_t) where[1] - 4) / 4 * 4;
}

static size_t
changed(const file *texts, size_t count, uint8_t *text, size_t room)
{
    size_t size = 0;

    for (uint32_t parts = 1 + any(4); parts > 0; parts--) {
        const file *one = &texts[any((uint32_t) count)];
        uint32_t from = any((uint32_t) one->size), n = 1 + any((uint32_t) (one->size - from));

        if (n > room - size)
            n = (uint32_t) (room - size);
        if (n > one->size - from)
            n = (uint32_t) (one->size - from);
        /* most texts are UTF-8 */
        for (; n > 0 && any(100) && (one->data[from] & 0xC0) == 0x80; n--)
            from++;
        while (n > 0 && any(100) && from + n < one->size && (one->data[from + n] & 0xC0) == 0x80)
            n--;
        memcpy(text + size, one->data + from, n);
        size += n;
        if (any(2)) {
            const char *piece = pieces[any(20) ? 5 + any(sizeof pieces / sizeof *pieces - 5) : any(5)];

            for (uint32_t times = any(8) ? 1 : any(60); times > 0 && size + strlen(piece) < room; times--) {
                memcpy(text + size, piece, strlen(piece));
                size += strlen(piece);
            }
        }
    }
    for (uint32_t n = any(4); n > 0 && size > 0 && any(8) == 0; n--)
        text[any((uint32_t) size)] = (uint8_t) any(256);
    return size;
}

static size_t
split(file all, file **texts)
{
    size_t count = 0, at = 0;

    *texts = malloc((all.size / 4 + 1) * sizeof **texts);
    while (*texts != NULL && all.size - at >= 4) {
        uint32_t size;

        memcpy(&size, all.data + at, 4);
        at += 4;
        if (size > all.size - at)
            break;
        (*texts)[count++] = (file) {all.data + at, size};
        at += size;
    }
    return count;
}

int
main(int argc, char **argv)
{
    static uint8_t text[1 << 16];
    file program, settings, all, *texts;
    size_t count, statuses[8] = {0}, whole = 0, changes = 0, damages = 0;
    mj_reader *reader;
    time_t until;

    if (argc != 6)
        return 2;
    program = read_file(argv[1]);
    settings = read_file(argv[2]);
    all = read_file(argv[3]);
    count = split(all, &texts);
    state = strtoull(argv[5], NULL, 10) * 2654435761u + 88172645463325252u;
    if (count == 0 || (reader = opened(program, settings)) == NULL)
        return 2;
    for (; whole < count; whole++)
        statuses[find(reader, texts[whole].data, texts[whole].size)]++;
    until = time(NULL) + atoi(argv[4]);
    while (time(NULL) < until) {
        file *damaged = any(4) ? &program : &settings;
        uint8_t before[PLACES][4];
        size_t places[PLACES];
        uint32_t places_count = 1 + any(PLACES);

        reader = opened(program, settings);
        for (int n = 0; n < 40; n++) {
            size_t size = changed(texts, count, text, any(20) ? 600 : sizeof text);

            passing_blocks.fails = any(10) ? 0 : 1 + (int) any(6);
            statuses[find(reader, text, size)]++;
            passing_blocks.fails = 0;
            changes++;
        }
        for (uint32_t n = 0; n < places_count; n++) {
            uint32_t value = any(2) ? any(70000) : (uint32_t) state;

            places[n] = any_place(damaged);
            memcpy(before[n], damaged->data + places[n], 4);
            memcpy(damaged->data + places[n], &value, 4);
        }
        reader = opened(program, settings);
        for (int n = 0; reader != NULL && n < 10; n++) {
            size_t size = changed(texts, count, text, 600);

            statuses[find(reader, text, size)]++;
            damages++;
        }
        for (uint32_t n = places_count; n > 0; n--)
            memcpy(damaged->data + places[n - 1], before[n - 1], 4);
    }
    released(&lasting_blocks, &lasting);
    free(program.data);
    free(settings.data);
    free(all.data);
    free(texts);
    printf("%zu texts, %zu changed, %zu by damaged programs; out of memory %zu, damaged %zu, not UTF-8 %zu\n",
           whole, changes, damages, statuses[MJ_MEMORY], statuses[MJ_DAMAGED], statuses[MJ_ENCODING]);
    return 0;
}

#endif
