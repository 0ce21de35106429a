/*
 * kernel.h - finding, in C: the same answers as Matcher.find of toolkit/motjuste/engine/matcher.py.
 *
 * C11, no dependency but string.h and stdint.h. No global state, no locale, no input or output, no recursion. All memory comes
 * from arenas that the caller gives and frees; the kernel frees nothing and keeps nothing between calls but what is in a reader.
 *
 *   mj_kernel  an opened program, with that of a user's own files beside it where there is one, and settings. It is never
 *              written after mj_open: threads may share it. It points into the bytes that it was opened from: these must stay
 *              where they are, and unchanged, as long as it is used.
 *   mj_reader  what one thread needs beside it to find: made once (some 4 MB, of which what is not used is not touched), used for any
 *              number of notes. It keeps what it looked up of words, and the steps of expressions, from one note to the next.
 *
 *   mj_open(&kernel, &lasting, program, own, settings, MJ_VERIFY);
 *   mj_make_reader(&reader, &lasting, kernel);
 *   for each note:
 *       mj_find(reader, &arena, text, bytes, &result);
 *       ... result.found[0 .. result.count - 1], in order; they lie in the arena ...
 *       free what the arena holds, and arena.at = arena.end = NULL
 *
 * The formats of a program and of settings are in toolkit/motjuste/rulepack/README.md. Python makes the settings:
 * motjuste.engine.kernel.settings(matcher); they say which rules are in use, at which level, and what else a policy may change.
 *
 * Bad input: a file that is none, of another format, truncated, or in which a section is missing is refused by mj_open. What
 * the numbers in it say is checked where they are used: a file that is wrong inside gets MJ_DAMAGED from mj_find, never an
 * access outside of it. Text may be anything: what is not UTF-8 gets MJ_ENCODING (surrogates are let in: Python has them).
 */
#ifndef MOTJUSTE_KERNEL_H
#define MOTJUSTE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#define MJ_FORMAT 5  /* of the programs and settings that this kernel reads: FORMAT of engine/program.py */

typedef enum mj_status {
    MJ_OK = 0,
    MJ_MEMORY,    /* the arena has no more */
    MJ_PROGRAM,   /* no program of motjuste, or its bytes do not begin at a multiple of 8 */
    MJ_OTHER,     /* of another format: the reference reads it */
    MJ_DAMAGED,   /* truncated, changed, or its sections do not fit each other */
    MJ_ENCODING,  /* the text is not UTF-8 */
    MJ_LONG,      /* the text has more than MJ_LONGEST bytes */
    MJ_STOPPED    /* the caller's `stop` said so */
} mj_status;

#define MJ_LONGEST ((size_t) 1 << 30)

/* What a status means, in English, for an error message. Never holds a text. */
extern const char *mj_message(mj_status status);

/*
 * Memory: a pointer that moves through blocks of the caller's. `more` gives a block of at least so many bytes, aligned to 16, or
 * NULL where there is none; it must not jump out. A block is asked for when the one before is used up; the rest of that is lost.
 * To begin, and again once all blocks are freed: at = end = NULL.
 */
typedef struct mj_arena {
    void *(*more)(void *owner, size_t bytes);
    void *owner;
    char *at, *end;
} mj_arena;

typedef struct mj_bytes {
    const void *data;  /* aligned to 8; NULL: none */
    size_t size;
} mj_bytes;

typedef struct mj_kernel mj_kernel;
typedef struct mj_reader mj_reader;

enum { MJ_VERIFY = 1 };  /* flags of mj_open: compare the checksums too, which reads all of the files (some 20 ms) */

/* Opens a program. `own`: that of a user's own files, or {NULL, 0}. Takes some two milliseconds, 300 kB of the arena. */
extern mj_status mj_open(mj_kernel **kernel, mj_arena *arena, mj_bytes program, mj_bytes own, mj_bytes settings, int flags);

/* What the rules are called: by the number that a finding gives, from 0 to mj_rules - 1, in the order of their ids. */
typedef struct mj_name {
    const char *text;  /* UTF-8, not ended by a zero */
    size_t size;
} mj_name;

extern uint32_t mj_rules(const mj_kernel *kernel);
extern mj_name mj_rule_id(const mj_kernel *kernel, uint32_t rule);
extern mj_name mj_rule_category(const mj_kernel *kernel, uint32_t rule);

/* The SHA-256 that names the program, 32 bytes: what `install` compares. */
extern const unsigned char *mj_digest(const mj_kernel *kernel);

extern mj_status mj_make_reader(mj_reader **reader, mj_arena *arena, const mj_kernel *kernel);

/*
 * `stop` is asked at least every few thousand words, well within 100 ms: whether to end now. NULL: nobody is asked.
 * It must not jump out: PostgreSQL's says whether an interrupt is pending, and lets it happen after mj_find returned.
 */
extern void mj_stop(mj_reader *reader, int (*stop)(void *owner), void *owner);

/* How much a reader did since it was made: words looked at, or as much work. For tests that look at no clock. */
extern uint64_t mj_steps(const mj_reader *reader);

enum { MJ_WATCH = 1, MJ_BLOCK = 2 };  /* levels */

typedef struct mj_finding {
    uint32_t start;   /* code points of the text before it */
    uint32_t length;  /* code points */
    uint32_t rule;
    int32_t level;    /* MJ_WATCH or MJ_BLOCK */
} mj_finding;

typedef struct mj_result {
    mj_finding *found;       /* the findings: by start, of equal ones the longest first, then by rule */
    size_t count;
    mj_finding *outweighed;  /* what terms match that is no finding, in the same order: the words around it speak against it */
    size_t outweighed_count;
} mj_result;

/*
 * Finds in a text, in time linear to its length. What is found lies in the arena, which grows by some 80 bytes a byte of the text, by
 * more where much is found.
 * The result is empty where the status is not MJ_OK; the reader may be used again.
 */
extern mj_status mj_find(mj_reader *reader, mj_arena *arena, const char *text, size_t bytes, mj_result *result);

#endif
