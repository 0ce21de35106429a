/*
 * kernel.c - finding, in C. kernel.h says what it promises.
 *
 * The order is that of the reference, toolkit/motjuste/engine: program.py, plain.py, text.py, read.py, match.py, spans.py, matcher.py,
 * score.py; functions bear the names that they have there. Whoever changes one changes the other: tests/test_kernel.py compares them.
 *
 * A note is kept as its code points, and as folded characters, one byte each: ASCII, two ligatures, what is cut, all else. What
 * goes wrong, no memory or a damaged program, is kept in the reader, and ends the work at the next look at it.
 */
#include "kernel.h"

#include <stdbool.h>
#include <string.h>

#include "characters.h"

#define DEAD UINT32_MAX
#define NONE UINT32_MAX

/* -- memory ---------------------------------------------------------------------------------------- */

#define ROOM 65536

static void *
take(mj_arena *arena, size_t count, size_t each)
{
    size_t size;
    char *found;

    if (count > (SIZE_MAX / 2) / each)
        return NULL;
    size = (count * each + 15) & ~(size_t) 15;
    if (size == 0)
        size = 16;
    if (arena->at == NULL || (size_t) (arena->end - arena->at) < size) {
        size_t block = size > ROOM / 4 ? size : ROOM;
        char *more = arena->more(arena->owner, block);

        if (more == NULL)
            return NULL;
        /* a large piece has a block of its own: what is left of the one before is used on */
        if (block != ROOM && arena->at != NULL)
            return more;
        arena->at = more;
        arena->end = more + block;
    }
    found = arena->at;
    arena->at += size;
    return found;
}

/* What is soon to be read: that it need not be waited for. */
static inline void
soon(const void *at)
{
#ifdef __GNUC__
    __builtin_prefetch(at);
#else
    (void) at;
#endif
}

/* -- the program ----------------------------------------------------------------------------------- */

typedef struct bytes { const uint8_t *at; size_t n; } bytes;
typedef struct u32s { const uint32_t *at; size_t n; } u32s;
typedef struct i32s { const int32_t *at; size_t n; } i32s;
typedef struct u16s { const uint16_t *at; size_t n; } u16s;

/* Words of a file, one after the other; a table to find them by. */
typedef struct words { bytes letters; u32s at; u32s hash; } words;

enum { TERMS, CONTEXTS, EFFECTS, ROOTS };
enum { STATE = 8, FORK = 4, CALL = 3, BESIDE = 3, RAW = 2, CHARS = 32 };
enum { BRANCH = 5, SPELT = 16, HASHED = 20, GROUP = 2, WIDE_GROUP = 8, LOW = 32, NOWHERE = 62, MASK = 63 };  /* bits, as in engine/program.py */
enum { RULE = 7, CATEGORY = 6, CONSTANTS = 8, SIDES = 8 };

typedef struct part {
    words words;
    u32s word_class;
    i32s word_first;
    u32s states, accepts, forks, transitions;
    uint32_t state_count;
    words features;
    u32s leading;
    bytes weights;
    u32s term_rule, but_at, buts, context_at;
    i32s contexts;
    words callers;
    u32s call_at, calls;
    i32s beside;
    u32s beside_at, beside_words, raws, code_at, code;
    bytes char_sets;
    u32s spelt, spelt_at, spelt_key, usual;
    u16s spelt_of;
    i32s rules;       /* by the number of a rule in the program, that of the rule in use, or -1: of the settings */
    uint32_t digits;  /* the caller that stands for a long number */
    uint32_t number;  /* the word that stands for all numbers */
} part;

typedef struct scale {
    bool given;
    int32_t threshold, sure, bias;
    size_t fault, close, far, signs, sense;  /* where each column begins */
} scale;

/* A word that may be written with signs for letters, as folded characters. */
typedef struct maskable { const uint8_t *letters; size_t n; uint32_t rule; } maskable;

typedef struct fact fact;

enum sign { AFTER_A_TITLE, NAMED_IN_QUOTES, IN_QUOTES, BESIDE_A_NAME, OF_A_PERSON, AT_THE_END, SHORT, CAPITAL, SIGNS };

struct mj_kernel {
    part parts[2];
    int count;
    const unsigned char *digest;
    scale scale;
    words codes, ids, persons;
    i32s rules, categories;
    const maskable *maskables;
    size_t maskable_count;
    uint32_t signs[SIGNS];  /* their features */
    size_t terms, longest_code;
    uint32_t crc[256];
    const fact *facts[2];  /* of each expression of a part */
    const uint32_t *repeats[2];  /* of each instruction of a part, the first of the repetition that it stands in, or itself */
    const uint64_t *wanted[2];  /* of each side of a rule's contexts, a bit for the rest of each phrase that it asks for */
};

/* What is known of an expression: the characters that it begins with, as bits; how long its matches are at most; digits that each holds. */
struct fact { uint32_t first[8], longest, digits; };

typedef struct section { const char *name; int size; void *to; } section;

const char *
mj_message(mj_status status)
{
    switch (status) {
        case MJ_OK:
            return "done";
        case MJ_MEMORY:
            return "out of memory";
        case MJ_PROGRAM:
            return "no program of motjuste";
        case MJ_OTHER:
            return "a program of another format";
        case MJ_DAMAGED:
            return "a damaged program";
        case MJ_ENCODING:
            return "a text that is not UTF-8";
        case MJ_LONG:
            return "a text that is too long";
        case MJ_STOPPED:
            return "stopped";
    }
    return "unknown";
}

static uint32_t
number(const uint8_t *at)
{
    return (uint32_t) at[0] | (uint32_t) at[1] << 8 | (uint32_t) at[2] << 16 | (uint32_t) at[3] << 24;
}

static uint64_t
long_number(const uint8_t *at)
{
    return number(at) | (uint64_t) number(at + 4) << 32;
}

/* CRC-32 as zlib's, a byte a step: of one byte. */
static uint32_t
crc_of(uint32_t byte)
{
    for (int bit = 0; bit < 8; bit++)
        byte = byte & 1 ? byte >> 1 ^ 0xEDB88320u : byte >> 1;
    return byte;
}

/* The same, eight bytes a step. */
static uint32_t
crc32(uint32_t crc, const uint8_t *at, size_t n, uint32_t table[8][256])
{
    crc = ~crc;
    for (; n >= 8; n -= 8, at += 8) {
        uint32_t low = number(at) ^ crc, high = number(at + 4);

        crc = table[7][low & 255] ^ table[6][low >> 8 & 255] ^ table[5][low >> 16 & 255] ^ table[4][low >> 24] ^
            table[3][high & 255] ^ table[2][high >> 8 & 255] ^ table[1][high >> 16 & 255] ^ table[0][high >> 24];
    }
    for (; n > 0; n--, at++)
        crc = crc >> 8 ^ table[0][(crc ^ *at) & 255];
    return ~crc;
}

static bool
is_whole(const uint8_t *file, size_t size)
{
    uint32_t table[8][256];
    uint8_t head[52];
    uint32_t crc;

    for (uint32_t n = 0; n < 256; n++)
        table[0][n] = crc_of(n);
    for (int k = 1; k < 8; k++)
        for (uint32_t n = 0; n < 256; n++)
            table[k][n] = table[k - 1][n] >> 8 ^ table[0][table[k - 1][n] & 255];
    memcpy(head, file, sizeof head);
    memset(head + 16, 0, 4);
    crc = crc32(0, head, sizeof head, table);
    return crc32(crc, file + sizeof head, size - sizeof head, table) == number(file + 16);
}

/* The sections of a file, each put where `wanted` says. */
static mj_status
sections(mj_bytes file, const section *wanted, int flags)
{
    const uint8_t *data = file.data;
    uint32_t count;

    if (data == NULL || file.size < 52 || memcmp(data, "motjuste", 8) != 0 || (uintptr_t) data % 8 != 0)
        return MJ_PROGRAM;
    if (number(data + 8) != MJ_FORMAT)
        return MJ_OTHER;
    count = number(data + 12);
    if (count > (file.size - 52) / 32)
        return MJ_DAMAGED;
    if (flags & MJ_VERIFY && !is_whole(data, file.size))
        return MJ_DAMAGED;
    for (const section *one = wanted; one->name != NULL; one++) {
        char name[16] = {0};
        bytes *found = one->to;
        bool there = false;

        memcpy(name, one->name, strlen(one->name));
        for (uint32_t n = 0; n < count && !there; n++) {
            const uint8_t *entry = data + 52 + 32 * (size_t) n;
            uint64_t offset = long_number(entry + 16), length = long_number(entry + 24);

            if (memcmp(entry, name, 16) != 0)
                continue;
            if (offset % 8 != 0 || offset > file.size || length > file.size - offset || length % (size_t) one->size != 0)
                return MJ_DAMAGED;
            found->at = data + offset;
            found->n = (size_t) length / (size_t) one->size;
            there = true;
        }
        if (!there)
            return MJ_DAMAGED;
    }
    return MJ_OK;
}

/* Whether rows fit what they index: they begin with 0, and end where it does. */
static bool
fits(u32s at, size_t entries)
{
    return at.n > 0 && at.at[0] == 0 && at.at[at.n - 1] == entries;
}

static bool
are_words(const words *all)
{
    return fits(all->at, all->letters.n) && (all->hash.n & (all->hash.n - 1)) == 0;
}

/* The place of a row, false where a damaged file says that it is elsewhere. */
static bool
row(u32s at, size_t n, size_t entries, uint32_t *from, uint32_t *until)
{
    if (n + 1 >= at.n || at.at[n] > at.at[n + 1] || at.at[n + 1] > entries)
        return false;
    *from = at.at[n];
    *until = at.at[n + 1];
    return true;
}

static mj_name
word(const words *all, size_t n)
{
    mj_name found = {"", 0};
    uint32_t from, until;

    if (row(all->at, n, all->letters.n, &from, &until)) {
        found.text = (const char *) all->letters.at + from;
        found.size = until - from;
    }
    return found;
}

#define FNV 0x811C9DC5u

static uint32_t
hash_on(uint32_t hash, uint8_t byte)
{
    return (hash ^ byte) * 0x01000193u;
}

static uint32_t
hash_of(const void *letters, size_t n)
{
    const uint8_t *at = letters;
    uint32_t found = FNV;

    for (size_t i = 0; i < n; i++)
        found = hash_on(found, at[i]);
    return found;
}

/* The place in a table where a word with this hash is looked for first is soon to be read. */
static void
soon_in(u32s table, uint32_t hash)
{
    if (table.n > 0)
        soon(&table.at[hash & (table.n - 1)]);
}

/* The number of a word, NONE for one that is not there. */
static uint32_t
find_in(const words *all, u32s table, const void *letters, size_t n, uint32_t hash)
{
    size_t mask = table.n - 1;

    if (table.n == 0)
        return NONE;
    for (size_t at = hash & mask, seen = 0; table.at[at] != 0 && seen < table.n; at = (at + 1) & mask, seen++) {
        uint32_t number = (table.at[at] & ((1u << HASHED) - 1)) - 1;
        mj_name there;

        if (table.at[at] >> HASHED != hash >> HASHED)
            continue;
        there = word(all, number);
        if (there.size == n && memcmp(there.text, letters, n) == 0)
            return number;
    }
    return NONE;
}

/* Whether a word with this hash may be there. */
static bool
has_hash(u32s table, uint32_t hash)
{
    size_t mask = table.n - 1;

    if (table.n == 0)
        return false;
    for (size_t at = hash & mask, seen = 0; table.at[at] != 0 && seen < table.n; at = (at + 1) & mask, seen++)
        if (table.at[at] >> HASHED == hash >> HASHED)
            return true;
    return false;
}

static uint32_t
find_word(const words *all, const void *letters, size_t n)
{
    return find_in(all, all->hash, letters, n, hash_of(letters, n));
}

/* instructions of an expression: rulepack/coded.py */
enum { FOUND, CHAR, SET, GOTO, ELSE };

/*
 * What is left from an instruction on: characters at most, digits at least. Before it: the first time so far of a repetition that
 * ends here, and how many instructions one time has.
 */
typedef struct ahead { uint32_t longest, digits, time, size; } ahead;

static bool
is_digits(const part *p, uint32_t operation, uint32_t argument)
{
    static const uint8_t digits[CHARS] = {0, 0, 0, 0, 0, 0, 0xFF, 0x03};
    const uint8_t *set = p->char_sets.at + (size_t) CHARS * argument;

    if (operation == CHAR)
        return argument >= '0' && argument <= '9';
    for (int n = 0; n < CHARS; n++)
        if (set[n] & ~digits[n])
            return false;
    return true;
}

/* Whether one time of a repetition, from an ELSE on, is followed by another, written alike, or by its end. */
static bool
is_repeated(const part *p, uint32_t pc, const ahead *end)
{
    return end->size > 0 && pc + 1 + end->size == end->time &&
        memcmp(p->code.at + pc + 1, p->code.at + end->time + 1, end->size * sizeof *p->code.at) == 0;
}

/*
 * What is known of an expression. False where its code is damaged: no way goes back in it, nor out of it. Repetitions are written out
 * there: `repeats` says of each time which the first is.
 */
static bool
learn(const part *p, uint32_t from, uint32_t until, ahead *left, uint8_t *marks, uint32_t *repeats, fact *found)
{
    memset(left, 0, (until - from) * sizeof *left);
    for (uint32_t pc = until; pc-- > from;) {
        uint32_t operation = p->code.at[pc] & 7, argument = p->code.at[pc] >> 3;
        ahead *here = &left[pc - from], *other;

        if (operation > ELSE || (operation != FOUND && operation != GOTO && pc + 1 == until))
            return false;
        if ((operation == CHAR && argument > 255) || (operation == SET && argument >= p->char_sets.n / CHARS))
            return false;
        if ((operation == GOTO || operation == ELSE) && (argument == 0 || argument >= until - pc))
            return false;
        repeats[pc] = pc;
        if (operation == FOUND)
            continue;
        other = operation == GOTO ? here + argument : here + 1;
        here->longest = other->longest;
        here->digits = other->digits;
        if (operation == CHAR || operation == SET) {
            here->longest++;
            here->digits += is_digits(p, operation, argument);
        }
        if (operation == ELSE) {
            other = here + argument;
            if (is_repeated(p, pc, other))
                repeats[other->time] = pc;
            else
                other->size = argument - 1;
            other->time = pc;
            here->longest = here->longest > other->longest ? here->longest : other->longest;
            here->digits = here->digits < other->digits ? here->digits : other->digits;
        }
    }
    for (uint32_t pc = from; pc < until; pc++)
        repeats[pc] = repeats[repeats[pc]];
    memset(found, 0, sizeof *found);
    found->longest = left[0].longest;
    found->digits = left[0].digits;
    memset(marks, 0, until - from);
    marks[0] = 1;
    for (uint32_t pc = from; pc < until; pc++) {
        uint32_t operation = p->code.at[pc] & 7, argument = p->code.at[pc] >> 3;

        if (!marks[pc - from])
            continue;
        if (operation == FOUND)
            memset(found->first, 255, sizeof found->first);
        else if (operation == CHAR)
            found->first[argument >> 5] |= 1u << (argument & 31);
        else if (operation == SET)
            for (int n = 0; n < CHARS; n++)
                found->first[n >> 2] |= (uint32_t) p->char_sets.at[CHARS * argument + n] << 8 * (n & 3);
        else {
            marks[pc - from + argument] = 1;
            if (operation == ELSE)
                marks[pc - from + 1] = 1;
        }
    }
    return true;
}

static mj_status
open_raws(mj_kernel *k, mj_arena *arena, int number)
{
    part *p = &k->parts[number];
    size_t raws = p->raws.n / RAW, longest = 1;
    uint32_t from = 0, until = 0;
    uint8_t *marks;
    ahead *left;
    fact *facts;
    uint32_t *repeats;

    if (p->code_at.n != raws + 1)
        return MJ_DAMAGED;
    for (size_t n = 0; n < raws; n++) {
        if (!row(p->code_at, n, p->code.n, &from, &until) || from == until)
            return MJ_DAMAGED;
        if (until - from > longest)
            longest = until - from;
    }
    if (longest > k->longest_code)
        k->longest_code = longest;
    facts = take(arena, raws, sizeof *facts);
    repeats = take(arena, p->code.n, sizeof *repeats);
    marks = take(arena, longest, 1);
    left = take(arena, longest, sizeof *left);
    if (facts == NULL || repeats == NULL || marks == NULL || left == NULL)
        return MJ_MEMORY;
    for (size_t n = 0; n < raws; n++) {
        row(p->code_at, n, p->code.n, &from, &until);
        if (!learn(p, from, until, left, marks, repeats, &facts[n]))
            return MJ_DAMAGED;
    }
    k->facts[number] = facts;
    k->repeats[number] = repeats;
    return MJ_OK;
}

/* Most phrases that stand around a match are none that its rule asks for: a look at the mask says so. */
static mj_status
open_contexts(mj_kernel *k, mj_arena *arena, int number)
{
    const part *p = &k->parts[number];
    size_t sides = p->context_at.n - 1;
    uint64_t *masks = take(arena, sides, sizeof *masks);
    uint32_t from, until;

    if (masks == NULL)
        return MJ_MEMORY;
    for (size_t n = 0; n < sides; n++) {
        if (!row(p->context_at, n, p->contexts.n, &from, &until))
            return MJ_DAMAGED;
        masks[n] = 0;
        for (; from < until; from++)
            masks[n] |= (uint64_t) 1 << (p->contexts.at[from] & 63);
    }
    k->wanted[number] = masks;
    return MJ_OK;
}

static mj_status
open_part(mj_kernel *k, mj_arena *arena, mj_bytes file, int flags)
{
    part *p = &k->parts[k->count];
    const section wanted[] = {
        {"words", 1, &p->words.letters}, {"word_at", 4, &p->words.at}, {"word_hash", 4, &p->words.hash},
        {"word_class", 4, &p->word_class}, {"word_first", 4, &p->word_first}, {"states", 4, &p->states},
        {"accepts", 4, &p->accepts}, {"forks", 4, &p->forks}, {"transitions", 4, &p->transitions}, {"features", 1, &p->features.letters},
        {"feature_at", 4, &p->features.at}, {"feature_hash", 4, &p->features.hash}, {"leading_hash", 4, &p->leading},
        {"weights", 1, &p->weights}, {"term_rule", 4, &p->term_rule}, {"but_at", 4, &p->but_at}, {"buts", 4, &p->buts},
        {"context_at", 4, &p->context_at}, {"contexts", 4, &p->contexts}, {"callers", 1, &p->callers.letters},
        {"caller_at", 4, &p->callers.at}, {"caller_hash", 4, &p->callers.hash}, {"call_at", 4, &p->call_at},
        {"calls", 4, &p->calls}, {"beside", 4, &p->beside}, {"beside_at", 4, &p->beside_at},
        {"beside_words", 4, &p->beside_words}, {"raws", 4, &p->raws}, {"code_at", 4, &p->code_at}, {"code", 4, &p->code},
        {"char_sets", 1, &p->char_sets}, {"spelt", 4, &p->spelt}, {"spelt_at", 4, &p->spelt_at}, {"spelt_key", 4, &p->spelt_key},
        {"spelt_of", 2, &p->spelt_of}, {"usual", 4, &p->usual}, {NULL, 0, NULL},
    };
    mj_status status = sections(file, wanted, flags);
    size_t size;

    if (status != MJ_OK)
        return status;
    size = p->words.at.n - 1;
    if (!are_words(&p->words) || !are_words(&p->features) || !are_words(&p->callers) || (p->leading.n & (p->leading.n - 1)) != 0 ||
        p->word_class.n != size || p->word_first.n != size * ROOTS ||
        p->states.n % STATE != 0 || p->forks.n % FORK != 0 || p->transitions.n == 0 || p->transitions.at[0] % BRANCH != 0 ||
        p->transitions.at[0] > 6 * BRANCH || !fits(p->but_at, p->buts.n) ||
        !fits(p->context_at, p->contexts.n) || p->calls.n % CALL != 0 || !fits(p->call_at, p->calls.n / CALL) ||
        p->call_at.n != p->callers.at.n || p->beside.n % BESIDE != 0 || !fits(p->beside_at, p->beside_words.n) ||
        p->raws.n % RAW != 0 || !fits(p->code_at, p->code.n) || p->char_sets.n % CHARS != 0 || p->spelt_key.n != p->spelt_of.n ||
        (p->spelt_at.n != 0 && (p->spelt_at.n != (1 << SPELT) + 1 || !fits(p->spelt_at, p->spelt_key.n))))
        return MJ_DAMAGED;
    p->state_count = (uint32_t) (p->states.n / STATE);
    p->digits = find_word(&p->callers, "#", 1);
    p->number = find_word(&p->words, "#", 1);
    if (p->term_rule.n > k->terms)
        k->terms = p->term_rule.n;
    if ((status = open_contexts(k, arena, k->count)) == MJ_OK)
        status = open_raws(k, arena, k->count);
    k->count++;
    return status;
}

static mj_status
open_maskables(mj_kernel *k, mj_arena *arena, const words *all, u32s rules)
{
    size_t count = all->at.n - 1;
    maskable *found = take(arena, count, sizeof *found);

    if (found == NULL)
        return MJ_MEMORY;
    if (rules.n != count)
        return MJ_DAMAGED;
    for (size_t n = 0; n < count; n++) {
        mj_name one = word(all, n);
        uint8_t *letters = take(arena, one.size, 1);
        size_t size = 0;

        if (letters == NULL)
            return MJ_MEMORY;
        for (size_t i = 0; i < one.size; i++) {
            uint8_t byte = (uint8_t) one.text[i], next = i + 1 < one.size ? (uint8_t) one.text[i + 1] : 0;

            if (byte == 0xC5 && next == 0x93)
                letters[size++] = OE;
            else if (byte == 0xC3 && next == 0xA6)
                letters[size++] = AE;
            else if (byte < 128)
                letters[size++] = byte;
        }
        if (rules.at[n] >= k->rules.n / RULE)
            return MJ_DAMAGED;
        found[n] = (maskable) {letters, size, rules.at[n]};
    }
    k->maskables = found;
    k->maskable_count = count;
    return MJ_OK;
}

static bool
is_rule(const mj_kernel *k, int32_t n)
{
    return n >= -1 && (n < 0 || (size_t) n < k->rules.n / RULE);
}

/* Whether what the settings say fits the programs. */
static bool
are_settings(const mj_kernel *k, i32s constants)
{
    const part *first = &k->parts[0];
    size_t rules = k->rules.n / RULE, codes = k->categories.n / CATEGORY, features = first->features.at.n - 1;

    if (k->rules.n % RULE != 0 || k->categories.n % CATEGORY != 0 || !are_words(&k->codes) || !are_words(&k->ids) ||
        !are_words(&k->persons) || k->codes.at.n != codes + 1 || k->ids.at.n != rules + 1 ||
        (constants.n != 0 && constants.n != CONSTANTS))
        return false;
    for (size_t n = 0; n < rules; n++) {
        const int32_t *rule = k->rules.at + n * RULE;

        if (rule[0] < 0 || (size_t) rule[0] >= codes || rule[1] < MJ_WATCH || rule[1] > MJ_BLOCK || rule[2] < 0 || rule[2] > 3 ||
            rule[4] < 0 || rule[4] >= k->count || rule[5] < 0 ||
            ((size_t) rule[5] + 1) * SIDES >= k->parts[rule[4]].context_at.n)
            return false;
    }
    for (size_t n = 0; n < codes; n++) {
        const int32_t *code = k->categories.at + n * CATEGORY;

        if (code[0] < 0 || code[0] > MJ_BLOCK || code[1] < 0 || code[1] > MJ_BLOCK || !is_rule(k, code[3]))
            return false;
        if (code[4] < -1 || (code[4] >= 0 && ((size_t) code[4] + 1) * features > first->weights.n))
            return false;
    }
    for (size_t n = 3; n < constants.n; n++)
        if (constants.at[n] < 0 || ((size_t) constants.at[n] + 1) * features > first->weights.n)
            return false;
    for (int n = 0; n < k->count; n++) {
        const part *p = &k->parts[n];

        if (p->context_at.n != p->rules.n * SIDES + 1)
            return false;
        for (size_t r = 0; r < p->rules.n; r++)
            if (!is_rule(k, p->rules.at[r]))
                return false;
    }
    return true;
}

mj_status
mj_open(mj_kernel **kernel, mj_arena *arena, mj_bytes program, mj_bytes own, mj_bytes settings, int flags)
{
    static const char *const names[SIGNS] = {
        "after a title", "named in quotes", "in quotes", "beside a name", "of a person", "at the end", "short", "capital",
    };
    mj_kernel *k = take(arena, 1, sizeof *k);
    words maskables;
    u32s maskable_rules;
    i32s constants, rules[2];
    mj_status status;

    *kernel = NULL;
    if (k == NULL)
        return MJ_MEMORY;
    memset(k, 0, sizeof *k);
    memset(&maskables, 0, sizeof maskables);
    for (uint32_t n = 0; n < 256; n++)
        k->crc[n] = crc_of(n);
    if ((status = open_part(k, arena, program, flags)) != MJ_OK)
        return status;
    if (own.data != NULL && (status = open_part(k, arena, own, flags)) != MJ_OK)
        return status;
    {
        const section wanted[] = {
            {"scale", 4, &constants}, {"codes", 1, &k->codes.letters}, {"code_at", 4, &k->codes.at},
            {"categories", 4, &k->categories}, {"ids", 1, &k->ids.letters}, {"id_at", 4, &k->ids.at}, {"rules", 4, &k->rules},
            {"part_0", 4, &rules[0]}, {"part_1", 4, &rules[1]}, {"persons", 1, &k->persons.letters},
            {"person_at", 4, &k->persons.at}, {"person_hash", 4, &k->persons.hash}, {"maskable", 1, &maskables.letters},
            {"maskable_at", 4, &maskables.at}, {"maskable_rule", 4, &maskable_rules}, {NULL, 0, NULL},
        };

        if ((status = sections(settings, wanted, flags)) != MJ_OK)
            return status;
    }
    for (int n = 0; n < k->count; n++)
        k->parts[n].rules = rules[n];
    if (!are_settings(k, constants) || !are_words(&maskables))
        return MJ_DAMAGED;
    if (constants.n > 0) {
        size_t features = k->parts[0].features.at.n - 1;

        k->scale = (scale) {
            true, constants.at[0], constants.at[1], constants.at[2], (size_t) constants.at[3] * features,
            (size_t) constants.at[4] * features, (size_t) constants.at[5] * features, (size_t) constants.at[6] * features,
            (size_t) constants.at[7] * features,
        };
    }
    for (int n = 0; n < SIGNS; n++)
        k->signs[n] = find_word(&k->parts[0].features, names[n], strlen(names[n]));
    k->digest = (const unsigned char *) program.data + 20;
    if ((status = open_maskables(k, arena, &maskables, maskable_rules)) != MJ_OK)
        return status;
    *kernel = k;
    return MJ_OK;
}

uint32_t
mj_rules(const mj_kernel *k)
{
    return (uint32_t) (k->rules.n / RULE);
}

mj_name
mj_rule_id(const mj_kernel *k, uint32_t rule)
{
    return word(&k->ids, rule);
}

static int32_t
rule_field(const mj_kernel *k, uint32_t rule, int field)
{
    return k->rules.at[(size_t) rule * RULE + (size_t) field];
}

enum { RULE_CATEGORY, RULE_LEVEL, RULE_KEY, RULE_LIMIT, RULE_PART, RULE_NUMBER, RULE_SPARED };
enum { CATEGORY_QUOTED, CATEGORY_UNSURE, CATEGORY_CAPITALS, CATEGORY_TOGETHER, CATEGORY_COLUMN, CATEGORY_BASE };

static int32_t
category_of(const mj_kernel *k, uint32_t rule, int field)
{
    return k->categories.at[rule_field(k, rule, RULE_CATEGORY) * CATEGORY + field];
}

mj_name
mj_rule_category(const mj_kernel *k, uint32_t rule)
{
    return rule < mj_rules(k) ? word(&k->codes, (size_t) rule_field(k, rule, RULE_CATEGORY)) : word(&k->codes, SIZE_MAX);
}

const unsigned char *
mj_digest(const mj_kernel *k)
{
    return k->digest;
}

/* -- the reader ------------------------------------------------------------------------------------ */

/* What a program knows of a word; NONE where it does not know it so. */
typedef struct known {
    uint64_t mask;     /* of the state after it, where it begins terms; 0: it begins none */
    uint32_t word, word_class, begin, caller;
    uint32_t feature, stem;  /* what it weighs by: itself, and its first letters */
    uint32_t pair;     /* the hash of what it weighs by with the word after it */
    uint8_t low, high; /* the places of its class in masks */
    bool leading : 1, vain : 1;  /* vain: nothing is meant by it */
} known;

/* The same of a word that was looked up, until two others take its place: of two that stand side by side the first was looked up last. */
typedef struct kept { known known; uint32_t hash; uint8_t size, letters[19]; } kept;

/* places for them, by their hash: a power of two; of these are cleared at once; words that are fetched together; bytes of a line of memory */
enum { KNOWN = 65536, BLOCK = 64, AHEAD = 128, LINE = 64 };

/* Of a term, stamps say that what is noted of it is of this page, of this word. */
typedef struct term { uint32_t page, reach, first, longest; } term;
typedef struct thread { uint32_t pc, start; } thread;

/*
 * Ways through an expression that are gone at once, as one state: that of a lazily made automaton. `next`: by character, FIRST_SET
 * and the number of the set after it; NOT_MADE: none yet; MATCHED: a match ends before that character.
 */
typedef struct set {
    const fact *of;
    uint32_t first, n;       /* of `ways` */
    bool ends;               /* a match ends here, if no word goes on */
    uint16_t next[OTHER + 1];
} set;

enum { NOT_MADE, MATCHED, FIRST_SET, SETS = 4096, SET_PLACES = 2 * SETS, WAYS = 1 << 15 };

/* The sets that were met: all are forgotten when there is no room for one more. */
typedef struct sets {
    set *all;
    uint32_t n, way_count;
    uint32_t *ways;          /* instructions, those of a set one after the other */
    uint16_t *places;        /* to find sets by: their numbers and one; 0: free */
} sets;

struct mj_reader {
    const mj_kernel *kernel;
    mj_arena *arena;
    mj_status status;
    int (*stop)(void *owner);
    void *owner;
    int64_t patience;  /* words, or as much work, until `stop` is asked again */
    uint64_t steps;    /* so much was done in all */
    term *terms;
    uint32_t stamp;
    thread *now, *next, *waiting;  /* ways through an expression */
    uint32_t *marks, mark;         /* where instructions were met */
    sets sets;
    kept *kept[2];                 /* by part: KNOWN places */
    bool cleared[2][KNOWN / BLOCK];  /* which of them are: most readers meet few words */
};

#define PATIENCE 20000

mj_status
mj_make_reader(mj_reader **reader, mj_arena *arena, const mj_kernel *kernel)
{
    mj_reader *r = take(arena, 1, sizeof *r);
    size_t threads = kernel->longest_code + 1;

    *reader = NULL;
    if (r == NULL)
        return MJ_MEMORY;
    memset(r, 0, sizeof *r);
    r->kernel = kernel;
    r->patience = PATIENCE;
    r->terms = take(arena, kernel->terms, sizeof *r->terms);
    r->now = take(arena, threads, sizeof *r->now);
    r->next = take(arena, threads, sizeof *r->next);
    r->waiting = take(arena, threads, sizeof *r->waiting);
    r->marks = take(arena, threads, sizeof *r->marks);
    r->sets.all = take(arena, SETS, sizeof *r->sets.all);
    r->sets.ways = take(arena, WAYS, sizeof *r->sets.ways);
    r->sets.places = take(arena, SET_PLACES, sizeof *r->sets.places);
    for (int n = 0; n < kernel->count; n++) {
        char *places = take(arena, KNOWN * sizeof *r->kept[n] + LINE, 1);

        if (places == NULL)
            return MJ_MEMORY;
        r->kept[n] = (kept *) (places + (LINE - (uintptr_t) places % LINE) % LINE);
    }
    if (r->sets.all == NULL || r->sets.ways == NULL || r->sets.places == NULL || r->terms == NULL || r->now == NULL || r->next == NULL || r->waiting == NULL || r->marks == NULL)
        return MJ_MEMORY;
    memset(r->terms, 0, kernel->terms * sizeof *r->terms);
    memset(r->marks, 0, threads * sizeof *r->marks);
    memset(r->sets.places, 0, SET_PLACES * sizeof *r->sets.places);
    *reader = r;
    return MJ_OK;
}

void
mj_stop(mj_reader *r, int (*stop)(void *owner), void *owner)
{
    r->stop = stop;
    r->owner = owner;
}

uint64_t
mj_steps(const mj_reader *r)
{
    return r->steps;
}

/* So much more work is done. False where the caller wants an end, or something went wrong. */
static bool
worked(mj_reader *r, size_t much)
{
    r->steps += much;
    r->patience -= (int64_t) much;
    if (r->patience < 0) {
        r->patience = PATIENCE;
        if (r->stop != NULL && r->stop(r->owner) && r->status == MJ_OK)
            r->status = MJ_STOPPED;
    }
    return r->status == MJ_OK;
}

static bool
damaged(mj_reader *r)
{
    if (r->status == MJ_OK)
        r->status = MJ_DAMAGED;
    return false;
}

static void *
room(mj_reader *r, size_t count, size_t each)
{
    void *found = r->status == MJ_OK ? take(r->arena, count, each) : NULL;

    if (found == NULL && r->status == MJ_OK)
        r->status = MJ_MEMORY;
    return found;
}

/* A list that grows. */
typedef struct list { void *items; size_t n, room; } list;

static bool
grown(mj_reader *r, list *to, size_t each)
{
    size_t more = to->room ? to->room * 2 : 32;
    void *items = room(r, more, each);

    if (items == NULL)
        return false;
    if (to->n > 0)
        memcpy(items, to->items, to->n * each);
    to->items = items;
    to->room = more;
    return true;
}

static inline void *
added(mj_reader *r, list *to, size_t each)
{
    if (to->n == to->room && !grown(r, to, each))
        return NULL;
    return (char *) to->items + to->n++ * each;
}

/* -- plain.py -------------------------------------------------------------------------------------- */

/* Where in a text how many characters more, or fewer, the text has that it was made of. */
typedef struct shift { uint32_t at; int32_t sum; } shift;

/* A word: its place, and its letters with ligatures spelt out. */
typedef struct token {
    uint32_t start, end, size, hash;
    const uint8_t *letters;
    uint32_t holds;  /* what one letter of it at least is: HOLDS_... */
} token;

typedef struct text_of text_of;
struct text_of {
    uint32_t *codes;    /* code points */
    uint8_t *kinds;     /* what they are: numbers of `kinds` */
    uint8_t *folded;
    uint32_t n;
    uint32_t flags;     /* what one at least is */
    const shift *shifts;
    size_t shift_count;
    const text_of *of;  /* the text that this one was made of, NULL: the stored one */
    list near;          /* its parts that are written otherwise, where what is far from all of them is left out */
    bool meant;         /* words stand in it that were meant, not written */
    const token *tokens;  /* of the folded text */
    uint32_t count;
    const known *known[2];  /* what each part knows of them */
};

typedef struct span { uint32_t start, length; } span;

/* Of a reading that differs from another in few places, so much is read around each: what is found must be nearer to one. */
enum { READ = 500, NEAR_CHANGE = 200, LEFT_OUT = 1000 };

/* Whether a part of a text is near one of some sorted parts; true where there are none: it is read whole. */
static bool
is_near(const list *parts, uint32_t start, uint32_t end)
{
    const span *all = parts->items;
    size_t low = 0, high = parts->n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (all[middle].start + all[middle].length + NEAR_CHANGE < start)
            low = middle + 1;
        else
            high = middle;
    }
    return parts->n == 0 || (low < parts->n && all[low].start <= end + NEAR_CHANGE);
}

static uint32_t
flags_at(const text_of *t, uint32_t at)
{
    return kinds[t->kinds[at]].flags;
}

/* How many shifts stand at a place or before it: what bisect_right says. */
static size_t
shifts_until(const shift *shifts, size_t n, uint32_t at)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (shifts[middle].at <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int64_t
shifted(const text_of *t, int64_t at)
{
    size_t n = at < 0 ? 0 : shifts_until(t->shifts, t->shift_count, (uint32_t) at);

    return n > 0 ? at + t->shifts[n - 1].sum : at;
}

/* A span of a text as one of the stored text: of each character all that was written for it. */
static span
original(const text_of *t, span one)
{
    for (; t != NULL; t = t->of) {
        if (t->shift_count > 0) {
            int64_t first = shifted(t, one.start), past = first;

            if (one.length > 0) {
                int64_t end = (int64_t) one.start + one.length, after = shifted(t, end);

                past = shifted(t, end - 1) + 1;
                if (after > past)
                    past = after;
            }
            one.start = (uint32_t) first;
            one.length = (uint32_t) (past - first);
        }
    }
    return one;
}

static uint8_t
kind_of(uint32_t code)
{
    return page_kinds[(size_t) pages[code >> 8] * 256 + (code & 255)];
}

static bool
make_text(mj_reader *r, text_of *t, size_t n)
{
    memset(t, 0, sizeof *t);
    t->codes = room(r, n, sizeof *t->codes);
    t->kinds = room(r, n, 1);
    t->folded = room(r, n, 1);
    t->n = (uint32_t) n;
    return worked(r, n / 8);
}

static void
set_kinds(text_of *t)
{
    const uint32_t *codes = t->codes;
    uint8_t *numbers = t->kinds, *folded = t->folded;
    uint32_t flags = 0;

    for (uint32_t i = 0, n = t->n; i < n; i++) {
        const kind *one;

        numbers[i] = kind_of(codes[i]);
        one = &kinds[numbers[i]];
        folded[i] = one->folded;
        flags |= one->flags;
    }
    t->flags = flags;
}

/* How many bytes the code point has that begins here, and which it is; 0 where it is none. Surrogates are let in. */
static size_t
decoded(const uint8_t *at, size_t n, uint32_t *code)
{
    uint8_t first = at[0];
    size_t size = first < 0x80 ? 1 : first >= 0xC2 && first < 0xE0 ? 2 : first >= 0xE0 && first < 0xF0 ? 3 : first >= 0xF0 && first < 0xF5 ? 4 : 0;

    if (size == 0 || size > n)
        return 0;
    *code = size == 1 ? first : size == 2 ? first & 0x1Fu : size == 3 ? first & 0x0Fu : first & 0x07u;
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        *code = *code << 6 | (at[i] & 0x3Fu);
    }
    if ((size == 3 && *code < 0x800) || (size == 4 && (*code < 0x10000 || *code > 0x10FFFF)))
        return 0;
    return size;
}

#define SHORT_TEXT 4096  /* bytes: until here memory is taken for as much as there may be, not for as much as there is */

static bool
decode(mj_reader *r, const char *text, size_t size, text_of *t)
{
    const uint8_t *at = (const uint8_t *) text, *end = at + size;
    size_t count = size;
    uint32_t i = 0, *codes;

    if (size > SHORT_TEXT) {
        count = 0;
        for (size_t n = 0; n < size; n++)
            count += (at[n] & 0xC0) != 0x80;
    }
    if (!make_text(r, t, count))
        return false;
    codes = t->codes;
    while (at < end) {
        uint32_t code = *at;
        size_t length = 1;

        if (code >= 0x80)
            length = decoded(at, (size_t) (end - at), &code);
        if (length == 0) {
            r->status = MJ_ENCODING;
            return false;
        }
        at += length;
        codes[i++] = code;
    }
    t->n = i;
    set_kinds(t);
    return true;
}

static bool
in_word(uint8_t c)
{
    return holds[c] != 0;
}

/* A part of a text that is written otherwise: as `size` code points; `far`: that is left out. */
typedef struct otherwise { uint32_t start, end; const uint32_t *written; uint32_t size; bool far; } otherwise;

/* Whether a sentence ends before a place of a folded text, whoever reads it. */
static bool
ends_before(const text_of *t, uint32_t at)
{
    uint8_t c = t->folded[at - 1];

    for (uint32_t n = 2; c == '.' && n < 7; n++)
        if (n > at || !in_word(t->folded[at - n]))
            return false;
    return c == '.' || c == '!' || c == '?' || c == ';';
}

/* Some parts that are written otherwise, and what is far from all of them: it is left out, whole sentences. */
static bool
without_far(mj_reader *r, const text_of *t, const list *parts, list *found)
{
    static const uint32_t apart[] = {';', '"', '"'};
    const otherwise *all = parts->items;

    for (size_t n = 0; n <= parts->n; n++) {
        uint32_t from = n > 0 ? all[n - 1].end + READ : 0, until = n == parts->n ? t->n : all[n].start > READ ? all[n].start - READ : 0;
        uint32_t quotes = 0;
        otherwise *one;

        if (from + LEFT_OUT < until) {
            while (n > 0 && from < until && !ends_before(t, from))
                from++;
            while (n < parts->n && from < until && !ends_before(t, until))
                until--;
        }
        if (from + LEFT_OUT < until) {
            for (uint32_t i = from; i < until; i++)
                quotes += t->folded[i] == '"';
            if ((one = added(r, found, sizeof *one)) == NULL)
                return false;
            *one = (otherwise) {from, until, apart, quotes == 0 ? 1 : quotes % 2 ? 2 : 3, true};
        }
        if (n == parts->n)
            break;
        if ((one = added(r, found, sizeof *one)) == NULL)
            return false;
        *one = all[n];
    }
    return true;
}

/* The text with some parts of it written otherwise, where they are in `changed`; the characters of one all stand where it begins. */
static bool
replaced(mj_reader *r, const text_of *t, const list *parts, text_of *found, list *changed)
{
    const otherwise *all = parts->items;
    size_t size = t->n, shift_room = 0, count = 0;
    uint32_t last = 0, at = 0;
    int32_t sum = 0;
    shift *shifts;

    for (size_t n = 0; n < parts->n; n++) {
        size += all[n].size;
        size -= all[n].end - all[n].start;
        shift_room += all[n].size + 1;
    }
    shifts = room(r, shift_room, sizeof *shifts);
    if (shifts == NULL || !make_text(r, found, size))
        return false;
    for (size_t n = 0; n < parts->n; n++) {
        const otherwise *one = &all[n];
        span *near;
        int32_t more = (int32_t) (one->end - one->start) - (one->size > 0);

        memcpy(found->codes + at, t->codes + last, (one->start - last) * sizeof *t->codes);
        at += one->start - last;
        for (uint32_t i = 0; i < one->size; i++) {
            found->codes[at + i] = one->written[i];
            if (i > 0)
                shifts[count++] = (shift) {at + i, --sum};
        }
        if (changed != NULL && !one->far) {
            if ((near = added(r, changed, sizeof *near)) == NULL)
                return false;
            *near = (span) {at, one->size};
        }
        at += one->size;
        if (more != 0) {
            sum += more;
            shifts[count++] = (shift) {at, sum};
        }
        last = one->end;
    }
    memcpy(found->codes + at, t->codes + last, (t->n - last) * sizeof *t->codes);
    found->shifts = shifts;
    found->shift_count = count;
    return true;
}

static uint32_t
paired(const pair *table, size_t n, uint32_t code)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (table[middle].from < code)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && table[low].from == code ? table[low].to : 0;
}

#define PAIRED(table, code) paired(table, sizeof table / sizeof *table, code)

static bool
is_digit(uint32_t code)
{
    return code >= '0' && code <= '9';
}

static bool
is_letter(uint32_t code)
{
    return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
}

static int
hex_digit(uint32_t code)
{
    return is_digit(code) ? (int) code - '0' : code >= 'a' && code <= 'f' ? (int) code - 'a' + 10 : code >= 'A' && code <= 'F' ? (int) code - 'A' + 10 : -1;
}

static bool
stands(const text_of *t, uint32_t at, const char *letters)
{
    for (; *letters != 0; at++, letters++)
        if (at >= t->n || t->codes[at] != (uint8_t) *letters)
            return false;
    return true;
}

/* Where what follows the `&` of an entity, and any number of `amp;`, ends; 0 where it is none. `code` is what it stands for, or 0. */
static uint32_t
entity_ends(const text_of *t, uint32_t at, uint32_t *code)
{
    static const char *const accents[] = {"acute", "grave", "circ", "uml", "cedil", "tilde"};
    uint32_t start = at, end, value = 0, digits = 0;
    char name[40];
    size_t size = 0;

    *code = 0;
    if (at < t->n && t->codes[at] == '#') {
        bool hex = at + 1 < t->n && (t->codes[at + 1] == 'x' || t->codes[at + 1] == 'X');
        uint32_t most = hex ? 6 : 7;

        at += hex ? 2 : 1;
        for (end = at; end < t->n && t->codes[end] == '0'; end++) {}
        while (end < t->n && digits < most && (hex ? hex_digit(t->codes[end]) >= 0 : is_digit(t->codes[end]))) {
            value = value * (hex ? 16 : 10) + (uint32_t) hex_digit(t->codes[end]);
            digits++;
            end++;
        }
        if (end == at)
            return 0;
        if ((value > 0 && value < 0xD800) || (value > 0xDFFF && value < 0x110000))
            *code = value;
        return end < t->n && t->codes[end] == ';' ? end + 1 : end;
    }
    if (at >= t->n || !is_letter(t->codes[at]))
        return 0;
    for (end = at + 1; end < t->n && end - at <= 32 && (is_letter(t->codes[end]) || is_digit(t->codes[end])); end++) {}
    if (end < t->n && t->codes[end] == ';' && end - at >= 2 && end - at <= 32) {
        at = end + 1;
    } else {
        end = 0;
        for (size_t n = 0; n < sizeof accents / sizeof *accents && end == 0; n++)
            if (stands(t, start + 1, accents[n]))
                end = start + 1 + (uint32_t) strlen(accents[n]);
        if (end == 0)
            return 0;
        at = end;
    }
    for (uint32_t i = start; i < end && size < sizeof name - 1; i++)
        name[size++] = (char) t->codes[i];
    name[size] = 0;
    {
        size_t low = 0, high = sizeof entities / sizeof *entities;

        while (low < high) {
            size_t middle = (low + high) / 2;

            if (strcmp(entities[middle].name, name) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < sizeof entities / sizeof *entities && strcmp(entities[low].name, name) == 0)
            *code = entities[low].code;
    }
    return at;
}

/* Where the entity ends that begins here, 0 where none does; what it stands for, or 0. */
static uint32_t
entity_at(const text_of *t, uint32_t at, uint32_t *code)
{
    uint32_t inner = at + 1, end;

    while (stands(t, inner, "amp;"))
        inner += 4;
    end = entity_ends(t, inner, code);
    if (end == 0 && inner > at + 1) {
        end = inner;
        *code = '&';
    }
    return end;
}

/* Where the longest of what is misread ends that begins here, 0 where nothing does; what it was. */
static uint32_t
misread_at(const text_of *t, uint32_t at, uint32_t *code)
{
    size_t low = 0, high = sizeof misreads / sizeof *misreads;
    uint32_t first = t->codes[at], second = at + 1 < t->n ? t->codes[at + 1] : 0, end = 0;

    while (low < high) {
        size_t middle = (low + high) / 2;
        const misread *one = &misreads[middle];

        if (one->from[0] < first || (one->from[0] == first && one->from[1] < second))
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < sizeof misreads / sizeof *misreads && misreads[low].from[0] == first && misreads[low].from[1] == second; low++) {
        const misread *one = &misreads[low];

        if (one->size > t->n - at || at + one->size <= end || memcmp(t->codes + at, one->from, one->size * sizeof *one->from) != 0)
            continue;
        end = at + one->size;
        *code = one->to;
    }
    return end;
}

/* Adds what an ignored character, a ligature, an entity, a misread character that stands here is read as. */
static bool
written(mj_reader *r, const text_of *t, list *parts, uint32_t start, uint32_t end, uint32_t code)
{
    otherwise *one = added(r, parts, sizeof *one);
    uint32_t flags, *letters;

    if (one == NULL)
        return false;
    *one = (otherwise) {start, end, t->codes + start, end - start, false};
    if (code == 0)
        return true;  /* an entity that stands for nothing stays */
    flags = kinds[kind_of(code)].flags;
    if (flags & IS_IGNORED) {
        one->size = 0;
        return true;
    }
    if ((letters = room(r, 4, sizeof *letters)) == NULL)
        return false;
    letters[0] = code;
    one->written = letters;
    one->size = 1;
    if (flags & IS_SEVERAL)
        for (size_t n = 0; n < sizeof several / sizeof *several; n++)
            if (several[n].from == code)
                for (one->size = 0; several[n].to[one->size] != 0 && one->size < 4; one->size++)
                    letters[one->size] = (uint8_t) several[n].to[one->size];
    return true;
}

/* Words of any script in Latin letters, where they look so. */
static void
latin(text_of *t)
{
    for (uint32_t i = 0, end; i < t->n; i = end) {
        uint32_t flags = 0;
        bool looks = true;

        end = i + 1;
        if (!(flags_at(t, i) & IS_RUN))
            continue;
        for (end = i; end < t->n && flags_at(t, end) & IS_RUN; end++) {
            uint32_t one = flags_at(t, end);

            flags |= one;
            looks = looks && one & (IS_NEUTRAL | IS_ALIKE);
        }
        if (!(flags & IS_LATIN) && !looks)
            continue;
        for (uint32_t at = i; at < end; at++) {
            uint32_t code = 0;

            if (flags & IS_LATIN)
                code = PAIRED(mixed, t->codes[at]);
            if (code == 0)
                code = PAIRED(alike, t->codes[at]);
            if (code != 0)
                t->codes[at] = code;
        }
    }
}

/* Whether it is written in digits alone. */
static bool
is_number(const token *one)
{
    return !(one->holds & (HOLDS_LETTER | HOLDS_LIGATURE));
}

/* Spells out the ligatures of a word. */
static bool
spell(mj_reader *r, const uint8_t *body, token *one)
{
    uint8_t *letters = room(r, 2 * (size_t) one->size, 1);
    uint32_t size = 0;

    if (letters == NULL)
        return false;
    for (uint32_t i = one->start; i < one->end; i++) {
        if (holds[body[i]] & HOLDS_LIGATURE) {
            letters[size++] = body[i] == OE ? 'o' : 'a';
            letters[size++] = 'e';
        } else
            letters[size++] = body[i];
    }
    one->letters = letters;
    one->size = size;
    one->hash = hash_of(letters, size);
    return true;
}

/* The words of a part of a folded text; how many are in `count`. */
static token *
words_of(mj_reader *r, const uint8_t *body, uint32_t start, uint32_t end, uint32_t *count)
{
    uint32_t most = (end - start + 1) / 2, n = 0;
    token *found;

    if (most > SHORT_TEXT) {
        most = 0;
        for (uint32_t i = start; i < end; i++)
            most += in_word(body[i]) && (i == start || !in_word(body[i - 1]));
    }
    if ((found = room(r, most, sizeof *found)) == NULL)
        return NULL;
    for (uint32_t i = start;; n++) {
        uint32_t first, hash = FNV, held = 0, one;

        while (i < end && !in_word(body[i]))
            i++;
        if (i >= end)
            break;
        for (first = i; i < end && (one = holds[body[i]]) != 0; i++) {
            held |= one;
            hash = hash_on(hash, body[i]);
        }
        found[n] = (token) {first, i, i - first, hash, body + first, held};
        if (held & HOLDS_LIGATURE && !spell(r, body, &found[n]))
            return NULL;
    }
    *count = n;
    return found;
}

/* A mask has two bits of a class: for the group that it is of, and for the wide group. That of class 0 is in no mask. */
static void
set_places(known *word)
{
    uint32_t one = word->word_class;

    word->low = one == 0 ? NOWHERE : (uint8_t) ((one >> GROUP) % LOW);
    word->high = one == 0 ? NOWHERE : (uint8_t) (LOW + (one >> WIDE_GROUP) % (NOWHERE - LOW));
}

static uint64_t
state_mask(const part *p, uint32_t state)
{
    const uint32_t *at = p->states.at + (size_t) state * STATE;

    return at[0] | (uint64_t) at[1] << 32;
}

#define STEM 4  /* letters of a word that stand for its forms */
#define LONGEST_WORD 30  /* that may be misspelt */

/* A word as it is weighed: a number is `#`. */
static mj_name
plain_word(const token *one)
{
    if (is_number(one))
        return (mj_name) {"#", 1};
    return (mj_name) {(const char *) one->letters, one->size};
}

static uint32_t
word_feature(const part *p, const token *one)
{
    if (is_number(one))
        return find_word(&p->features, "#", 1);
    return find_in(&p->features, p->features.hash, one->letters, one->size, one->hash);
}

static uint32_t
stem_feature(const part *p, const token *one)
{
    mj_name word = plain_word(one);
    char letters[STEM + 1];

    if (word.size <= STEM)
        return NONE;
    memcpy(letters, word.text, STEM);
    letters[STEM] = '*';
    return find_word(&p->features, letters, sizeof letters);
}

/* The hash of the first letters of a word, by which it weighs, and a sign: `*`; ` ` where the next word follows. */
static uint32_t
stem_hash(const token *one, char sign)
{
    mj_name plain = plain_word(one);

    return hash_on(hash_of(plain.text, plain.size < STEM ? plain.size : STEM), (uint8_t) sign);
}

static uint32_t
far_feature(const part *p, const token *one)
{
    mj_name word = plain_word(one);

    return find_word(&p->features, word.text, word.size < STEM ? word.size : STEM);
}

/* A word, its ligatures spelt out. */
typedef struct spelling { uint8_t letters[2 * LONGEST_WORD + 2]; uint32_t n; } spelling;

static bool meant(const mj_kernel *k, const token *strange, spelling *found);

/* Looks up what a program knows of a word. */
static bool
learn_word(mj_reader *r, const part *p, const token *one, known *found)
{
    int32_t begin;

    soon_in(p->words.hash, one->hash);
    soon_in(p->features.hash, one->hash);
    soon_in(p->features.hash, stem_hash(one, '*'));
    memset(found, 0, sizeof *found);
    found->word = find_in(&p->words, p->words.hash, one->letters, one->size, one->hash);
    found->begin = NONE;
    set_places(found);
    found->caller = find_in(&p->callers, p->callers.hash, one->letters, one->size, one->hash);
    found->feature = word_feature(p, one);
    found->stem = stem_feature(p, one);
    found->leading = (found->feature != NONE || is_number(one)) &&
        find_in(&p->features, p->leading, one->letters, one->size, one->hash) != NONE;
    found->pair = stem_hash(one, ' ');
    if (found->word == NONE && is_number(one))
        found->word = p->number;
    if (found->word == NONE) {
        spelling what;

        found->vain = !meant(r->kernel, one, &what);
        return true;
    }
    if (found->word >= p->word_class.n)
        return damaged(r);
    found->word_class = p->word_class.at[found->word];
    set_places(found);
    if ((begin = p->word_first.at[(size_t) found->word * ROOTS + TERMS]) >= 0) {
        if ((uint32_t) begin >= p->state_count)
            return damaged(r);
        found->begin = (uint32_t) begin;
        found->mask = state_mask(p, found->begin);
    }
    return true;
}

static bool
is_kept(const kept *place, const token *one)
{
    return place->hash == one->hash && place->size == one->size && memcmp(place->letters, one->letters, one->size) == 0;
}

/* Where a word is kept, if it is: there or in the next place. */
static kept *
kept_at(mj_reader *r, const part *p, const token *one)
{
    size_t n = (size_t) (p - r->kernel->parts), at = one->hash % KNOWN & ~1u, block = at / BLOCK;

    if (!r->cleared[n][block]) {
        memset(r->kept[n] + block * BLOCK, 0, BLOCK * sizeof *r->kept[n]);
        r->cleared[n][block] = true;
    }
    return r->kept[n] + at;
}

/* What a program knows of a word, looked up where it is not kept. */
static bool
know(mj_reader *r, const part *p, const token *one, known *found)
{
    kept *place = kept_at(r, p, one);

    if (is_kept(place, one)) {
        *found = place->known;
        return true;
    }
    if (is_kept(place + 1, one)) {
        *found = place[1].known;
        return true;
    }
    if (!learn_word(r, p, one, found))
        return false;
    if (one->size <= sizeof place->letters) {
        place[1] = place[0];
        *place = (kept) {.known = *found, .hash = one->hash, .size = (uint8_t) one->size};
        memcpy(place->letters, one->letters, one->size);
    }
    return true;
}

/* What a program knows of some words; NULL where something went wrong. */
static const known *
know_all(mj_reader *r, const part *p, const token *all, uint32_t count)
{
    known *found = room(r, count, sizeof *found);

    for (uint32_t from = 0, until; found != NULL && from < count; from = until) {
        until = count - from < AHEAD ? count : from + AHEAD;
        for (uint32_t n = from; n < until; n++)
            soon(kept_at(r, p, &all[n]));
        for (uint32_t n = from; n < until; n++)
            if (!know(r, p, &all[n], &found[n]))
                return NULL;
        if (!worked(r, until - from))
            return NULL;
    }
    return found;
}

/* Finds the words of a text, and what is known of them. */
static bool
split(mj_reader *r, text_of *t)
{
    const mj_kernel *k = r->kernel;

    t->tokens = words_of(r, t->folded, 0, t->n, &t->count);
    for (int n = 0; n < k->count && t->tokens != NULL; n++)
        if ((t->known[n] = know_all(r, &k->parts[n], t->tokens, t->count)) == NULL)
            return false;
    return t->tokens != NULL;
}

#define IS_WORD (IS_LETTER | IS_DIGIT)
#define LOST 0xFFFDu

static bool is_kind(const text_of *t, int64_t at, uint32_t flags);

static bool
holds_one_of(const text_of *t, int64_t at, const char *letters)
{
    return at >= 0 && at < t->n && t->codes[at] < 0x80 && t->codes[at] != 0 && strchr(letters, (int) t->codes[at]) != NULL;
}

static const uint32_t lost_oe = 0x153, lost_apostrophe = '\'', lost_e = 'e';

/* What a letter was that was lost between two, where it is no `e`; NULL where nothing says so. */
static const uint32_t *
lost_oe_at(const text_of *t, int64_t i)
{
    return holds_one_of(t, i - 1, "bcmnsvBCMNSV") && holds_one_of(t, i + 1, "uU") && holds_one_of(t, i + 2, "dfrxDFRX") ? &lost_oe : NULL;
}

static const uint32_t *
lost_apostrophe_at(const text_of *t, int64_t i)
{
    bool elided = holds_one_of(t, i - 1, "cdjlmnstCDJLMNST") && !is_kind(t, i - 2, IS_WORD);

    if (!elided && !(holds_one_of(t, i - 1, "uU") && holds_one_of(t, i - 2, "qQ")))
        return NULL;
    return is_kind(t, i + 1, IS_VOWEL) && is_kind(t, i + 2, IS_LETTER) ? &lost_apostrophe : NULL;
}

static bool
is_lost(const text_of *t, int64_t at)
{
    return at >= 0 && at < t->n && t->codes[at] == LOST;
}

/* Whether an `e` stands for what was lost here: one or two between letters, one where a word begins or ends. */
static const uint32_t *
lost_e_at(const text_of *t, int64_t i)
{
    bool after = is_kind(t, i - 1, IS_LETTER), before = is_kind(t, i + 1, IS_LETTER);
    bool found;

    if (after && (before || (is_lost(t, i + 1) && is_kind(t, i + 2, IS_LETTER))))
        found = true;
    else if (before && is_lost(t, i - 1) && is_kind(t, i - 2, IS_LETTER))
        found = true;
    else if (after)
        found = i + 1 >= t->n || holds_one_of(t, i + 1, "-\n .,)");
    else
        found = before && !is_kind(t, i - 1, IS_WORD) && !is_lost(t, i - 1);
    return found ? &lost_e : NULL;
}

/* Puts letters where some were lost, as what stood around them before each pass says; whether there were any. */
static bool
mend(text_of *t)
{
    bool any = false;

    static const uint32_t *(*const passes[])(const text_of *, int64_t) = {lost_oe_at, lost_apostrophe_at, lost_e_at};

    for (size_t n = 0; n < sizeof passes / sizeof *passes; n++) {
        for (uint32_t i = 0; i < t->n; i++) {
            const uint32_t *letter = is_lost(t, i) ? passes[n](t, i) : NULL;

            if (letter != NULL) {
                t->codes[i] = *letter;
                any = true;
            }
        }
    }
    return any;
}

/* The plain text of a stored one, letters and parts of words that stand apart as they are. */
static bool
plain(mj_reader *r, const text_of *t, text_of *found)
{
    list parts = {0};
    uint32_t changed = 0;

    *found = *t;
    if (!(t->flags & IS_ODD))
        return true;
    for (uint32_t i = 0; i < t->n; i++) {
        uint32_t code = t->codes[i], flags = flags_at(t, i), end = 0;

        if (code == '&')
            end = entity_at(t, i, &code);
        else if (flags & IS_LEAD)
            end = misread_at(t, i, &code);
        if (end == 0 && flags & (IS_IGNORED | IS_SEVERAL))
            end = i + 1;
        if (end == 0)
            continue;
        if (!written(r, t, &parts, i, end, code))
            return false;
        i = end - 1;
    }
    if (parts.n > 0 && !replaced(r, t, &parts, found, NULL))
        return false;
    for (uint32_t i = 0; i < found->n; i++) {
        uint32_t code = found->codes[i] < 128 ? 0 : PAIRED(always, found->codes[i]);

        if (code != 0)
            found->codes[i] = code;
        changed += code != 0;
    }
    if (parts.n > 0 || changed > 0)
        set_kinds(found);
    if (mend(found))
        set_kinds(found);
    if (found->flags & (IS_MIXED | IS_ALIKE)) {
        latin(found);
        set_kinds(found);
    }
    return true;
}

static bool
is_kind(const text_of *t, int64_t at, uint32_t flags)
{
    return at >= 0 && at < t->n && flags_at(t, (uint32_t) at) & flags;
}

static bool
is_apart(const text_of *t, int64_t at)
{
    return at >= 0 && at < t->n && !(flags_at(t, (uint32_t) at) & (IS_WORD | IS_ENDS));
}

/* Whether a sign stands between the letters of a word that is written letter by letter. */
static bool
is_spelt(const text_of *t, int64_t i)
{
    if (!is_apart(t, i) || !is_kind(t, i - 1, IS_LETTER) || is_kind(t, i - 2, IS_WORD) || !is_kind(t, i + 1, IS_LETTER))
        return false;
    if (is_apart(t, i + 2) && is_kind(t, i + 3, IS_LETTER) && !is_kind(t, i + 4, IS_WORD))
        return true;
    return is_kind(t, i - 3, IS_LETTER) && is_apart(t, i - 2) && !is_kind(t, i - 4, IS_WORD) && !is_kind(t, i + 2, IS_WORD);
}

/* Where what parts a word ends, which begins here; 0 where nothing does. */
static uint32_t
parted(const text_of *t, uint32_t i)
{
    if (flags_at(t, i) & IS_JOINT && is_kind(t, (int64_t) i - 1, IS_WORD)) {
        uint32_t end = i + 1;

        while (end < t->n && end - i < 3 && flags_at(t, end) & IS_JOINT)
            end++;
        if (is_kind(t, end, IS_WORD))
            return end;
    }
    return is_spelt(t, i) ? i + 1 : 0;
}

/* Another reading of a text, with some parts of it written otherwise. */
static bool
reread(mj_reader *r, const text_of *t, const list *parts, text_of *found)
{
    list all = {0}, changed = {0};

    if (!without_far(r, t, parts, &all) || !replaced(r, t, &all, found, &changed))
        return false;
    set_kinds(found);
    found->of = t;
    if (all.n > parts->n)
        found->near = changed;
    return true;
}

/* Whether a `?` stands for a letter. */
static bool
is_asked(const text_of *t, int64_t i)
{
    return t->codes[i] == '?' && is_kind(t, i - 1, IS_LETTER) && is_kind(t, i + 1, IS_LETTER);
}

/* Whether words may be written letter by letter, three letters at least, in parts, or with a `?` for a letter. */
static bool
may_be_joined(const text_of *t)
{
    if (t->flags & (IS_ODD | IS_JOINT))
        return true;
    for (uint32_t n = 1; n < t->count; n++)
        if (t->tokens[n].start - t->tokens[n - 1].end == 1 && t->codes[t->tokens[n - 1].end] == '?')
            return true;
    for (uint32_t n = 2; n < t->count; n++)
        if (t->tokens[n].end - t->tokens[n - 2].start == 5)
            return true;
    return false;
}

/* The text joined where its words are written letter by letter, in parts, or with a `?` for a letter; false where none is, or something went wrong. */
static bool
joined(mj_reader *r, const text_of *t, text_of *found)
{
    list parts = {0};

    if (!may_be_joined(t))
        return false;
    for (uint32_t i = 1; i < t->n; i++) {
        const uint32_t *letter = NULL;
        uint32_t end;

        if (flags_at(t, i) & IS_WORD || !is_kind(t, (int64_t) i - 1, IS_WORD))
            continue;
        if (is_asked(t, i)) {
            end = i + 1;
            if ((letter = lost_oe_at(t, i)) == NULL && (letter = lost_apostrophe_at(t, i)) == NULL)
                letter = &lost_e;
        } else if ((end = parted(t, i)) == 0)
            continue;
        {
            otherwise *one = added(r, &parts, sizeof *one);

            if (one == NULL)
                return false;
            *one = (otherwise) {i, end, letter, letter != NULL, false};
        }
        i = end - 1;
    }
    return parts.n > 0 && reread(r, t, &parts, found);
}

/* -- text.py --------------------------------------------------------------------------------------- */

/* A folded text with parts cut out. */
typedef struct variant {
    const uint8_t *body;
    uint32_t n;
    const shift *cuts;
    size_t cut_count;
    const text_of *words;  /* the text that has the same words at the same places, NULL: they are to be looked for */
    list near;             /* its parts that were cut, where what is far from all of them is left out */
} variant;

static bool
small(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static uint32_t
cut_until(const variant *v, uint32_t at)
{
    size_t n = shifts_until(v->cuts, v->cut_count, at);

    return n > 0 ? (uint32_t) v->cuts[n - 1].sum : 0;
}

static span
in_text(const variant *v, uint32_t start, uint32_t end)
{
    span found = {start, end - start};

    if (v->cut_count > 0) {
        uint32_t before = cut_until(v, start);

        found = (span) {start + before, end - start + cut_until(v, end) - before};
    }
    return found;
}

static bool
is_drawn_out(uint8_t c)
{
    return memchr("aeioulnrst", c, 10) != NULL;
}

static bool
word_at(const uint8_t *body, uint32_t n, int64_t at)
{
    return at >= 0 && at < n && in_word(body[at]);
}

/* How many characters are cut here: a separator between two single letters, or a word cut at a line's end. */
static uint32_t
dot_at(const uint8_t *body, uint32_t n, uint32_t i)
{
    if ((body[i] != '.' && body[i] != '-') || i == 0 || !small(body[i - 1]) || i + 1 >= n)
        return 0;
    if (!word_at(body, n, (int64_t) i - 2) && small(body[i + 1]) && !word_at(body, n, (int64_t) i + 2))
        return 1;
    return body[i] == '-' && body[i + 1] == ' ' && i + 2 < n && small(body[i + 2]) ? 2 : 0;
}

enum how { PLAIN, TWICE, ONCE, UNDOTTED };

/* How many characters, three or more, are one that is drawn out. */
static uint32_t
drawn_out(const text_of *t, uint32_t at)
{
    uint32_t end = at + 1;
    uint8_t c = t->folded[at];

    if (end + 1 >= t->n || t->folded[end] != c || t->folded[end + 1] != c || !is_drawn_out(c))
        return 0;
    while (end < t->n && t->folded[end] == c)
        end++;
    return end - at;
}

/* A reading where some parts are cut, what is dropped and what is far from them left out. */
static bool
cut(mj_reader *r, const text_of *t, enum how how, const list *parts, variant *found)
{
    uint8_t *body = room(r, t->n, 1);
    list all = {0}, cuts = {0}, near = {0};
    uint32_t size = 0, sum = 0, end;
    size_t n = 0;

    if (body == NULL || (how != PLAIN && !without_far(r, t, parts, &all)))
        return false;
    for (uint32_t i = 0; i < t->n; i = end) {
        const otherwise *one = n < all.n && ((otherwise *) all.items)[n].start == i ? (otherwise *) all.items + n++ : NULL;
        uint32_t kept = 1;

        end = i + 1;
        if (one != NULL) {
            span *cut = one->far ? NULL : added(r, &near, sizeof *cut);

            if (!one->far && cut == NULL)
                return false;
            end = one->end;
            kept = one->far || how == ONCE ? 1 : how == TWICE ? 2 : 0;
            if (cut != NULL)
                *cut = (span) {size, kept};
        } else if (t->folded[i] == DROPPED) {
            while (end < t->n && t->folded[end] == DROPPED)
                end++;
            kept = 0;
        }
        for (uint32_t k = 0; k < kept; k++)
            body[size++] = one != NULL && one->far ? ';' : t->folded[i];
        if (end - i > kept) {
            shift *one = added(r, &cuts, sizeof *one);

            if (one == NULL)
                return false;
            sum += end - i - kept;
            *one = (shift) {size, (int32_t) sum};
        }
    }
    *found = (variant) {body, size, cuts.items, cuts.n, NULL, {0}};
    if (all.n > near.n)
        found->near = near;
    return worked(r, size / 8);
}

/* A folded text as it is. */
static variant
whole(const text_of *t)
{
    return (variant) {t->folded, t->n, NULL, 0, t, {0}};
}

static bool
add_part(mj_reader *r, list *to, uint32_t start, uint32_t size)
{
    otherwise *one = added(r, to, sizeof *one);

    if (one == NULL)
        return false;
    *one = (otherwise) {start, start + size, NULL, 0, false};
    return true;
}

/* The readings of a folded text; how many. */
static size_t
variants(mj_reader *r, const text_of *t, variant found[4])
{
    bool dropped = t->n > 0 && memchr(t->folded, DROPPED, t->n) != NULL;
    list triples = {0}, dots = {0};
    size_t count = 1;

    /* of three in a row, one stands at an odd place, with another beside it */
    for (uint32_t i = 1; i + 1 < t->n; i += 2) {
        uint32_t size, start = i;

        if (t->folded[i] != t->folded[i + 1] && t->folded[i] != t->folded[i - 1])
            continue;
        start -= t->folded[i] == t->folded[i - 1];
        if ((size = drawn_out(t, start)) == 0)
            continue;
        if (!add_part(r, &triples, start, size))
            return 0;
        i = (start + size) | 1;
        i -= 2;
    }
    for (uint32_t n = 0; n < t->count; n++) {
        uint32_t end = t->tokens[n].end, size = end < t->n ? dot_at(t->folded, t->n, end) : 0;

        if (size > 0 && !add_part(r, &dots, end, size))
            return 0;
    }
    found[0] = whole(t);
    if (dropped)
        cut(r, t, PLAIN, NULL, &found[0]);
    if (triples.n > 0) {
        cut(r, t, TWICE, &triples, &found[count++]);
        cut(r, t, ONCE, &triples, &found[count++]);
    }
    if (dots.n > 0)
        cut(r, t, UNDOTTED, &dots, &found[count++]);
    return r->status == MJ_OK ? count : 0;
}

/* -- read.py --------------------------------------------------------------------------------------- */

/* A sentence: its words, and where it ends. */
typedef struct sentence { uint32_t first, last, end; } sentence;

/* A reading of a note: its words; its skeleton, where `.` and `;` end sentences and all else but words is a space; its sentences. */
typedef struct page {
    const variant *of;
    const uint8_t *body;
    uint32_t n;
    const token *tokens;
    uint32_t count;
    const known *known[2];  /* what each part knows of them; NULL: not looked up yet */
    uint32_t digits;        /* no more than these */
    uint8_t *skeleton;
    sentence *sentences;
    uint32_t sentence_count;
    uint32_t *sentence_of;  /* by word */
} page;

static bool
is_title(const token *one)
{
    static const char *const titles[] = {"m", "mm", "mr", "mme", "mlle", "me", "mle", "dr", "pr", "st", "ste", "conj", "dep"};

    if (one->size > 4 || one->size != one->end - one->start)
        return false;
    for (size_t n = 0; n < sizeof titles / sizeof *titles; n++)
        if (strlen(titles[n]) == one->size && memcmp(titles[n], one->letters, one->size) == 0)
            return true;
    return false;
}

/* The skeleton of a reading and its sentences, those that hold a word. */
static bool
read_sentences(mj_reader *r, page *p)
{
    uint32_t from = 0, word = 0;

    p->skeleton = room(r, p->n, 1);
    p->sentences = room(r, p->count, sizeof *p->sentences);
    p->sentence_of = room(r, p->count, sizeof *p->sentence_of);
    if (r->status != MJ_OK)
        return false;
    p->sentence_count = 0;
    memcpy(p->skeleton, p->body, p->n);
    for (uint32_t n = 0; n <= p->count; n++) {
        uint32_t until = n < p->count ? p->tokens[n].start : p->n;

        for (uint32_t i = from; i < until; i++) {
            uint8_t c = p->body[i], bone;

            if (c == ' ')
                continue;
            bone = c == ';' || c == '!' || c == '?' ? ';' : c == '.' ? '.' : ' ';
            if (c == '.' && i == from && n > 0 && is_title(&p->tokens[n - 1]))
                bone = ' ';
            p->skeleton[i] = bone;
            if (bone != ' ' && word < n) {
                for (uint32_t k = word; k < n; k++)
                    p->sentence_of[k] = p->sentence_count;
                p->sentences[p->sentence_count++] = (sentence) {word, n, i};
                word = n;
            }
        }
        if (n < p->count)
            from = p->tokens[n].end;
    }
    if (word < p->count) {
        for (uint32_t k = word; k < p->count; k++)
            p->sentence_of[k] = p->sentence_count;
        p->sentences[p->sentence_count++] = (sentence) {word, p->count, p->n};
    }
    return true;
}

static bool
read_page(mj_reader *r, const variant *v, page *p)
{
    memset(p, 0, sizeof *p);
    p->of = v;
    p->body = v->body;
    p->n = v->n;
    if (v->words != NULL) {
        p->tokens = v->words->tokens;
        p->count = v->words->count;
        memcpy(p->known, v->words->known, sizeof p->known);
    } else if ((p->tokens = words_of(r, v->body, 0, v->n, &p->count)) == NULL)
        return false;
    for (uint32_t n = 0; n < p->count; n++) {
        if (p->tokens[n].holds & HOLDS_DIGIT)
            p->digits += p->tokens[n].size;
    }
    return read_sentences(r, p);
}

/* (phrase, its first word, word after its last); of contexts: the next one that begins at that word, by its number and one */
typedef struct hit { uint32_t phrase, first, after, next; } hit;

/* Where a walk is, which began at a word: at which state, before which word; where the sentence ends. */
typedef struct place { uint64_t mask; uint32_t state, first, at, last; } place;

/* The phrases of contexts that begin at a word: when they were looked for; the first of them in `hits`, and one; a bit for the rest of each. */
typedef struct hits_of { uint32_t looked, first; uint64_t rests; } hits_of;

/* One reading of a note for one program. What of contexts stands in it is looked for once. */
typedef struct reading {
    const page *page;
    const part *part;
    const known *known;
    uint64_t *ahead;      /* by word, the places in masks of each from it to the end of its sentence */
    hits_of *hits_of;     /* by word */
    uint32_t looked;      /* what was looked for before is forgotten */
    list hits, todo;
} reading;

#define HITS 50000  /* so many are kept: few are asked for again once the text went on */


static bool
read_for(mj_reader *r, page *page, const part *part, reading *found)
{
    const known **known = &page->known[part - r->kernel->parts];

    memset(found, 0, sizeof *found);
    found->page = page;
    found->part = part;
    if (*known == NULL && (*known = know_all(r, part, page->tokens, page->count)) == NULL)
        return false;
    found->known = *known;
    if ((found->ahead = room(r, page->count, sizeof *found->ahead)) == NULL)
        return false;
    for (uint32_t n = page->count; n-- > 0;) {
        bool last = n + 1 == page->count || page->sentence_of[n] != page->sentence_of[n + 1];

        found->ahead[n] = (last ? 0 : found->ahead[n + 1]) | (uint64_t) 1 << found->known[n].low | (uint64_t) 1 << found->known[n].high;
    }
    return worked(r, page->count);
}

/* How many signs stand before the word at `at` of a sentence, or behind the last. */
static uint32_t
gap(const page *p, uint32_t at, uint32_t last)
{
    return (at < last ? p->tokens[at].start : p->sentences[p->sentence_of[at - 1]].end) - p->tokens[at - 1].end;
}

/* The first of some sorted numbers that is no smaller than one; `n` where all are. */
static size_t
first_from(const uint32_t *sorted, size_t n, uint32_t wanted)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (sorted[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
is_in(const uint32_t *sorted, size_t n, uint32_t wanted)
{
    size_t at = first_from(sorted, n, wanted);

    return at < n && sorted[at] == wanted;
}

/* -- misspelling.py -------------------------------------------------------------------------------- */

enum { SHORTEST_WORD = 5, LONG_WORD = 8, LEAST_PART = 2, BEFORE_CAPITAL = 8 };

static mj_name
spelt_word(const part *p, uint32_t rank)
{
    return word(&p->words, rank < p->spelt.n ? p->spelt.at[rank] : SIZE_MAX);
}

/* Whether a word, by its rank, is one of a rule. */
static bool
is_of_rule(const part *p, uint32_t rank)
{
    return rank < p->spelt.n && p->spelt.at[rank] < p->word_class.n && p->word_class.at[p->spelt.at[rank]] != 0;
}

/* Where the keys stand that begin as one does. */
static void
keys_near(const part *p, uint32_t key, uint32_t *from, uint32_t *until)
{
    *from = *until = 0;
    row(p->spelt_at, key >> (32 - SPELT), p->spelt_key.n, from, until);
}

/* The key of a word without one of its letters; `cut` beyond it: of the whole word. */
static uint32_t
key_of(const mj_kernel *k, const uint8_t *letters, uint32_t n, uint32_t cut)
{
    uint32_t crc = ~0u;

    for (uint32_t i = 0; i < n; i++)
        if (i != cut)
            crc = crc >> 8 ^ k->crc[(crc ^ letters[i]) & 255];
    return ~crc;
}

static bool
is_meant(const mj_kernel *k, const uint8_t *letters, uint32_t n)
{
    const part *p = &k->parts[0];
    uint32_t key = key_of(k, letters, n, n), at, until;

    for (keys_near(p, key, &at, &until); at < until; at++) {
        mj_name there;

        if (p->spelt_key.at[at] != key)
            continue;
        there = spelt_word(p, p->spelt_of.at[at]);
        if (there.size == n && memcmp(there.text, letters, n) == 0 && is_of_rule(p, p->spelt_of.at[at]))
            return true;
    }
    return false;
}

/* How unlikely a slip made a word of the other, 0 to 2; -1 where it takes more, or they begin otherwise. */
static int
slip(const uint8_t *word, uint32_t n, const uint8_t *other, uint32_t size)
{
    uint32_t same = 0, one, two;

    while (same < n && same < size && word[same] == other[same])
        same++;
    one = n - same;
    two = size - same;
    word += same;
    other += same;
    if (same == 0 || one > two + 1 || two > one + 1)
        return -1;
    if (one < two)
        return memcmp(word, other + 1, one) == 0 ? 0 : -1;
    if (one > two)
        return memcmp(word + 1, other, two) != 0 ? -1 : word[0] == word[-1] ? 0 : 2;
    if (one == 0 || memcmp(word + 1, other + 1, one - 1) == 0)
        return 1;
    return word[0] == other[1] && word[1] == other[0] && memcmp(word + 2, other + 2, one - 2) == 0 ? 0 : -1;
}

/* The word of a rule that is one letter away: of several the likeliest, then the most usual; false where it is no word of a rule. */
static bool
near(const mj_kernel *k, const uint8_t *letters, uint32_t n, mj_name *found)
{
    const part *p = &k->parts[0];
    int best = 3;
    uint32_t rank = NONE, keys[2 * LONGEST_WORD + 1];

    for (uint32_t cut = 0; cut <= n; cut++) {
        keys[cut] = key_of(k, letters, n, cut);
        if (p->spelt_at.n > 0)
            soon(&p->spelt_at.at[keys[cut] >> (32 - SPELT)]);
    }
    for (uint32_t cut = 0; cut <= n; cut++) {
        uint32_t key = keys[cut], at, until;

        for (keys_near(p, key, &at, &until); at < until; at++) {
            mj_name there;
            int way;

            if (p->spelt_key.at[at] != key)
                continue;
            there = spelt_word(p, p->spelt_of.at[at]);
            way = slip(letters, n, (const uint8_t *) there.text, (uint32_t) there.size);

            if (way >= 0 && (way < best || (way == best && p->spelt_of.at[at] < rank))) {
                best = way;
                rank = p->spelt_of.at[at];
            }
        }
    }
    if (rank == NONE || !is_of_rule(p, rank))
        return false;
    *found = spelt_word(p, rank);
    return true;
}

static bool
is_usual(const part *p, const uint8_t *letters, uint32_t n)
{
    uint32_t number = find_word(&p->words, letters, n);

    return number != NONE && is_in(p->usual.at, (uint32_t) p->usual.n, number);
}

/* What is meant by one strange word; false where it is nothing. */
static bool
meant(const mj_kernel *k, const token *strange, spelling *found)
{
    const part *p = &k->parts[0];
    const uint8_t *letters = strange->letters;
    uint32_t n = strange->size, count = 0;
    mj_name near_word;

    if (n < SHORTEST_WORD || n > 2 * LONGEST_WORD)
        return false;
    for (uint32_t i = 0; i < n; i++)
        count += small(letters[i]);
    if (count == n) {
        if (near(k, letters, n, &near_word)) {
            if (near_word.size > sizeof found->letters)
                return false;
            memcpy(found->letters, near_word.text, near_word.size);
            found->n = (uint32_t) near_word.size;
            return true;
        }
        for (uint32_t at = LEAST_PART; n >= LONG_WORD && at <= n - LEAST_PART; at++) {
            if ((is_usual(p, letters, at) && is_meant(k, letters + at, n - at)) ||
                (is_usual(p, letters + at, n - at) && is_meant(k, letters, at))) {
                memcpy(found->letters, letters, at);
                found->letters[at] = ' ';
                memcpy(found->letters + at + 1, letters + at, n - at);
                found->n = n + 1;
                return true;
            }
        }
        return false;
    }
    if (!small(letters[0]) || 3 * count < n)
        return false;
    for (int one = 0; one < 2; one++) {
        static const char lettered[] = "o?2ea56tb9";

        for (uint32_t i = 0; i < n; i++) {
            uint8_t c = letters[i];

            found->letters[i] = c == '1' ? (one == 0 ? 'l' : 'i') : c == '5' ? 's' : is_digit(c) ? (uint8_t) lettered[c - '0'] : c;
        }
        found->n = n;
        if (is_meant(k, found->letters, n))
            return true;
    }
    return false;
}

/* Whether a word is written as a name: after a title, or with a capital, not where a sentence begins nor where all are capitals. */
static bool
is_named(const text_of *t, const token *all, uint32_t n)
{
    uint32_t start = all[n].start, from = start > BEFORE_CAPITAL ? start - BEFORE_CAPITAL : 0;

    if (n > 0 && is_title(&all[n - 1]))
        return true;
    if (!(flags_at(t, start) & IS_UPPER))
        return false;
    if (start + 1 < t->n && flags_at(t, start + 1) & IS_UPPER)
        return (t->flags & IS_LOWER) != 0;
    for (; start > from; start--) {
        uint32_t code = t->codes[start - 1];

        if (code == '.' || code == '!' || code == '?' || code == '\n')
            return false;
        if (is_digit(code) || flags_at(t, start - 1) & (IS_UPPER | IS_LOWER))
            return true;
    }
    return false;
}

/* The word that one and the next make together; false where they make none. */
static bool
joined_words(const mj_kernel *k, const text_of *t, const token *all, uint32_t count, uint32_t n, spelling *found)
{
    const token *one = &all[n], *other = one + 1;

    if (n + 1 >= count || one->end - one->start < LEAST_PART || other->end - other->start < LEAST_PART ||
        other->start - one->end > 2 || one->size + other->size > LONGEST_WORD)
        return false;
    for (uint32_t i = one->end; i < other->start; i++)
        if (t->folded[i] != ' ')
            return false;
    memcpy(found->letters, one->letters, one->size);
    memcpy(found->letters + one->size, other->letters, other->size);
    found->n = one->size + other->size;
    return is_meant(k, found->letters, found->n) && !is_named(t, all, n) && !is_named(t, all, n + 1);
}

/* Whether no program has a word of a text. */
static bool
is_strange(const mj_kernel *k, const text_of *t, uint32_t n)
{
    uint32_t size = t->tokens[n].end - t->tokens[n].start;
    bool found = size >= LEAST_PART && size <= LONGEST_WORD;

    for (int one = 0; one < k->count && found; one++)
        found = t->known[one][n].word == NONE;
    return found;
}

static bool
change(mj_reader *r, list *to, uint32_t start, uint32_t end, const spelling *what)
{
    otherwise *one = added(r, to, sizeof *one);
    uint32_t *letters = room(r, what->n, sizeof *letters);

    if (one == NULL || letters == NULL)
        return false;
    for (uint32_t i = 0; i < what->n; i++)
        letters[i] = what->letters[i];
    *one = (otherwise) {start, end, letters, what->n, false};
    return true;
}

/* The plain text with what was meant in the place of strange words; false where there are none, they mean nothing, or something went wrong. */
static bool
corrected(mj_reader *r, const text_of *t, text_of *found)
{
    const mj_kernel *k = r->kernel;
    const token *all = t->tokens;
    uint32_t count = t->count, strange_count = 0;
    bool *strange, before = false, first = false;
    list changes = {0};

    if (k->parts[0].spelt.n == 0 || (strange = room(r, count, sizeof *strange)) == NULL)
        return false;
    for (uint32_t n = 0; n < count; n++)
        strange_count += strange[n] = is_strange(k, t, n);
    if (strange_count == 0)
        return false;
    /* `before`: the word before this one is joined with it; `first`: so was that with the one before it */
    for (uint32_t n = 0; n < count; n++) {
        spelling what;
        bool joins;

        if (!strange[n] && !before && !(n + 1 < count && strange[n + 1])) {
            first = false;
            continue;
        }
        joins = (strange[n] || (n + 1 < count && strange[n + 1])) && joined_words(k, t, all, count, n, &what);

        if (joins && !before) {
            if (!change(r, &changes, all[n].start, all[n + 1].end, &what))
                return false;
        } else if (before && !first) {
            /* a part of the word before */
        } else if (strange[n] && !t->known[0][n].vain && meant(k, &all[n], &what) && !is_named(t, all, n)) {
            if (!change(r, &changes, all[n].start, all[n].end, &what))
                return false;
        }
        first = before;
        before = joins;
        if (!worked(r, strange[n] ? 16 : 1))
            return false;
    }
    if (changes.n == 0 || !reread(r, t, &changes, found))
        return false;
    found->meant = true;
    return true;
}

/* -- match.py -------------------------------------------------------------------------------------- */

#define LONGEST_WALK 1000000  /* steps from one word; more are taken by damaged programs only */

/* Whether a state has a transition for the class of a word, or for one that has the same places in its mask. */
static bool
may_take(uint64_t mask, const known *word)
{
    return mask >> word->low & mask >> word->high & 1;
}

static bool
goes_on(uint64_t mask)
{
    return mask >> MASK & 1;
}

static uint32_t
bits_of(uint32_t number)
{
    number -= number >> 1 & 0x55555555;
    number = (number & 0x33333333) + (number >> 2 & 0x33333333);
    return ((number + (number >> 4)) & 0x0F0F0F0F) * 0x01010101 >> 24;
}

/* Goes on at a state with this mask, before a word, if anything may come of it. */
static inline bool
go(mj_reader *r, reading *g, uint64_t mask, uint32_t state, uint32_t first, uint32_t at, uint32_t last)
{
    place *one;

    if (!goes_on(mask) && (at == last || !may_take(mask, &g->known[at])))
        return true;
    if ((one = added(r, &g->todo, sizeof *one)) == NULL)
        return false;
    soon(g->part->states.at + (size_t) state * STATE);
    *one = (place) {mask, state, first, at, last};
    return true;
}

/* Goes on from a place by a fork of its state. */
static inline bool
fork_on(mj_reader *r, reading *g, const place *here, const uint32_t *fork)
{
    const part *p = g->part;
    uint32_t least = fork[0] & 255, most = fork[0] >> 8 & 255, signs = fork[0] >> 16 & 15, but = fork[0] >> 20;
    uint32_t after = fork[1], at = here->at, last = here->last, end, from = 0, until = 0;
    uint64_t mask = fork[2] | (uint64_t) fork[3] << 32;

    if (most == 0)
        return gap(g->page, at, last) > signs || go(r, g, mask, after, here->first, at, last);
    if (!goes_on(mask) && (at + 1 >= last || !(mask & g->ahead[at + 1])))
        return true;
    if (but > 0 && !row(p->but_at, but - 1, p->buts.n, &from, &until))
        return damaged(r);
    end = last - at < most ? last : at + most;
    for (uint32_t passed = at + 1; passed <= end; passed++) {
        if (but > 0 && is_in(p->buts.at + from, until - from, g->known[passed - 1].word_class))
            break;
        if (signs != 0 && gap(g->page, passed - 1, last) > signs)
            break;
        if (passed - at >= least && !go(r, g, mask, after, here->first, passed, last))
            return false;
    }
    return true;
}

/* Adds what a state accepts, and goes on by its forks. */
static bool
arrive(mj_reader *r, reading *g, const place *here)
{
    const part *p = g->part;
    const uint32_t *state = p->states.at + (size_t) here->state * STATE;

    if (state[5] > p->accepts.n || state[7] > p->forks.n / FORK)
        return damaged(r);
    for (uint32_t n = state[4]; n < state[5]; n++) {
        hit *one = added(r, &g->hits, sizeof *one);

        if (one == NULL)
            return false;
        *one = (hit) {p->accepts.at[n], here->first, here->at, 0};
    }
    for (uint32_t n = state[6]; n < state[7]; n++)
        if (!fork_on(r, g, here, p->forks.at + (size_t) n * FORK))
            return false;
    return true;
}

/* On the way from a state to the next, by the class of a word: at a node that stands there, with these branches; for which place. */
typedef struct step { uint32_t node, branches, word_class, of; } step;

enum { STEPS = 64 };  /* made side by side */

/*
 * Takes a word from each of some places, STEPS at most: the nodes on the way to the next state say by bits which branches they have. Those
 * that get there are put to `to`; how many. A node is asked of all before the next one is, so that none waits for the memory of another, and
 * what is written of one whose way ends is written over by the next, so that no processor has to guess.
 */
static size_t
words_taken(mj_reader *r, const reading *g, const place *all, size_t n, place *to)
{
    const part *p = g->part;
    const uint32_t *nodes = p->transitions.at;
    step steps[STEPS];
    size_t left = 0;

    for (size_t i = 0; i < n; i++) {
        const known *word = &g->known[all[i].at];
        const uint32_t *state = p->states.at + (size_t) all[i].state * STATE;

        if (all[i].at == all[i].last || !may_take(all[i].mask, word))
            continue;
        steps[left++] = (step) {state[2], state[3], word->word_class, (uint32_t) i};
    }
    for (int shift = (int) nodes[0]; shift >= 0; shift -= BRANCH) {
        size_t before = left;

        left = 0;
        for (size_t i = 0; i < before; i++) {
            step one = steps[i];
            uint32_t branch = one.word_class >> shift & 31;

            one.node += 1 + bits_of(one.branches & (((uint32_t) 1 << branch) - 1));
            steps[left] = one;
            left += one.branches >> branch & 1;
        }
        for (size_t i = 0; i < left; i++) {
            if (steps[i].node >= p->transitions.n)
                return damaged(r);
            steps[i].node = nodes[steps[i].node];
            if (shift > 0) {
                if (steps[i].node >= p->transitions.n)
                    return damaged(r);
                steps[i].branches = nodes[steps[i].node];
            }
        }
    }
    for (size_t i = 0; i < left; i++) {
        const place *one = &all[steps[i].of];

        if (steps[i].node >= p->state_count)
            return damaged(r);
        to[i] = (place) {state_mask(p, steps[i].node), steps[i].node, one->first, one->at + 1, one->last};
    }
    return left;
}

/* Adds (phrase, its first word, word after its last) of all phrases to which the places in `todo` lead: all walk at once, word by word. */
static bool
phrases(mj_reader *r, reading *g)
{
    const part *p = g->part;
    size_t steps = 0;

    while (g->todo.n > 0) {
        size_t left = 0;
        place *all;

        /* forks add to them */
        for (size_t from = 0, until; from < g->todo.n; from = until) {
            until = g->todo.n;
            all = g->todo.items;
            for (size_t n = from; n < until; n++) {
                if (all[n].state >= p->state_count)
                    return damaged(r);
                if (goes_on(all[n].mask))
                    soon(p->forks.at + (size_t) p->states.at[(size_t) all[n].state * STATE + 6] * FORK);
            }
            for (size_t n = from; n < until; n++) {
                place here = ((place *) g->todo.items)[n];

                if (goes_on(here.mask) && !arrive(r, g, &here))
                    return false;
            }
        }
        all = g->todo.items;
        steps += g->todo.n;
        if (steps > LONGEST_WALK)
            return damaged(r);
        for (size_t n = 0; n < g->todo.n; n += STEPS)
            left += words_taken(r, g, all + n, g->todo.n - n < STEPS ? g->todo.n - n : STEPS, all + left);
        g->todo.n = left;
        if (!worked(r, 1 + left / 16))
            return false;
    }
    return true;
}

/* Looks for the phrases of contexts that begin at some words of a page, where that was not done yet. */
static bool
look_for_contexts(mj_reader *r, reading *g, uint32_t from, uint32_t until)
{
    const part *p = g->part;
    size_t before;
    hit *hits;

    if (g->hits.n > HITS || g->looked == 0) {
        g->hits.n = 0;
        g->looked++;
    }
    before = g->hits.n;
    if (g->hits_of == NULL) {
        if ((g->hits_of = room(r, g->page->count, sizeof *g->hits_of)) == NULL)
            return false;
        memset(g->hits_of, 0, g->page->count * sizeof *g->hits_of);
    }
    g->todo.n = 0;
    for (uint32_t first = from; first < until; first++) {
        uint32_t word = g->known[first].word, last = g->page->sentences[g->page->sentence_of[first]].last;
        int32_t begin;

        if (g->hits_of[first].looked == g->looked)
            continue;
        g->hits_of[first] = (hits_of) {g->looked, 0, 0};
        if (word == NONE || (begin = p->word_first.at[(size_t) word * ROOTS + CONTEXTS]) < 0)
            continue;
        if ((uint32_t) begin >= p->state_count)
            return damaged(r);
        if (!go(r, g, state_mask(p, (uint32_t) begin), (uint32_t) begin, first, first + 1, last))
            return false;
    }
    if (!phrases(r, g))
        return false;
    hits = g->hits.items;
    for (size_t n = before; n < g->hits.n; n++) {
        hits_of *of = &g->hits_of[hits[n].first];

        of->rests |= (uint64_t) 1 << (hits[n].phrase & 63);
        hits[n].next = of->first;
        of->first = (uint32_t) n + 1;
    }
    return true;
}

/* -- checksum.py ----------------------------------------------------------------------------------- */

static bool
is_all_digits(const uint8_t *letters, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (letters[i] < '0' || letters[i] > '9')
            return false;
    return n > 0;
}

static bool
luhn(const uint8_t *value, uint32_t n)
{
    uint8_t digits[19];
    uint32_t count = 0, total = 0;
    bool alike = true;

    for (uint32_t i = 0; i < n; i++) {
        if (!is_digit(value[i]))
            continue;
        if (count == 19)
            return false;
        digits[count++] = value[i] - '0';
    }
    for (uint32_t i = 1; i < count; i++)
        alike = alike && digits[i] == digits[0];
    if (count < 13 || alike)
        return false;
    for (uint32_t place = 0; place < count; place++) {
        uint32_t digit = digits[count - 1 - place] * (place % 2 + 1u);

        total += digit > 9 ? digit - 9 : digit;
    }
    return total % 10 == 0;
}

/* The letters and digits of a value, as many as fit; how many there are. */
static uint32_t
letters_of(const uint8_t *value, uint32_t n, uint8_t *letters, uint32_t most)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < n; i++) {
        if (!is_digit(value[i]) && !small(value[i]))
            continue;
        if (count < most)
            letters[count] = value[i];
        count++;
    }
    return count;
}

static bool
nir(const uint8_t *value, uint32_t n)
{
    uint8_t letters[15];
    uint64_t found = 0, key;

    if (letters_of(value, n, letters, 15) != 15)
        return false;
    if (letters[5] == '2' && (letters[6] == 'a' || letters[6] == 'b')) {
        letters[5] = '1';
        letters[6] = letters[6] == 'a' ? '9' : '8';
    }
    if (!is_all_digits(letters, 15))
        return false;
    for (int i = 0; i < 13; i++)
        found = found * 10 + (letters[i] - '0');
    key = (uint64_t) (letters[13] - '0') * 10 + (letters[14] - '0');
    return key == 97 - found % 97;
}

static bool
iban(const uint8_t *value, uint32_t n)
{
    uint8_t letters[34];
    uint32_t count = letters_of(value, n, letters, 34), rest = 0;

    if (count < 15 || count > 34)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t c = letters[(i + 4) % count];

        rest = is_digit(c) ? (rest * 10 + (c - '0')) % 97 : (rest * 100 + (c - 'a' + 10u)) % 97;
    }
    return rest == 1;
}

/* -- spans.py -------------------------------------------------------------------------------------- */

#define WINDOW 60

static bool
parts_words(uint8_t bone)
{
    return bone == ' ' || bone == '.' || bone == ';';
}

static void
window(const page *p, uint32_t start, uint32_t end, uint32_t *left, uint32_t *right)
{
    uint32_t from = start > WINDOW ? start - WINDOW : 0, until = p->n - end > WINDOW ? end + WINDOW : p->n;

    if (from > 0 && !parts_words(p->skeleton[from - 1]))
        while (from < start && !parts_words(p->skeleton[from]))
            from++;
    if (until < p->n && !parts_words(p->skeleton[until]))
        while (until > end && !parts_words(p->skeleton[until - 1]))
            until--;
    *left = from;
    *right = until;
}

/* What an expression is looked for in. */
typedef struct search {
    const part *part;
    const uint8_t *body;
    const fact *fact;
    uint32_t until, code, code_end;
    const uint32_t *repeats;  /* NULL: each repetition as often as it says, and no oftener */
} search;

/* Goes from an instruction to all that take a character, or end a match, in the order of what comes first. */
static bool
follow(mj_reader *r, const search *s, thread *to, size_t *n, uint32_t pc, uint32_t start)
{
    size_t waiting = 0;

    r->waiting[waiting++] = (thread) {pc, start};
    while (waiting > 0) {
        uint32_t at = r->waiting[--waiting].pc;

        for (;;) {
            uint32_t operation, argument;

            if (at >= s->code_end)
                return damaged(r);
            if (s->repeats != NULL)
                at = s->repeats[at];
            if (r->marks[at - s->code] == r->mark)
                break;
            r->marks[at - s->code] = r->mark;
            operation = s->part->code.at[at] & 7;
            argument = s->part->code.at[at] >> 3;
            if (operation != GOTO && operation != ELSE) {
                to[(*n)++] = (thread) {at, start};
                break;
            }
            if (argument == 0 || argument >= s->code_end - at)
                return damaged(r);
            if (operation == ELSE) {
                r->waiting[waiting++] = (thread) {at + argument, start};
                at++;
            } else
                at += argument;
        }
    }
    return true;
}

static bool
takes(const search *s, uint32_t instruction, uint8_t c)
{
    uint32_t argument = instruction >> 3;

    if ((instruction & 7) == CHAR)
        return argument == c;
    return argument < s->part->char_sets.n / CHARS && s->part->char_sets.at[CHARS * argument + (c >> 3)] >> (c & 7) & 1;
}

static void
marked_anew(mj_reader *r)
{
    if (++r->mark == 0) {
        memset(r->marks, 0, (r->kernel->longest_code + 1) * sizeof *r->marks);
        r->mark = 1;
    }
}

/* Whether a part of a text holds so many digits. */
static bool
holds_digits(const uint8_t *body, uint32_t from, uint32_t until, uint32_t many)
{
    uint32_t found = 0;

    for (; found < many && from < until; from++)
        found += is_digit(body[from]);
    return found >= many;
}

static bool
may_begin(const search *s, uint32_t at)
{
    uint8_t c = s->body[at];

    if (!(s->fact->first[c >> 5] >> (c & 31) & 1) || (at > 0 && in_word(s->body[at - 1])))
        return false;
    return holds_digits(s->body, at, s->until - at < s->fact->longest ? s->until : at + s->fact->longest, s->fact->digits);
}

/*
 * The first match that begins from `at` to `last`: what Python's `search` says, where of several ways the first stands. All ways are
 * gone at once, each from its own start: time grows with the text, whatever it holds.
 */
static bool
search_from(mj_reader *r, const search *s, uint32_t at, uint32_t last, uint32_t *start, uint32_t *end)
{
    size_t now = 0;
    bool found = false;

    for (uint32_t i = at;; i++) {
        size_t next = 0;
        thread *swap;

        if (!found && i <= last && i < s->until && may_begin(s, i)) {
            if (now == 0)
                marked_anew(r);
            if (!follow(r, s, r->now, &now, s->code, i))
                return false;
        }
        if (now == 0) {
            if (found || i >= last || i >= s->until)
                return found;
            if ((i & 4095) == 0 && !worked(r, 256))
                return false;
            continue;
        }
        if (!worked(r, 1 + now / 16))
            return false;
        marked_anew(r);
        for (size_t n = 0; n < now; n++) {
            uint32_t instruction = s->part->code.at[r->now[n].pc];

            if ((instruction & 7) == FOUND) {
                if (i < s->until && in_word(s->body[i]))
                    continue;
                found = true;
                *start = r->now[n].start;
                *end = i;
                break;  /* what comes after it comes second */
            }
            if (i < s->until && takes(s, instruction, s->body[i]) && !follow(r, s, r->next, &next, r->now[n].pc + 1, r->now[n].start))
                return false;
        }
        swap = r->now;
        r->now = r->next;
        r->next = swap;
        now = next;
    }
}

/* The number of the set of some ways; NONE where there is no room for it: all others are forgotten then. */
static uint32_t
set_of(mj_reader *r, const search *s, const thread *ways, size_t n, bool ends)
{
    sets *known = &r->sets;
    uint32_t hash = s->code, at;
    set *one;

    for (size_t k = 0; k < n; k++)
        hash = (hash ^ ways[k].pc) * 0x01000193u;
    hash ^= hash >> 15;
    for (at = hash % SET_PLACES; known->places[at] != 0; at = (at + 1) % SET_PLACES) {
        uint32_t number = known->places[at] - 1u;
        size_t k = 0;

        one = &known->all[number];
        if (one->of != s->fact || one->n != n)
            continue;
        while (k < n && known->ways[one->first + k] == ways[k].pc)
            k++;
        if (k == n)
            return number;
    }
    if (known->n == SETS || n > WAYS - known->way_count) {
        known->n = known->way_count = 0;
        memset(known->places, 0, SET_PLACES * sizeof *known->places);
        return NONE;
    }
    one = &known->all[known->n];
    *one = (set) {s->fact, known->way_count, (uint32_t) n, ends, {NOT_MADE}};
    for (size_t k = 0; k < n; k++)
        known->ways[known->way_count++] = ways[k].pc;
    known->places[at] = (uint16_t) ++known->n;
    return known->n - 1;
}

/* What `next` is to say of a set and a character; NOT_MADE where there is no room, or something went wrong. */
static uint16_t
set_after(mj_reader *r, const search *s, uint32_t before, uint8_t c)
{
    set *one = &r->sets.all[before];
    uint32_t made;
    size_t n = 0;
    bool ends = false;

    if (one->ends && !in_word(c))
        return one->next[c] = MATCHED;
    if (!worked(r, 1 + one->n / 16))
        return NOT_MADE;
    marked_anew(r);
    for (uint32_t k = 0; k < one->n; k++) {
        uint32_t pc = r->sets.ways[one->first + k], instruction = s->part->code.at[pc];

        if ((instruction & 7) != FOUND && takes(s, instruction, c) && !follow(r, s, r->now, &n, pc + 1, 0))
            return NOT_MADE;
    }
    /* where no word goes on, a match may begin */
    if (!in_word(c) && !follow(r, s, r->now, &n, s->code, 0))
        return NOT_MADE;
    for (size_t k = 0; k < n; k++)
        ends = ends || (s->part->code.at[r->now[k].pc] & 7) == FOUND;
    if ((made = set_of(r, s, r->now, n, ends)) == NONE)
        return NOT_MADE;
    return one->next[c] = (uint16_t) (FIRST_SET + made);
}

/*
 * Where the next match of an expression begins: at `from`, which moves on, or behind it, until `last`; false: there is none. A step a
 * character; repetitions are gone as often as one likes, so that there may be none after all. Where there is no room for sets, anywhere.
 */
static bool
may_match(mj_reader *r, const search *s, uint32_t *from, uint32_t *last)
{
    const set *all = r->sets.all, *now;
    uint32_t first = set_of(r, s, NULL, 0, false);
    uint8_t before = *from > 0 ? s->body[*from - 1] : ' ';
    const uint8_t *at = &before, *end = at + 1;

    *last = s->until;
    if (first == NONE)
        return true;
    now = &all[first];
    for (uint32_t i = *from;;) {
        for (; at < end; at++) {
            uint16_t next = now->next[*at];

            if (next == NOT_MADE)
                next = set_after(r, s, (uint32_t) (now - all), *at);
            if (next == NOT_MADE)
                return r->status == MJ_OK;
            if (next == MATCHED) {
                *last = (uint32_t) (at - s->body);
                break;
            }
            now = &all[next - FIRST_SET];
        }
        if (at < end || (i >= s->until && now->ends)) {
            if (*last > s->fact->longest && *last - s->fact->longest > *from)
                *from = *last - s->fact->longest;
            return true;
        }
        if (i >= s->until || !worked(r, 64))
            return false;
        at = s->body + i;
        i = s->until - i < 4096 ? s->until : i + 4096;
        end = s->body + i;
    }
}

#define LONGEST_NUMBER 40  /* words */
#define NEAR_NUMBER 300    /* code points around a long number: what it calls for */

/* The last end of a word, after `end`, until which the expression matches all from `start` on; `end` where there is none. */
static bool
longest(mj_reader *r, const search *s, uint32_t n, uint32_t start, uint32_t *end)
{
    size_t now = 0;
    uint32_t words = 0, least = *end;

    marked_anew(r);
    if (!follow(r, s, r->now, &now, s->code, start))
        return false;
    for (uint32_t i = start; now > 0; i++) {
        size_t next = 0;
        thread *swap;
        bool ends = i > start && in_word(s->body[i - 1]) && (i >= n || !in_word(s->body[i]));

        if (!worked(r, 1 + now / 16))
            return false;
        marked_anew(r);
        for (size_t k = 0; k < now; k++) {
            uint32_t instruction = s->part->code.at[r->now[k].pc];

            if ((instruction & 7) == FOUND) {
                if (ends && i > least)
                    *end = i;
            } else if (i < s->until && takes(s, instruction, s->body[i]) && !follow(r, s, r->next, &next, r->now[k].pc + 1, start))
                return false;
        }
        if (ends && ++words == LONGEST_NUMBER)
            return true;
        swap = r->now;
        r->now = r->next;
        r->next = swap;
        now = next;
    }
    return true;
}

/* -- matcher.py ------------------------------------------------------------------------------------ */

/* What is found in one plain text, in its code points; `stays` is false where the words around speak against it. */
typedef struct match { uint32_t start, end, rule; int32_t level; bool stays; } match;

/* One plain text, and what is found of it. */
typedef struct work {
    mj_reader *r;
    const text_of *text;
    const uint32_t *quotes;
    size_t quote_count;
    list matches;
} work;

static bool
is_edge(const page *p, bool before, uint32_t start, uint32_t end, uint32_t left, uint32_t right)
{
    uint32_t at = before ? start : end;
    uint8_t bone;

    if (before) {
        while (at > left && p->skeleton[at - 1] == ' ')
            at--;
        bone = at > left ? p->skeleton[at - 1] : '.';
        return bone == '.' || bone == ';' || start - at > 1;
    }
    while (at < right && p->skeleton[at] == ' ')
        at++;
    bone = at < right ? p->skeleton[at] : '.';
    return bone == '.' || bone == ';' || at - end > 1;
}

/* The first word that begins at a place or after it. */
static uint32_t
word_from(const page *p, uint32_t at)
{
    uint32_t low = 0, high = p->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (p->tokens[middle].start < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum side { BEFORE, AFTER, NEAR, PHRASE };

/* Whether one of some phrases, with their mask, stands around a match between `left` and `right`, on this side of it. */
static bool
stands_around(mj_reader *r, reading *g, const int32_t *wanted, uint32_t n, uint64_t mask, enum side side, uint32_t start, uint32_t end,
              uint32_t left, uint32_t right)
{
    const page *p = g->page;
    uint32_t begin = start, until = right, word, past;
    const hit *hits;

    if (n > 0 && wanted[0] == -1) {
        if (is_edge(p, side == BEFORE, start, end, left, right))
            return true;
        wanted++;
        n--;
    }
    if (n == 0)
        return false;
    if (side == BEFORE)
        while (begin > left && p->skeleton[begin - 1] == ' ')
            begin--;
    if (side == AFTER)
        for (until = end + 1; until <= right && p->skeleton[until - 1] == ' '; until++) {}
    else if (side != NEAR)
        until = side == BEFORE ? start : end;
    word = word_from(p, side == AFTER ? end : left);
    past = word_from(p, until < right ? until : right);
    if (word < past && !look_for_contexts(r, g, word, past))
        return false;
    hits = g->hits.items;
    for (; word < past; word++) {
        for (uint32_t at = mask & g->hits_of[word].rests ? g->hits_of[word].first : 0, b; at > 0; at = hits[at - 1].next) {
            if (!(mask >> (hits[at - 1].phrase & 63) & 1))
                continue;
            b = p->tokens[hits[at - 1].after - 1].end;
            if (b > right || (side == BEFORE && (b > start || b < begin)) || (side == PHRASE && b <= start))
                continue;
            /* numbers are not negative: sorted as they are, they are sorted as unsigned ones */
            if (is_in((const uint32_t *) wanted, n, hits[at - 1].phrase))
                return true;
        }
    }
    return false;
}

/* Whether a candidate is a match: its checksum is right, what it needs stands around it, nothing that excepts it does. */
static bool
judge(mj_reader *r, uint32_t rule, reading *g, uint32_t start, uint32_t end)
{
    const mj_kernel *k = r->kernel;
    size_t sides = (size_t) rule_field(k, rule, RULE_NUMBER) * SIDES;
    const uint64_t *masks = k->wanted[g->part - k->parts] + sides;
    uint32_t left = 0, right = 0;
    bool seen = false;

    switch (rule_field(k, rule, RULE_KEY)) {
        case 1:
            if (!luhn(g->page->body + start, end - start))
                return false;
            break;
        case 2:
            if (!nir(g->page->body + start, end - start))
                return false;
            break;
        case 3:
            if (!iban(g->page->body + start, end - start))
                return false;
            break;
    }
    for (size_t side = 0; side < SIDES; side++) {
        uint32_t from, until;

        if (!row(g->part->context_at, sides + side, g->part->contexts.n, &from, &until))
            return damaged(r);
        if (from == until)
            continue;
        if (!seen)
            window(g->page, start, end, &left, &right);
        seen = true;
        if (stands_around(r, g, g->part->contexts.at + from, until - from, masks[side], side & 3, start, end, left, right) != (side < 4))
            return false;
        if (!worked(r, 4))
            return false;
    }
    return true;
}

/* the words for persons and titles that begin a name, without their first letter */
static const char *const titles[] = {"onsieur", "adame", "aitre", "lle", "me"};

static bool
is_written(const text_of *t, uint32_t start, uint32_t end, const char *letters)
{
    return strlen(letters) == end - start && stands(t, start, letters);
}

/* Whether these letters are M, Mme, Monsieur and their like. */
static bool
is_short_title(const text_of *t, uint32_t start, uint32_t end)
{
    if (start >= end || (t->codes[start] != 'm' && t->codes[start] != 'M'))
        return false;
    start++;
    if (start == end || (end - start == 1 && t->codes[start] < 128 && memchr("mMrReE", (int) t->codes[start], 6) != NULL))
        return true;
    for (size_t n = 0; n < sizeof titles / sizeof *titles; n++)
        if (is_written(t, start, end, titles[n]))
            return true;
    return end - start == 5 && t->codes[start] == 'a' && t->codes[start + 1] == 0xEE && is_written(t, start + 2, end, "tre");
}

static bool
is_any_title(const text_of *t, uint32_t start, uint32_t end)
{
    uint32_t first;

    if (start >= end)
        return false;
    if (is_short_title(t, start, end))
        return true;
    first = t->codes[start++];
    return ((first == 'd' || first == 'D') && is_written(t, start, end, "r")) ||
        ((first == 'f' || first == 'F') && is_written(t, start, end, "amille")) ||
        ((first == 'E' || first == 0xC9 || first == 0xE9) && is_written(t, start, end, "poux")) ||
        ((first == 'c' || first == 'C') && is_written(t, start, end, "onsorts"));
}

#define IS_NAMING (IS_UPPER | IS_LOWER)

/* Whether a part of a text ends with a title, and spaces. */
static bool
ends_with_title(const text_of *t, uint32_t from, uint32_t end)
{
    uint32_t start;

    while (end > from && t->codes[end - 1] == ' ')
        end--;
    if (end > from && t->codes[end - 1] == '.')
        end--;
    for (start = end; start > from && flags_at(t, start - 1) & IS_NAMING; start--) {}
    return is_any_title(t, start, end);
}

static bool
are_names(const text_of *t, uint32_t at, uint32_t end)
{
    bool first = true;

    for (;;) {
        uint32_t begin = at;

        if (!first && at + 2 <= end && t->codes[at] == 'e' && t->codes[at + 1] == 't')
            at += 2;
        else {
            if (at >= end || !(flags_at(t, at) & IS_UPPER))
                return false;
            for (at++; at < end && flags_at(t, at) & (IS_LOWER | IS_COMBINING); at++) {}
            if (at - begin < 2)
                return false;
        }
        if (at == end)
            return true;
        if (t->codes[at] != ' ' && t->codes[at] != '-')
            return false;
        at++;
        first = false;
    }
}

/* Whether a span of a stored text is written as a name: with capitals after a title, or inside a sentence. */
static bool
is_name(const text_of *t, uint32_t start, uint32_t end)
{
    uint32_t title = start, from = start > 16 ? start - 16 : 0, at = start;
    bool titled, named = are_names(t, start, end);

    while (title < end && flags_at(t, title) & IS_NAMING)
        title++;
    titled = is_short_title(t, start, title) && title < end && (t->codes[title] == '.' || t->codes[title] == ' ');
    if (titled) {
        named = named || are_names(t, title + 1, end);
        if (!named && t->codes[title] == '.' && title + 1 < end && t->codes[title + 1] == ' ')
            named = are_names(t, title + 2, end);
    }
    if (!named)
        return false;
    if (titled || ends_with_title(t, from, start))
        return true;
    if (at > from && (t->codes[at - 1] == '\'' || t->codes[at - 1] == 0x2019 || t->codes[at - 1] == '-'))
        at--;
    else
        while (at > from && t->codes[at - 1] == ' ')
            at--;
    return at < start && at > from && (flags_at(t, at - 1) & IS_NAMING || is_digit(t->codes[at - 1]));
}

/* Takes in a match of a rule's own terms, unless it is written as a name. */
static bool
take_in(work *w, uint32_t rule, span where)
{
    const mj_kernel *k = w->r->kernel;
    uint32_t end = where.start + where.length;
    match *one;

    if (category_of(k, rule, CATEGORY_CAPITALS) && is_name(w->text, where.start, end))
        return true;
    if ((one = added(w->r, &w->matches, sizeof *one)) == NULL)
        return false;
    *one = (match) {where.start, end, rule, rule_field(k, rule, RULE_LEVEL), true};
    if (w->quote_count > 0 && w->quotes[w->quote_count - 1] >= end && first_from(w->quotes, w->quote_count, where.start) % 2 == 1 &&
        category_of(k, rule, CATEGORY_QUOTED) != 0)
        one->level = category_of(k, rule, CATEGORY_QUOTED);
    return true;
}

/* Judges what matches a term from a word on: of each term the longest, none that overlaps the one before. */
static bool
judge_terms(work *w, reading *g, const list *found, uint32_t first, uint32_t page_stamp)
{
    mj_reader *r = w->r;
    const page *p = g->page;
    const part *part = g->part;
    const hit *hits = found->items;
    uint32_t stamp = ++r->stamp;

    for (size_t k = 0; k < found->n; k++) {
        term *one;

        if (hits[k].first != first)
            continue;
        if (hits[k].phrase >= part->term_rule.n)
            return damaged(r);
        one = &r->terms[hits[k].phrase];
        if (one->first != stamp || hits[k].after > one->longest)
            one->longest = hits[k].after;
        one->first = stamp;
    }
    for (size_t k = 0; k < found->n; k++) {
        uint32_t number, start = p->tokens[first].start, end;
        int32_t rule;
        term *one;

        if (hits[k].first != first)
            continue;
        number = part->term_rule.at[hits[k].phrase];
        one = &r->terms[hits[k].phrase];
        if (one->first != stamp)
            continue;  /* looked at already */
        one->first = 0;
        if (one->page == page_stamp && one->reach > first)
            continue;
        one->page = page_stamp;
        one->reach = one->longest;
        if (number >= part->rules.n)
            return damaged(r);
        if ((rule = part->rules.at[number]) < 0)
            continue;
        end = p->tokens[one->longest - 1].end;
        if (is_near(&p->of->near, start, end) && judge(r, (uint32_t) rule, g, start, end) && !take_in(w, (uint32_t) rule, in_text(p->of, start, end)))
            return false;
        if (r->status != MJ_OK)
            return false;
    }
    return true;
}

#define AT_ONCE 64  /* words from which terms are looked for together */

/* Judges what matches a term. */
static bool
match_terms(work *w, reading *g)
{
    mj_reader *r = w->r;
    const page *p = g->page;
    reading walk = *g;
    uint32_t page_stamp = ++r->stamp;

    for (uint32_t from = 0, until; from < p->count; from = until) {
        uint64_t begun = 0;
        const hit *hits;

        until = p->count - from < AT_ONCE ? p->count : from + AT_ONCE;
        if (r->stamp > UINT32_MAX - 2 * AT_ONCE) {
            memset(r->terms, 0, r->kernel->terms * sizeof *r->terms);
            page_stamp = r->stamp = 1;
        }
        walk.hits.n = walk.todo.n = 0;
        for (uint32_t first = from; first < until; first++) {
            const known *one = &g->known[first];

            if (one->mask != 0 && !go(r, &walk, one->mask, one->begin, first, first + 1, p->sentences[p->sentence_of[first]].last))
                return false;
        }
        if (!phrases(r, &walk))
            return false;
        hits = walk.hits.items;
        for (size_t k = 0; k < walk.hits.n; k++)
            begun |= (uint64_t) 1 << (hits[k].first - from);
        for (uint32_t first = from; first < until; first++)
            if (begun >> (first - from) & 1 && !judge_terms(w, g, &walk.hits, first, page_stamp))
                return false;
    }
    return true;
}

/* Whether beside a word that calls a word of each need stands. */
static bool
is_called(mj_reader *r, const reading *g, uint32_t at, uint32_t first, uint32_t needs)
{
    const part *p = g->part;

    if (first > p->beside.n / BESIDE || needs > p->beside.n / BESIDE - first)
        return damaged(r);
    for (uint32_t n = 0; n < needs; n++) {
        const int32_t *need = p->beside.at + (size_t) (first + n) * BESIDE;
        int64_t low = (int64_t) at + need[1], high = (int64_t) at + need[2];
        bool stands = false;
        uint32_t from, until;

        if (!row(p->beside_at, (uint32_t) need[0], p->beside_words.n, &from, &until))
            return damaged(r);
        for (int64_t i = low < 0 ? 0 : low; i <= high && i < g->page->count && !stands; i++)
            stands = g->known[i].caller != NONE && is_in(p->beside_words.at + from, until - from, g->known[i].caller);
        if (!stands)
            return false;
    }
    return true;
}

/* Where an expression is looked for: `raw`, from, until. */
typedef struct area { uint32_t raw, from, until; } area;

/* The areas of a page, and by expression the number of its last one, and one. */
typedef struct areas { list all; uint32_t *last; } areas;

/* Adds the part of a page within reach of a word, or number, that calls for an expression; parts that meet are one. */
static bool
add_area(mj_reader *r, const reading *g, areas *to, uint32_t raw, uint32_t start, uint32_t end, uint32_t reach)
{
    uint32_t from = start > reach ? start - reach : 0, until = g->page->n - end > reach ? end + reach : g->page->n;
    size_t raws = g->part->raws.n / RAW;
    area *one;

    if (raw >= raws)
        return damaged(r);
    if (to->last == NULL) {
        if ((to->last = room(r, raws, sizeof *to->last)) == NULL)
            return false;
        memset(to->last, 0, raws * sizeof *to->last);
    }
    one = to->last[raw] > 0 ? (area *) to->all.items + to->last[raw] - 1 : NULL;
    if (one != NULL && from <= one->until && until >= one->from) {
        one->from = from < one->from ? from : one->from;
        one->until = until > one->until ? until : one->until;
        return true;
    }
    if ((one = added(r, &to->all, sizeof *one)) == NULL)
        return false;
    *one = (area) {raw, from, until};
    to->last[raw] = (uint32_t) to->all.n;
    return true;
}

/* Adds where the expressions are looked for that a word calls for, by its number in the page; that a long number does, from `start` to `end`. */
static bool
call(mj_reader *r, const reading *g, areas *to, uint32_t at, uint32_t caller, uint32_t start, uint32_t end)
{
    const part *p = g->part;
    uint32_t from, until;

    if (!row(p->call_at, caller, p->calls.n / CALL, &from, &until))
        return damaged(r);
    for (; from < until; from++) {
        const uint32_t *one = p->calls.at + (size_t) from * CALL;
        uint32_t reach = at == NONE ? NEAR_NUMBER : one[0] < p->raws.n / RAW ? p->raws.at[(size_t) one[0] * RAW + 1] : 0;

        if ((at == NONE || is_called(r, g, at, one[1], one[2])) && !add_area(r, g, to, one[0], start, end, reach))
            return false;
    }
    return r->status == MJ_OK;
}

/* The same of each twelve digits in a row, or more, separators between them or not. */
static bool
call_numbers(mj_reader *r, const reading *g, areas *to)
{
    const page *p = g->page;
    uint32_t digits = 0, start = 0, end = 0;

    if (g->part->digits == NONE || p->digits < 12)
        return true;
    for (uint32_t i = 0; i <= p->n; i++) {
        uint8_t c = i < p->n ? p->body[i] : 0;

        if (is_digit(c)) {
            digits = digits > 0 && i - end <= 2 ? digits + 1 : 1;
            start = digits == 1 ? i : start;
            end = i + 1;
        } else if (c != ' ' && c != '.' && c != '/' && c != '-')
            digits = 0;
        if (digits >= 12 && (i + 1 >= p->n || !is_digit(p->body[i + 1])) && is_digit(c) &&
            !call(r, g, to, NONE, g->part->digits, start, end))
            return false;
    }
    return true;
}

/* Judges what an expression matches in a part of a text. */
static bool
match_area(work *w, reading *g, const area *where)
{
    mj_reader *r = w->r;
    const page *p = g->page;
    const part *part = g->part;
    const mj_kernel *k = r->kernel;
    search s = {part, p->body, &k->facts[part - k->parts][where->raw], where->until, 0, 0, k->repeats[part - k->parts]}, exact;
    uint32_t number = part->raws.at[(size_t) where->raw * RAW], start = 0, end = 0;
    int32_t rule;

    if (number >= part->rules.n || !row(part->code_at, where->raw, part->code.n, &s.code, &s.code_end))
        return damaged(r);
    if ((rule = part->rules.at[number]) < 0 || !holds_digits(p->body, where->from, where->until, s.fact->digits))
        return true;
    exact = s;
    exact.repeats = NULL;
    for (uint32_t at = where->from, last; may_match(r, &s, &at, &last);) {
        if (!search_from(r, &exact, at, last, &start, &end)) {
            if (r->status != MJ_OK || last >= s.until)
                break;
            at = last > at ? last : at + 1;
            continue;
        }
        if (!longest(r, &exact, p->n, start, &end))
            return false;
        if (is_near(&p->of->near, start, end) && judge(r, (uint32_t) rule, g, start, end) &&
            !take_in(w, (uint32_t) rule, in_text(p->of, start, end)))
            return false;
        if (r->status != MJ_OK)
            return false;
        at = end > at ? end : at + 1;
    }
    return r->status == MJ_OK;
}

/* Judges what the regular expressions match that a word, or a long number, calls for. */
static bool
match_numbers(work *w, reading *g)
{
    mj_reader *r = w->r;
    const page *p = g->page;
    areas found = {0};

    if (g->part->raws.n == 0)
        return true;
    for (uint32_t n = 0; n < p->count; n++)
        if (g->known[n].caller != NONE && !call(r, g, &found, n, g->known[n].caller, p->tokens[n].start, p->tokens[n].end))
            return false;
    if (!call_numbers(r, g, &found))
        return false;
    for (size_t n = 0; n < found.all.n; n++)
        if (!match_area(w, g, (area *) found.all.items + n))
            return false;
    return true;
}

static bool
is_mask(uint8_t c)
{
    return c == '*' || c == '@' || c == '$' || c == '#';
}

static bool
is_leet(uint8_t c)
{
    return (holds[c] & HOLDS_LEET) != 0;
}

static bool
is_visible(uint8_t c)
{
    return small(c) || c == OE || c == AE;
}

/* Where a word ends in which signs or digits stand for letters; 0 where they do not. */
static uint32_t
masked_ends(const uint8_t *body, uint32_t n, const token *word)
{
    uint32_t end = word->end;

    if (!small(body[word->start]))
        return 0;
    if (end < n && is_mask(body[end])) {
        while (end < n && (in_word(body[end]) || is_mask(body[end])))
            end++;
        return end;
    }
    for (uint32_t i = word->start; i < end; i++)
        if (!small(body[i]) && !is_leet(body[i]))
            return 0;
    return word->holds & HOLDS_LEET && small(body[end - 1]) ? end : 0;
}

/* Whether a masked word may stand for another, sign by sign; `runs`: each run of signs for one letter at least. */
static bool
stands_for(const uint8_t *shape, uint32_t n, const maskable *word, bool runs)
{
    size_t at = 0, mark = SIZE_MAX, i = 0, back = 0;

    if (!runs) {
        if (n != word->n)
            return false;
        for (size_t k = 0; k < n; k++)
            if (is_visible(shape[k]) ? shape[k] != word->letters[k] : !small(word->letters[k]))
                return false;
        return true;
    }
    /* the last run that took letters may take one more: what stood before it stands */
    for (;;) {
        if (i < n && !is_visible(shape[i]) && at < word->n && small(word->letters[at])) {
            while (i < n && !is_visible(shape[i]))
                i++;
            mark = ++at;
            back = i;
        } else if (i < n && is_visible(shape[i]) && at < word->n && word->letters[at] == shape[i]) {
            i++;
            at++;
        } else if (i == n && at == word->n) {
            return true;
        } else {
            if (mark == SIZE_MAX || mark >= word->n || !small(word->letters[mark]))
                return false;
            at = ++mark;
            i = back;
        }
    }
}

static bool
match_masked(work *w, const variant *folded, page *first)
{
    mj_reader *r = w->r;
    page own, *p = first->of->words != NULL ? first : NULL;
    reading parts[2];
    bool ready[2] = {false, false};

    for (uint32_t at = 0, past = 0; at < folded->words->count; at++) {
        const token *word = &folded->words->tokens[at];
        const uint8_t *shape = folded->body + word->start;
        uint32_t i = word->start, end = word->end, rule = NONE, visible = 0;
        bool run = false;

        if (i < past || !(word->holds & HOLDS_LEET || (end < folded->n && is_mask(folded->body[end]))) ||
            (end = masked_ends(folded->body, folded->n, word)) == 0)
            continue;
        past = end;
        for (uint32_t k = 0; k < end - i; k++) {
            visible += is_visible(shape[k]);
            run = run || (k > 0 && is_mask(shape[k]) && is_mask(shape[k - 1]));
        }
        for (size_t n = 0; n < r->kernel->maskable_count; n++) {
            const maskable *one = &r->kernel->maskables[n];

            if (one->rule < rule && (stands_for(shape, end - i, one, false) || (run && visible >= 2 && stands_for(shape, end - i, one, true))))
                rule = one->rule;
        }
        if (!worked(r, 8))
            return false;
        if (rule == NONE)
            continue;
        {
            int part = rule_field(r->kernel, rule, RULE_PART);

            if (p == NULL && !read_page(r, folded, p = &own))
                return false;
            if (!ready[part] && !read_for(r, p, &r->kernel->parts[part], &parts[part]))
                return false;
            ready[part] = true;
            if (judge(r, rule, &parts[part], i, end) && !take_in(w, rule, (span) {i, end - i}))
                return false;
        }
    }
    return r->status == MJ_OK;
}

/* -- score.py -------------------------------------------------------------------------------------- */

enum { MOST_WORDS = 30, AROUND = 5, LOUDEST = 12, ENOUGH = 7, NEAR_WORDS = 4 };

/* A sentence that is weighed: its place in the reading, its words, and what was asked of it. */
typedef struct weighed {
    uint32_t start, end, first, last;
    bool has_weight, has_far;
    int32_t weight, far;
} weighed;

typedef struct weighing {
    mj_reader *r;
    const page *page;    /* the first reading, of which the words are */
    const uint8_t *body; /* the same, where the end of a line is that of a sentence */
    weighed *all;
    uint32_t count;
} weighing;

/* Features, each once. */
typedef struct features {
    uint32_t *at;
    size_t n;
    uint64_t rests[4];  /* a bit for the rest of each: most that come are new */
} features;

static void
add_feature(features *to, uint32_t feature)
{
    uint64_t bit = (uint64_t) 1 << (feature & 63), *rests = &to->rests[feature >> 6 & 3];

    if (feature == NONE)
        return;
    if (*rests & bit)
        for (size_t i = 0; i < to->n; i++)
            if (to->at[i] == feature)
                return;
    *rests |= bit;
    to->at[to->n++] = feature;
}

static int32_t
weight_at(const mj_kernel *k, size_t column, uint32_t feature)
{
    size_t at = column + feature;

    return feature != NONE && at < k->parts[0].weights.n ? (int8_t) k->parts[0].weights.at[at] : 0;
}

static int32_t
sum_of(const mj_kernel *k, const features *all, size_t column)
{
    int32_t sum = 0;

    for (size_t i = 0; i < all->n; i++)
        sum += weight_at(k, column, all->at[i]);
    return sum;
}

/* What two words weigh by, `hash` is that of its letters. */
static uint32_t
find_pair(const part *p, const token *one, const token *other, uint32_t hash)
{
    mj_name before = plain_word(one), after = plain_word(other);
    char letters[2 * STEM + 1];
    size_t a = before.size < STEM ? before.size : STEM, b = after.size < STEM ? after.size : STEM;

    memcpy(letters, before.text, a);
    letters[a] = ' ';
    memcpy(letters + a + 1, after.text, b);
    return find_in(&p->features, p->features.hash, letters, a + 1 + b, hash);
}

/* The hash of the letters by which two words weigh; `first` is that of the first one's and the space. */
static uint32_t
pair_hash(uint32_t first, const token *other)
{
    mj_name after = plain_word(other);

    for (size_t i = 0; i < after.size && i < STEM; i++)
        first = hash_on(first, (uint8_t) after.text[i]);
    return first;
}

/* Words of a sentence in a row, by their numbers in a page: all, or those that mean what they say. */
typedef struct words_in_row { const page *page; uint32_t at[MOST_WORDS], n; } words_in_row;

/* What weighs of some words in a row, each once. `room` has place for three a word. */
static features
features_of(const mj_kernel *k, const words_in_row *row, uint32_t *room)
{
    const part *p = &k->parts[0];
    const token *tokens = row->page->tokens;
    const known *all = row->page->known[0];
    features found = {room, 0, {0}};
    uint32_t pairs[MOST_WORDS];

    for (uint32_t n = 0; n + 1 < row->n; n++) {
        pairs[n] = pair_hash(all[row->at[n]].pair, &tokens[row->at[n + 1]]);
        soon_in(p->features.hash, pairs[n]);
    }
    for (uint32_t n = 0; n < row->n; n++) {
        const known *one = &all[row->at[n]];

        add_feature(&found, one->feature);
        add_feature(&found, one->stem);
        if (n + 1 < row->n && has_hash(p->features.hash, pairs[n]))
            add_feature(&found, find_pair(p, &tokens[row->at[n]], &tokens[row->at[n + 1]], pairs[n]));
    }
    return found;
}

static words_in_row
row_of(const weighing *w, const weighed *s)
{
    words_in_row found;

    found.page = w->page;
    found.n = 0;
    for (uint32_t n = s->first; n < s->last && found.n < MOST_WORDS; n++)
        found.at[found.n++] = n;
    return found;
}

static int32_t
weight_of(weighing *w, weighed *s)
{
    if (!s->has_weight) {
        uint32_t room[3 * MOST_WORDS];
        words_in_row row = row_of(w, s);
        features all = features_of(w->r->kernel, &row, room);

        s->weight = sum_of(w->r->kernel, &all, w->r->kernel->scale.fault) + w->r->kernel->scale.bias;
        s->has_weight = true;
    }
    return s->weight;
}

static int32_t
far_of(weighing *w, weighed *s)
{
    if (!s->has_far) {
        uint32_t room[MOST_WORDS];
        features all = {room, 0, {0}};

        for (uint32_t n = s->first; n < s->last; n++)
            add_feature(&all, far_feature(&w->r->kernel->parts[0], &w->page->tokens[n]));
        s->far = sum_of(w->r->kernel, &all, w->r->kernel->scale.far);
        s->has_far = true;
    }
    return s->far;
}

static bool
ends_sentence(uint8_t c)
{
    return c == '.' || c == '!' || c == '?' || c == ';';
}

/* The sentences of the first reading, from their first words to their last; what goes on longer is read in parts. */
static bool
weigh(mj_reader *r, const text_of *t, const page *p, weighing *found)
{
    uint8_t *body = room(r, p->n, 1);
    uint32_t at = 0, dropped = 0, from = 0;

    *found = (weighing) {r, p, body, room(r, p->count, sizeof *found->all), 0};
    if (r->status != MJ_OK)
        return false;
    /* what ends a line, and what is dropped, is no part of a word of the text */
    memcpy(body, p->body, p->n);
    for (uint32_t n = 0; n <= t->count; n++) {
        uint32_t until = n < t->count ? t->tokens[n].start : t->n;

        for (; at < until; at++) {
            if (t->codes[at] == '\n')
                body[at - dropped] = '.';
            dropped += t->folded[at] == DROPPED;
        }
        if (n < t->count)
            at = t->tokens[n].end;
    }
    while (from < p->count) {
        uint32_t until = from + 1;

        while (until < p->count && until - from < MOST_WORDS) {
            bool ends = false;

            for (uint32_t i = p->tokens[until - 1].end; i < p->tokens[until].start && !ends; i++)
                ends = ends_sentence(body[i]);
            if (ends)
                break;
            until++;
        }
        found->all[found->count++] = (weighed) {p->tokens[from].start, p->tokens[until - 1].end, from, until, false, false, 0, 0};
        from = until;
    }
    return worked(r, p->count);
}

/* What the sentences around one say of it; for a `grave` match only what speaks for it. */
static int32_t
said_around(weighing *w, const weighed *s, bool grave)
{
    uint32_t n = (uint32_t) (s - w->all), from = n > AROUND ? n - AROUND : 0;
    int32_t sum = 0;

    for (uint32_t i = from; i < w->count && i <= n + AROUND; i++) {
        int32_t far = i == n ? 0 : far_of(w, &w->all[i]);

        if (far > 0 || !grave)
            sum += far;
    }
    return sum > LOUDEST ? LOUDEST : sum < -LOUDEST ? -LOUDEST : sum;
}

static bool
same_word(const token *one, const token *other)
{
    mj_name a = plain_word(one), b = plain_word(other);

    return a.size == b.size && memcmp(a.text, b.text, a.size) == 0;
}

static bool
is_among(const token *one, const token *all, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (same_word(one, &all[i]))
            return true;
    return false;
}

/* What the words of a match say against it, at most 0, one by one and in pairs. */
static int32_t
against(mj_reader *r, const token *own, uint32_t n)
{
    const mj_kernel *k = r->kernel;
    features pairs = {room(r, n, sizeof *pairs.at), 0, {0}};
    int32_t sum = 0;

    if (pairs.at == NULL)
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        int32_t one;

        if (i + 1 < n)
            add_feature(&pairs, find_pair(&k->parts[0], &own[i], &own[i + 1], pair_hash(stem_hash(&own[i], ' '), &own[i + 1])));
        if (is_among(&own[i], own, i))
            continue;
        one = weight_at(k, k->scale.fault, word_feature(&k->parts[0], &own[i])) + weight_at(k, k->scale.fault, stem_feature(&k->parts[0], &own[i]));
        sum += one < 0 ? one : 0;
    }
    for (size_t i = 0; i < pairs.n; i++) {
        int32_t one = weight_at(k, k->scale.fault, pairs.at[i]);

        sum += one < 0 ? one : 0;
    }
    return sum;
}

/* Whether a folded word, ligatures as they are, is one for a person. */
static bool
is_person(const mj_kernel *k, const uint8_t *body, uint32_t start, uint32_t end)
{
    uint8_t letters[128];
    size_t size = 0;

    if (end - start > sizeof letters / 2)
        return false;
    for (uint32_t i = start; i < end; i++) {
        if (body[i] >= OE) {
            letters[size++] = body[i] == OE ? 0xC5 : 0xC3;
            letters[size++] = body[i] == OE ? 0x93 : 0xA6;
        } else
            letters[size++] = body[i];
    }
    return find_word(&k->persons, letters, size) != NONE;
}

/* Whether a word for a person is among the last `most` words of a part of a text; how many words there are. */
static bool
holds_person(const mj_kernel *k, const text_of *t, uint32_t start, uint32_t end, uint32_t most, uint32_t *count)
{
    bool found = false;

    *count = 0;
    while (end > start && *count < most) {
        uint32_t last = end;

        if (!in_word(t->folded[end - 1])) {
            end--;
            continue;
        }
        while (end > start && in_word(t->folded[end - 1]))
            end--;
        ++*count;
        found = found || is_person(k, t->folded, end, last);
    }
    return found;
}

static bool
is_one_of(uint32_t code, const char *ascii)
{
    return code != 0 && code < 128 && strchr(ascii, (int) code) != NULL;
}

static bool
is_blank(uint32_t code)
{
    return code == ' ' || code == '\t' || code == 0xA0 || code == 0x202F;
}

static bool
is_quote(uint32_t code)
{
    return code == 0xAB || code == 0xBB || code == 0x201C || code == 0x201D || code == '"';
}

enum { NEARBY = 40, LOOKED_AT = 64, NAMED = 4 };

/* Where the clause begins in which a span stands. */
static uint32_t
clause_start(const text_of *t, uint32_t start)
{
    uint32_t from = start > NEARBY ? start - NEARBY : 0;

    for (uint32_t i = start; i > from; i--) {
        uint32_t code = t->codes[i - 1];

        if (is_one_of(code, ",;:!?(\n"))
            return i;
        if (code == '.' && i - 1 >= from + 4) {
            bool word = true;

            for (uint32_t k = i - 5; k < i - 1; k++)
                word = word && flags_at(t, k) & IS_PLAIN;
            if (word)
                return i;
        }
    }
    return from;
}

/* Whether a name stands right before a place, with a word before it in its sentence. */
static bool
is_after_name(const text_of *t, uint32_t from, uint32_t at)
{
    uint32_t end = at, start;

    while (at > from && (t->codes[at - 1] == ' ' || t->codes[at - 1] == '-'))
        at--;
    if (at == end)
        return false;
    for (start = at; start > from && flags_at(t, start - 1) & IS_LOWER; start--) {}
    if (at - start < 2 || start == from || !(flags_at(t, start - 1) & IS_UPPER))
        return false;
    start--;
    if (start == from || !(is_one_of(t->codes[start - 1], " '-") || t->codes[start - 1] == 0x2019))
        return false;
    for (start--; start > from; start--) {
        uint32_t code = t->codes[start - 1];

        if (is_digit(code) || flags_at(t, start - 1) & IS_NAMING)
            return true;
        if (is_one_of(code, ".!?\n"))
            return false;
    }
    return false;
}

static bool
is_before_name(const text_of *t, uint32_t at, uint32_t until)
{
    uint32_t start = at, end;

    while (at < until && (t->codes[at] == ' ' || t->codes[at] == '-'))
        at++;
    if (at == start || at >= until || !(flags_at(t, at) & IS_UPPER))
        return false;
    for (end = at + 1; end < until && flags_at(t, end) & IS_LOWER; end++) {}
    return end - at >= 3;
}

static uint32_t
encoded(uint32_t code, char *to)
{
    if (code < 0x80) {
        to[0] = (char) code;
        return 1;
    }
    if (code < 0x800) {
        to[0] = (char) (0xC0 | code >> 6);
        to[1] = (char) (0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        to[0] = (char) (0xE0 | code >> 12);
        to[1] = (char) (0x80 | (code >> 6 & 0x3F));
        to[2] = (char) (0x80 | (code & 0x3F));
        return 3;
    }
    to[0] = (char) (0xF0 | code >> 18);
    to[1] = (char) (0x80 | (code >> 12 & 0x3F));
    to[2] = (char) (0x80 | (code >> 6 & 0x3F));
    to[3] = (char) (0x80 | (code & 0x3F));
    return 4;
}

/*
 * Adds how a span of a stored text is written, and what stands right beside it. A letter or digit that follows bears no sign: none
 * that names one has a weight.
 */
static void
signs(const mj_kernel *k, const text_of *t, uint32_t start, uint32_t end, features *to)
{
    uint32_t from = start > LOOKED_AT ? start - LOOKED_AT : 0, until = t->n - end > LOOKED_AT ? end + LOOKED_AT : t->n;
    uint32_t opened, closed, count, next;
    bool is_opened, is_closed, of_person;

    if (end - start >= 2 && flags_at(t, start) & IS_UPPER && flags_at(t, start + 1) & IS_LOWER && ends_with_title(t, from, start))
        add_feature(to, k->signs[AFTER_A_TITLE]);
    of_person = holds_person(k, t, clause_start(t, start), start, 3, &count);
    of_person = holds_person(k, t, start, end, UINT32_MAX, &count) || of_person;
    for (opened = start; opened > from && !is_quote(t->codes[opened - 1]) && t->codes[opened - 1] != '\n'; opened--) {}
    is_opened = opened > from && (t->codes[opened - 1] == 0xAB || t->codes[opened - 1] == 0x201C ||
                                  (t->codes[opened - 1] == '"' && !(opened < start && t->codes[opened] == ' ')));
    for (closed = end; closed < until && !is_quote(t->codes[closed]) && t->codes[closed] != '\n'; closed++) {}
    is_closed = closed < until && (t->codes[closed] == 0xBB || t->codes[closed] == 0x201D ||
                                   (t->codes[closed] == '"' && !(closed > end && t->codes[closed - 1] == ' ')));
    if (is_opened && is_closed) {
        bool person = holds_person(k, t, opened, closed, NAMED + 1, &count);

        if (count <= NAMED && !person) {
            uint32_t at = opened;

            while (at < closed && is_blank(t->codes[at]))
                at++;
            if (at < closed && flags_at(t, at) & IS_UPPER)
                add_feature(to, k->signs[NAMED_IN_QUOTES]);
            else if (!of_person)
                add_feature(to, k->signs[IN_QUOTES]);
        }
    }
    if (is_after_name(t, from, start) || is_before_name(t, end, until))
        add_feature(to, k->signs[BESIDE_A_NAME]);
    if (of_person)
        add_feature(to, k->signs[OF_A_PERSON]);
    for (next = end; next < until && is_blank(t->codes[next]); next++) {}
    if (next == until && next > end)
        next--;  /* blanks alone: the last of them follows */
    if (next >= until || t->codes[next] == '\n')
        add_feature(to, k->signs[AT_THE_END]);
    else if (!(is_opened && is_closed && (t->codes[next] == 0xBB || t->codes[next] == 0x201D || t->codes[next] == '"'))) {
        char name[7 + 4] = "before ";
        uint32_t size = encoded(t->codes[next], name + 7);

        add_feature(to, find_word(&k->parts[0].features, name, 7 + size));
    }
}

/* What all that stands around a match says for it. */
static int32_t
speaks_for(weighing *w, weighed *s, const text_of *t, const match *m)
{
    mj_reader *r = w->r;
    const mj_kernel *k = r->kernel;
    bool grave = rule_field(k, m->rule, RULE_LEVEL) == MJ_BLOCK;
    uint32_t room[2 * MOST_WORDS], own_count;
    features close = {room, 0, {0}}, borne;
    token *own = words_of(r, t->folded, m->start, m->end, &own_count);
    uint32_t sign_room[SIGNS + 1];

    if (own == NULL)
        return 0;
    for (uint32_t n = s->first; n < s->last; n++) {
        const token *one = &w->page->tokens[n];

        if (is_among(one, own, own_count))
            continue;
        add_feature(&close, w->page->known[0][n].feature);
        add_feature(&close, w->page->known[0][n].stem);
    }
    borne = (features) {sign_room, 0, {0}};
    signs(k, t, m->start, m->end, &borne);
    if (s->last - s->first < ENOUGH)
        add_feature(&borne, k->signs[SHORT]);
    return weight_of(w, s) + said_around(w, s, grave) + sum_of(k, &close, k->scale.close) + sum_of(k, &borne, k->scale.signs) -
        against(r, own, own_count);
}

static span
place_of(const weighing *w, const weighed *s)
{
    return in_text(w->page->of, s->start, s->end);
}

/* The sentence that holds this part of the stored text, NULL where none holds all of it. */
static weighed *
holding(const weighing *w, uint32_t start, uint32_t end)
{
    uint32_t low = 0, high = w->count;
    span place;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (place_of(w, &w->all[middle]).start <= start)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    place = place_of(w, &w->all[low - 1]);
    return end <= place.start + place.length ? &w->all[low - 1] : NULL;
}

/* The category whose words weigh most; of equals the first by name. */
static int32_t
category_of_sentence(const mj_kernel *k, const words_in_row *row)
{
    uint32_t room[3 * MOST_WORDS];
    features all = features_of(k, row, room);
    size_t size = k->parts[0].features.at.n - 1;
    int32_t best = -1, most = INT32_MIN;

    for (size_t n = 0; n < k->categories.n / CATEGORY; n++) {
        const int32_t *code = k->categories.at + n * CATEGORY;
        int32_t sum;

        if (code[CATEGORY_COLUMN] < 0)
            continue;
        sum = code[CATEGORY_BASE] + sum_of(k, &all, (size_t) code[CATEGORY_COLUMN] * size);
        if (sum > most) {
            most = sum;
            best = (int32_t) n;
        }
    }
    return best;
}

/* -- finding --------------------------------------------------------------------------------------- */

/* By place, of equal ones the longest first, then by rule, then the higher level. */
static int
in_order(const match *a, const match *b)
{
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->end != b->end)
        return a->end > b->end ? -1 : 1;
    if (a->rule != b->rule)
        return a->rule < b->rule ? -1 : 1;
    return b->level - a->level;
}

/* Sorts by merging, which takes as long on any order. */
static bool
sort_matches(mj_reader *r, match *all, size_t n)
{
    match *other;

    if (n < 2)
        return true;
    if ((other = room(r, n, sizeof *other)) == NULL)
        return false;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t from = 0; from < n; from += 2 * width) {
            size_t middle = from + width < n ? from + width : n, until = from + 2 * width < n ? from + 2 * width : n;
            size_t a = from, b = middle, to = from;

            while (a < middle || b < until)
                other[to++] = b >= until || (a < middle && in_order(&all[a], &all[b]) <= 0) ? all[a++] : all[b++];
        }
        memcpy(all, other, n * sizeof *all);
    }
    return true;
}

/* Sorted, each once. */
static bool
sorted_set(mj_reader *r, list *of)
{
    match *all = of->items;
    size_t n = 0;

    if (!sort_matches(r, all, of->n))
        return false;
    for (size_t i = 0; i < of->n; i++)
        if (n == 0 || in_order(&all[n - 1], &all[i]) != 0)
            all[n++] = all[i];
    of->n = n;
    return true;
}

/*
 * Sorted matches without those that lie inside another of their category; one of a rule of level block goes for another of these
 * only. What does not stay goes too.
 */
static bool
prune(mj_reader *r, list *of)
{
    const mj_kernel *k = r->kernel;
    size_t codes = k->categories.n / CATEGORY, n = 0;
    int64_t *reach = room(r, 2 * codes, sizeof *reach);
    match *all = of->items;

    if (reach == NULL)
        return false;
    for (size_t i = 0; i < 2 * codes; i++)
        reach[i] = -1;
    for (size_t i = 0; i < of->n; i++) {
        match one = all[i];
        size_t category = (size_t) rule_field(k, one.rule, RULE_CATEGORY);
        bool heavy = rule_field(k, one.rule, RULE_LEVEL) == MJ_BLOCK;

        if (!one.stays || (int64_t) one.end <= reach[2 * category + heavy])
            continue;
        all[n++] = one;
        if ((int64_t) one.end > reach[2 * category])
            reach[2 * category] = one.end;
        if (heavy)
            reach[2 * category + 1] = one.end;
    }
    of->n = n;
    return true;
}

/* Whether one of the matches, sorted by start, meets a part of the text; `reach` is how far those until each go. */
static bool
meets(const match *all, const uint32_t *reach, size_t n, uint32_t start, uint32_t end)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (all[middle].start < end)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && reach[low - 1] > start;
}

static const uint32_t *
reaches(mj_reader *r, const match *all, size_t n)
{
    uint32_t *found = room(r, n, sizeof *found);

    for (size_t i = 0; found != NULL && i < n; i++)
        found[i] = i > 0 && found[i - 1] > all[i].end ? found[i - 1] : all[i].end;
    return found;
}

/* A word that stands beside a match: `"word _"` and `"stem* _"`, or the other way round. */
static void
add_beside(const mj_kernel *k, features *to, const token *one, bool before)
{
    mj_name word = plain_word(one);
    size_t stem = word.size < STEM ? word.size : STEM;
    char letters[LOOKED_AT * 2 + 2], *name = letters;

    /* a word beside a match is cut where nobody looks */
    if (word.size > sizeof letters - 2)
        return;
    memcpy(letters + 2 * !before, word.text, word.size);
    memcpy(before ? letters + word.size : letters, before ? " _" : "_ ", 2);
    add_feature(to, find_word(&k->parts[0].features, letters, word.size + 2));
    if (!before) {
        *name++ = '_';
        *name++ = ' ';
    }
    memcpy(name, word.text, stem);
    name += stem;
    *name++ = '*';
    if (before) {
        *name++ = ' ';
        *name++ = '_';
    }
    add_feature(to, find_word(&k->parts[0].features, letters, (size_t) (name - letters)));
}

/* Whether what stands right beside a match of level block, and how it is written, does not say that it means something else. */
static bool
is_spared(mj_reader *r, const text_of *t, const match *m)
{
    const mj_kernel *k = r->kernel;
    int32_t limit = rule_field(k, m->rule, RULE_SPARED);
    uint32_t from = m->start > LOOKED_AT ? m->start - LOOKED_AT : 0, until = t->n - m->end > LOOKED_AT ? m->end + LOOKED_AT : t->n;
    uint32_t room[SIGNS + 1 + 2 * NEAR_WORDS + 4], before_count, after_count, at;
    features told = {room, 0, {0}};
    token *before, *after;

    if (rule_field(k, m->rule, RULE_LEVEL) != MJ_BLOCK || limit == INT32_MIN)
        return false;
    for (at = m->start; at > from && t->codes[at - 1] != '\n'; at--) {}
    before = words_of(r, t->folded, at, m->start, &before_count);
    for (at = m->end; at < until && t->codes[at] != '\n'; at++) {}
    after = words_of(r, t->folded, m->end, at, &after_count);
    if (before == NULL || after == NULL)
        return false;
    signs(k, t, m->start, m->end, &told);
    if (m->start < t->n && flags_at(t, m->start) & IS_UPPER)
        add_feature(&told, k->signs[CAPITAL]);
    for (uint32_t n = before_count > NEAR_WORDS ? before_count - NEAR_WORDS : 0; n + 1 < before_count; n++)
        add_feature(&told, far_feature(&k->parts[0], &before[n]));
    for (uint32_t n = 1; n < after_count && n < NEAR_WORDS; n++)
        add_feature(&told, far_feature(&k->parts[0], &after[n]));
    if (before_count > 0)
        add_beside(k, &told, &before[before_count - 1], true);
    if (after_count > 0)
        add_beside(k, &told, &after[0], false);
    return sum_of(k, &told, k->scale.sense) >= limit;
}

/* Hears what the words around the matches say: drops those that they speak against, lowers those that they do not speak for. */
static bool
hear(work *w, weighing *g)
{
    const mj_kernel *k = w->r->kernel;
    match *all = w->matches.items;

    for (size_t n = 0; n < w->matches.n; n++) {
        match *m = &all[n];
        int32_t limit = rule_field(k, m->rule, RULE_LIMIT), weight;
        weighed *s;

        if (limit == INT32_MIN || (s = holding(g, m->start, m->end)) == NULL)
            continue;
        weight = speaks_for(g, s, w->text, m);
        if (!worked(w->r, 32))
            return false;
        m->stays = weight >= limit;
        if (!m->stays && is_spared(w->r, w->text, m)) {
            m->stays = true;
            m->level = MJ_WATCH;
        } else if (m->stays && m->level == MJ_BLOCK && weight < k->scale.sure && category_of(k, m->rule, CATEGORY_UNSURE) != 0)
            m->level = category_of(k, m->rule, CATEGORY_UNSURE);
    }
    return true;
}

/* The words of a sentence without those of matches that mean something else. */
static bool
said_of(const weighing *g, const weighed *s, const text_of *t, const match *other, const uint32_t *reach, size_t count, span place,
        words_in_row *said)
{
    size_t low = first_from(reach, count, place.start + 1);
    words_in_row row = row_of(g, s);
    bool gone[MOST_WORDS] = {false};

    for (; low < count && other[low].start < place.start + place.length; low++) {
        uint32_t own_count;
        token *own;

        if (other[low].end <= place.start)
            continue;
        if ((own = words_of(g->r, t->folded, other[low].start, other[low].end, &own_count)) == NULL)
            return false;
        for (uint32_t n = 0; n < row.n; n++)
            gone[n] = gone[n] || is_among(&g->page->tokens[row.at[n]], own, own_count);
    }
    said->page = row.page;
    said->n = 0;
    for (uint32_t n = 0; n < row.n; n++)
        if (!gone[n])
            said->at[said->n++] = row.at[n];
    return true;
}

/*
 * Adds what the words of a sentence say together, where no rule found anything in it and nothing excepts it. What a rule matched that
 * the words around outweigh means something else: it says nothing. `staying` and `other` are sorted by start.
 */
static bool
weigh_together(work *w, weighing *g, const list *staying, const list *others, list *to)
{
    mj_reader *r = w->r;
    const mj_kernel *k = r->kernel;
    const match *found = staying->items, *other = others->items;
    const uint32_t *reach = reaches(r, found, staying->n), *other_reach = reaches(r, other, others->n);
    page lines;
    variant body = {g->body, g->page->n, g->page->of->cuts, g->page->of->cut_count, g->page->of->words, {0}};
    reading parts[2];
    bool read = false, ready[2] = {false, false};

    if (reach == NULL || other_reach == NULL)
        return false;
    for (uint32_t n = 0; n < g->count; n++) {
        weighed *s = &g->all[n];
        bool leads = false;
        int32_t category, rule, around, weight;
        words_in_row said;
        uint32_t room[3 * MOST_WORDS];
        features all;
        span place;
        int part;
        match *one;

        for (uint32_t i = s->first; i < s->last && !leads; i++)
            leads = g->page->known[0][i].leading;
        if (!worked(r, 1))
            return false;
        if (!leads)
            continue;
        place = place_of(g, s);
        if (!said_of(g, s, w->text, other, other_reach, others->n, place, &said))
            return false;
        leads = false;
        for (uint32_t i = 0; i < said.n && !leads; i++)
            leads = g->page->known[0][said.at[i]].leading;
        all = features_of(k, &said, room);
        weight = sum_of(k, &all, k->scale.fault) + k->scale.bias;
        if (!leads || weight < k->scale.threshold)
            continue;
        category = category_of_sentence(k, &said);
        if (category < 0 || (rule = k->categories.at[category * CATEGORY + CATEGORY_TOGETHER]) < 0)
            continue;
        around = said_around(g, s, false);
        if (weight + (around < 0 ? around : 0) < k->scale.threshold || meets(found, reach, staying->n, place.start, place.start + place.length))
            continue;
        part = rule_field(k, (uint32_t) rule, RULE_PART);
        if (!read && !read_page(r, &body, &lines))
            return false;
        read = true;
        if (!ready[part] && !read_for(r, &lines, &k->parts[part], &parts[part]))
            return false;
        ready[part] = true;
        if (!judge(r, (uint32_t) rule, &parts[part], s->start, s->end)) {
            if (r->status != MJ_OK)
                return false;
            continue;
        }
        if ((one = added(r, to, sizeof *one)) == NULL)
            return false;
        *one = (match) {place.start, place.start + place.length, (uint32_t) rule, rule_field(k, (uint32_t) rule, RULE_LEVEL), true};
    }
    return true;
}

/* Finds what the rules' own terms match in a plain text. */
static bool
match_rules(work *w, const variant *all, size_t count, page *first)
{
    mj_reader *r = w->r;
    const text_of *t = w->text;
    const variant folded = whole(t);
    list quotes = {0};

    for (const uint8_t *at = t->folded, *end = at + t->n; at < end && (at = memchr(at, '"', (size_t) (end - at))) != NULL; at++) {
        uint32_t *one = added(r, &quotes, sizeof *one);

        if (one == NULL)
            return false;
        *one = (uint32_t) (at - t->folded);
    }
    w->quotes = quotes.items;
    w->quote_count = quotes.n;
    for (size_t n = 0; n < count; n++) {
        page *p = n == 0 ? first : room(r, 1, sizeof *p);

        if (p == NULL || !read_page(r, &all[n], p))
            return false;
        for (int k = 0; k < r->kernel->count; k++) {
            reading g;

            if (!read_for(r, p, &r->kernel->parts[k], &g) || !match_terms(w, &g) || !match_numbers(w, &g))
                return false;
        }
    }
    return match_masked(w, &folded, first);
}

/* What is found in a plain text, and what the words around it outweigh, both sorted. */
static bool
weighted(mj_reader *r, const text_of *t, list *kept, list *outweighed)
{
    const mj_kernel *k = r->kernel;
    work w = {r, t, NULL, 0, {0}};
    variant all[4];
    size_t count = variants(r, t, all);
    page first;
    weighing g;
    bool leads = false;
    match *found;
    list together = {0};

    if (count == 0 || !match_rules(&w, all, count, &first) || !sorted_set(r, &w.matches))
        return false;
    if (!k->scale.given) {
        *kept = w.matches;
        return prune(r, kept);
    }
    for (uint32_t n = 0; n < first.count && !leads; n++)
        leads = first.known[0][n].leading;
    if (w.matches.n == 0 && !leads)
        return true;
    if (!weigh(r, t, &first, &g) || !hear(&w, &g))
        return false;
    found = w.matches.items;
    for (size_t n = 0; n < w.matches.n; n++) {
        match *one = added(r, found[n].stays ? kept : outweighed, sizeof *one);

        if (one == NULL)
            return false;
        *one = found[n];
    }
    /* words together speak of what is written */
    if (!t->meant && !weigh_together(&w, &g, kept, outweighed, &together))
        return false;
    if (!prune(r, kept))
        return false;
    for (size_t n = 0; n < together.n; n++) {
        match *one = added(r, kept, sizeof *one);

        if (one == NULL)
            return false;
        *one = ((match *) together.items)[n];
    }
    return sort_matches(r, kept->items, kept->n);
}

/* Adds matches of a plain text, as ones of the stored text. */
static bool
stored(mj_reader *r, const list *matches, const text_of *t, list *to)
{
    for (size_t n = 0; n < matches->n; n++) {
        const match *found = (const match *) matches->items + n;
        match *one;
        span where;

        if (!is_near(&t->near, found->start, found->end))
            continue;
        if ((one = added(r, to, sizeof *one)) == NULL)
            return false;
        *one = *found;
        where = original(t, (span) {one->start, one->end - one->start});
        one->start = where.start;
        one->end = where.start + where.length;
    }
    return true;
}

/* Whether a rule stands for what the words of a sentence say together. */
static bool
is_together(const mj_kernel *k, uint32_t rule)
{
    return category_of(k, rule, CATEGORY_TOGETHER) == (int32_t) rule;
}

/*
 * What is found in several readings: each once, at its highest level; pruned. What the words of a sentence say together stays only
 * where nothing else is found in it.
 */
static bool
united(mj_reader *r, list *found)
{
    const mj_kernel *k = r->kernel;
    list own = {0}, whole = {0};
    match *all = found->items;
    const uint32_t *reach;
    size_t count;

    for (size_t n = 0; n < found->n; n++) {
        list *to;
        match *one;

        /* of equal ones, the higher level comes first */
        if (n > 0 && all[n].start == all[n - 1].start && all[n].end == all[n - 1].end && all[n].rule == all[n - 1].rule)
            continue;
        to = is_together(k, all[n].rule) ? &whole : &own;
        if ((one = added(r, to, sizeof *one)) == NULL)
            return false;
        *one = all[n];
    }
    if (!prune(r, &own) || (reach = reaches(r, own.items, own.n)) == NULL)
        return false;
    count = own.n;
    for (size_t n = 0; n < whole.n; n++) {
        match one = ((match *) whole.items)[n], *to;

        if (meets(own.items, reach, count, one.start, one.end))
            continue;
        if ((to = added(r, &own, sizeof *to)) == NULL)
            return false;
        *to = one;
    }
    *found = own;
    return sort_matches(r, found->items, found->n);
}

static mj_finding *
findings(mj_reader *r, const list *of)
{
    mj_finding *found = room(r, of->n, sizeof *found);

    for (size_t n = 0; found != NULL && n < of->n; n++) {
        const match *one = (const match *) of->items + n;

        found[n] = (mj_finding) {one->start, one->end - one->start, one->rule, one->level};
    }
    return found;
}

mj_status
mj_find(mj_reader *r, mj_arena *arena, const char *text, size_t size, mj_result *result)
{
    text_of given, readings[3];
    list found = {0}, outweighed = {0};
    size_t count = 1;

    memset(result, 0, sizeof *result);
    r->arena = arena;
    r->status = MJ_OK;
    if (size > MJ_LONGEST)
        return MJ_LONG;
    if (!decode(r, text, size, &given) || !plain(r, &given, &readings[0]) || !split(r, &readings[0]))
        return r->status;
    count += joined(r, &readings[0], &readings[count]);
    count += corrected(r, &readings[0], &readings[count]);
    for (size_t n = 0; n < count && r->status == MJ_OK; n++) {
        list kept = {0}, dropped = {0};

        if ((n == 0 || split(r, &readings[n])) && weighted(r, &readings[n], &kept, &dropped) && stored(r, &kept, &readings[n], &found))
            stored(r, &dropped, &readings[n], &outweighed);
    }
    if (r->status == MJ_OK && sorted_set(r, &found) && sorted_set(r, &outweighed) && (count == 1 || united(r, &found))) {
        mj_finding *all = findings(r, &found), *dropped = findings(r, &outweighed);

        if (r->status == MJ_OK)
            *result = (mj_result) {all, found.n, dropped, outweighed.n};
    }
    return r->status;
}
