-- The functions of the kernel. They read motjuste.kernel and motjuste.program with the rights of who calls, and give nobody any.
\echo Use "create extension motjuste_kernel" to load this file. \quit

-- made here, so that it is nobody else's: where there is one already, this fails
create schema motjuste_kernel;

-- found(notes): as motjuste.found: the findings of many notes, `i` their numbers from 1.
create function motjuste_kernel.found(notes text[])
    returns table (i int, rule_id text, category text, level text, start int, length int)
    language c
    stable
    strict
    parallel safe
    rows 100
    as 'MODULE_PATHNAME', 'motjuste_kernel_found';

-- clean(note): whether nothing is found in a note.
create function motjuste_kernel.clean(note text)
    returns boolean
    language c
    stable
    strict
    parallel safe
    cost 100
    as 'MODULE_PATHNAME', 'motjuste_kernel_clean';

-- format(): the format of the programs that it reads.
create function motjuste_kernel.format()
    returns int
    language c
    immutable
    parallel safe
    as 'MODULE_PATHNAME', 'motjuste_kernel_format';

-- that a trigger finds them by name; what they answer, they answer to who may read the tables
grant usage on schema motjuste_kernel to public;
