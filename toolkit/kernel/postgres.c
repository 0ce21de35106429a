/*
 * postgres.c - the extension motjuste_kernel: the kernel inside PostgreSQL 15 to 18.
 *
 * found(text[]) answers as motjuste.found does, clean(text) whether nothing is found. Both read the program from the tables
 * motjuste.kernel (one row: its digest) and motjuste.program (its bytes, in pieces), with the rights of who calls, and keep it
 * opened as long as the digest is the same: from PostgreSQL 17 on in shared memory, of which all backends of a database use one copy;
 * before 17, and where there is no room for it, in the memory of the backend.
 *
 * The tables are scanned here and not by queries: no operator, cast or view of anybody can run, and the first note of a
 * connection does not wait for plans.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/dsm.h"
#include "storage/lwlock.h"
#if PG_VERSION_NUM >= 170000
#include "storage/dsm_registry.h"
#endif
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "kernel.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(motjuste_kernel_clean);
PG_FUNCTION_INFO_V1(motjuste_kernel_found);
PG_FUNCTION_INFO_V1(motjuste_kernel_format);

/* What SQL does instead: the kernel cannot be used here, and nothing is wrong with the note. */
#define ERRCODE_NO_KERNEL MAKE_SQLSTATE('M', 'J', '0', '0', '4')
/* The program is damaged. Not XX001: who catches internal_error, for a library that cannot be loaded, catches all of class XX. */
#define ERRCODE_DAMAGED MAKE_SQLSTATE('M', 'J', '0', '0', '5')

#define DIGEST 32     /* bytes */
#define PARTS 3       /* the program, that of a user's own files, the settings */
#define KEPT 262144   /* bytes of the block that stays from one note to the next */
#define PATIENCE 10   /* times that a note is begun again for an interrupt that does not end it */

/* What motjuste.kernel says. */
typedef struct Told
{
	int32		format;
	unsigned char digest[DIGEST];
	Size		sizes[PARTS];
} Told;

/* An opened program, and what it takes to find: one in each backend. Its memory is `lasting`, but for `note`: that of one note. */
typedef struct Opened
{
	Told		told;
	MemoryContext lasting;
	MemoryContext note;
	dsm_segment *shared;		/* NULL: the bytes are in `lasting` */
	char	   *kept;			/* the first block of each note */
	bool		kept_used;
	mj_arena	lasting_arena;
	mj_arena	note_arena;
	mj_kernel  *kernel;
	mj_reader  *reader;
	int			patience;
} Opened;

static Opened *opened = NULL;

/* ---- memory: blocks of memory contexts ---- */

static void *
aligned_block(MemoryContext context, size_t bytes)
{
	char	   *block;

	if (bytes > MaxAllocHugeSize - 16)
		return NULL;
	block = MemoryContextAllocExtended(context, bytes + 16, MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
	return block == NULL ? NULL : (void *) TYPEALIGN(16, block);
}

static void *
more_lasting(void *owner, size_t bytes)
{
	return aligned_block(((Opened *) owner)->lasting, bytes);
}

static void *
more_for_note(void *owner, size_t bytes)
{
	Opened	   *o = owner;

	if (!o->kept_used && bytes <= KEPT)
	{
		o->kept_used = true;
		return o->kept;
	}
	return aligned_block(o->note, bytes);
}

/* Forget what was found in the note before. */
static void
rewind_note(Opened *o)
{
	MemoryContextReset(o->note);
	o->kept_used = false;
	o->note_arena.at = o->note_arena.end = NULL;
}

static void
failed(mj_status status)
{
	int			code = ERRCODE_DAMAGED;

	if (status == MJ_MEMORY)
		code = ERRCODE_OUT_OF_MEMORY;
	else if (status == MJ_OTHER)
		code = ERRCODE_NO_KERNEL;
	else if (status == MJ_ENCODING)
		code = ERRCODE_CHARACTER_NOT_IN_REPERTOIRE;
	else if (status == MJ_LONG)
		code = ERRCODE_PROGRAM_LIMIT_EXCEEDED;
	ereport(ERROR, (errcode(code), errmsg("motjuste_kernel: %s", mj_message(status)),
					code == ERRCODE_DAMAGED ? errhint("motjuste install puts the program of this database right.") : 0));
}

/* ---- the tables ---- */

/* A table of the schema motjuste, opened: NULL where there is none. It must be a plain table that the caller may read. */
static Relation
our_table(const char *name, int columns, const Oid *types)
{
	Oid			schema = get_namespace_oid("motjuste", true);
	Oid			oid = OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
	Relation	table;
	TupleDesc	shape;
	bool		fits;

	if (!OidIsValid(oid))
		return NULL;
	if (pg_class_aclcheck(oid, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, name);
	table = try_relation_open(oid, AccessShareLock);
	if (table == NULL)
		return NULL;
	shape = RelationGetDescr(table);
	fits = table->rd_rel->relkind == RELKIND_RELATION && shape->natts >= columns;
	for (int n = 0; fits && n < columns; n++)
		fits = TupleDescAttr(shape, n)->atttypid == types[n] && !TupleDescAttr(shape, n)->attisdropped;
	if (!fits)
		ereport(ERROR, (errcode(ERRCODE_NO_KERNEL), errmsg("motjuste_kernel: motjuste.%s is of another version", name)));
	return table;
}

/* What motjuste.kernel says, by the snapshot of the query; false where it says nothing. */
static bool
read_told(Told *told)
{
	static const Oid types[] = {INT4OID, BYTEAOID, INT4OID, INT4OID, INT4OID};
	Relation	table = our_table("kernel", lengthof(types), types);
	TableScanDesc scan;
	TupleTableSlot *slot;
	bool		found = false;

	if (table == NULL)
		return false;
	slot = table_slot_create(table, NULL);
	scan = table_beginscan(table, GetActiveSnapshot(), 0, NULL);
	if (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		bytea	   *digest;

		slot_getallattrs(slot);
		found = true;
		for (int n = 0; n < (int) lengthof(types); n++)
			found = found && !slot->tts_isnull[n];
		if (found)
		{
			digest = DatumGetByteaPP(slot->tts_values[1]);
			found = VARSIZE_ANY_EXHDR(digest) == DIGEST;
			if (found)
				memcpy(told->digest, VARDATA_ANY(digest), DIGEST);
			told->format = DatumGetInt32(slot->tts_values[0]);
			for (int n = 0; n < PARTS; n++)
			{
				int32		size = DatumGetInt32(slot->tts_values[2 + n]);

				found = found && size >= 0;
				told->sizes[n] = (Size) size;
			}
		}
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	relation_close(table, AccessShareLock);
	return found;
}

static Size
image_size(const Told *told)
{
	Size		size = 0;

	for (int n = 0; n < PARTS; n++)
		size += TYPEALIGN(8, told->sizes[n]);
	return size;
}

/* Writes the pieces of motjuste.program into an image of this size. */
static void
read_image(char *image, Size size)
{
	static const Oid types[] = {INT4OID, BYTEAOID};
	Relation	table = our_table("program", lengthof(types), types);
	TableScanDesc scan;
	TupleTableSlot *slot;
	MemoryContext piece = AllocSetContextCreate(CurrentMemoryContext, "motjuste piece", ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = MemoryContextSwitchTo(piece);
	Size		read = 0;

	if (table == NULL)
		failed(MJ_DAMAGED);
	slot = table_slot_create(table, NULL);
	scan = table_beginscan(table, GetActiveSnapshot(), 0, NULL);
	piece = AllocSetContextCreate(piece, "motjuste piece", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(piece);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		bytea	   *content;
		Size		at,
					length;

		CHECK_FOR_INTERRUPTS();
		slot_getallattrs(slot);
		if (slot->tts_isnull[0] || slot->tts_isnull[1] || DatumGetInt32(slot->tts_values[0]) < 0)
			failed(MJ_DAMAGED);
		content = DatumGetByteaPP(slot->tts_values[1]);
		at = (Size) DatumGetInt32(slot->tts_values[0]);
		length = VARSIZE_ANY_EXHDR(content);
		if (at > size || length > size - at)
			failed(MJ_DAMAGED);
		memcpy(image + at, VARDATA_ANY(content), length);
		read += length;
		MemoryContextReset(piece);
	}
	MemoryContextSwitchTo(MemoryContextGetParent(piece));
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	relation_close(table, AccessShareLock);
	MemoryContextSwitchTo(before);
	MemoryContextDelete(MemoryContextGetParent(piece));
	if (read != size)
		failed(MJ_DAMAGED);
}

/* ---- shared memory: which segment holds which program ---- */

#if PG_VERSION_NUM >= 170000

#define SEGMENTS 64

typedef struct Segment
{
	Oid			database;		/* InvalidOid: a free place */
	unsigned char digest[DIGEST];
	dsm_handle	handle;
} Segment;

typedef struct Registry
{
	LWLock		lock;
	int			next;			/* the place that goes where all are taken: databases that were dropped leave theirs */
	Segment		segments[SEGMENTS];
} Registry;

static void
make_registry(void *memory)
{
	Registry   *r = memory;

	memset(r, 0, sizeof *r);
	LWLockInitialize(&r->lock, LWLockNewTrancheId());
}

static Registry *
the_registry(void)
{
	static Registry *registry = NULL;
	bool		found;

	if (registry == NULL)
	{
		registry = GetNamedDSMSegment("motjuste_kernel", sizeof(Registry), make_registry, &found);
		LWLockRegisterTranche(registry->lock.tranche, "motjuste_kernel");
	}
	return registry;
}

/* The segment that holds this program, attached until it is detached; NULL where there is none. The lock is held. */
static dsm_segment *
attached(Registry *r, const Told *told)
{
	for (int n = 0; n < SEGMENTS; n++)
	{
		Segment    *s = &r->segments[n];
		dsm_segment *found;

		if (s->database != MyDatabaseId || memcmp(s->digest, told->digest, DIGEST) != 0)
			continue;
		found = dsm_attach(s->handle);
		if (found != NULL && dsm_segment_map_length(found) >= image_size(told))
		{
			dsm_pin_mapping(found);
			return found;
		}
		if (found != NULL)
			dsm_detach(found);
	}
	return NULL;
}

/* Keep a segment for the other backends, in the place of the program that this database had before. The lock is held. */
static void
keep_segment(Registry *r, const Told *told, dsm_segment *segment)
{
	Segment    *place = NULL;

	for (int n = 0; n < SEGMENTS && place == NULL; n++)
		if (r->segments[n].database == MyDatabaseId)
			place = &r->segments[n];
	for (int n = 0; n < SEGMENTS && place == NULL; n++)
		if (r->segments[n].database == InvalidOid)
			place = &r->segments[n];
	if (place == NULL)
		place = &r->segments[r->next++ % SEGMENTS];
	if (place->database != InvalidOid)
		dsm_unpin_segment(place->handle);
	dsm_pin_segment(segment);
	place->database = MyDatabaseId;
	memcpy(place->digest, told->digest, DIGEST);
	place->handle = dsm_segment_handle(segment);
}

/* A new segment; NULL where there is no room for it, as in a container's small /dev/shm. */
static dsm_segment *
new_segment(Size size)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	dsm_segment *volatile made = NULL;

	if (IsInParallelMode())
		return NULL;			/* no subtransaction may begin */
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		made = dsm_create(size, DSM_CREATE_NULL_IF_MAXSEGMENTS);
		if (made != NULL)
			dsm_pin_mapping(made);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;
		int			class;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		class = ERRCODE_TO_CATEGORY(error->sqlerrcode);
		if (class != ERRCODE_INSUFFICIENT_RESOURCES && class != ERRCODE_SYSTEM_ERROR)
			ReThrowError(error);
		FreeErrorData(error);
		made = NULL;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return made;
}

#endif

/* ---- the opened program ---- */

static void
close_program(Opened *o)
{
	if (o->shared != NULL)
		dsm_detach(o->shared);
	MemoryContextDelete(o->lasting);	/* and `o` with it */
}

/* The image of a program, in shared memory where that can be; `fresh`: nobody verified it yet. */
static char *
load_image(Opened *o, bool *fresh)
{
	Size		size = image_size(&o->told);
	char	   *image;

	*fresh = true;
#if PG_VERSION_NUM >= 170000
	{
		Registry   *r = the_registry();

		LWLockAcquire(&r->lock, LW_SHARED);
		o->shared = attached(r, &o->told);
		LWLockRelease(&r->lock);
		if (o->shared != NULL)
			*fresh = false;
		else
			o->shared = new_segment(size);
		if (o->shared != NULL)
		{
			image = dsm_segment_address(o->shared);
			if (*fresh)
				read_image(image, size);
			return image;
		}
	}
#endif
	if ((image = aligned_block(o->lasting, size)) == NULL)
		failed(MJ_MEMORY);
	read_image(image, size);
	return image;
}

/* Let other backends use a program that was verified, or use theirs, if one was quicker. */
static void
share_image(Opened *o)
{
#if PG_VERSION_NUM >= 170000
	if (o->shared != NULL)
	{
		Registry   *r = the_registry();
		dsm_segment *theirs;

		LWLockAcquire(&r->lock, LW_EXCLUSIVE);
		theirs = attached(r, &o->told);
		if (theirs == NULL)
			keep_segment(r, &o->told, o->shared);
		LWLockRelease(&r->lock);
		if (theirs != NULL)
			dsm_detach(theirs);	/* ours is as good, and goes with this backend */
	}
#endif
}

static Opened *
open_program(const Told *told)
{
	MemoryContext lasting = AllocSetContextCreate(TopMemoryContext, "motjuste kernel", ALLOCSET_DEFAULT_SIZES);
	Opened	   *o = MemoryContextAllocZero(lasting, sizeof *o);
	mj_bytes	parts[PARTS];
	mj_status	status;
	char	   *image;
	bool		fresh;

	o->told = *told;
	o->lasting = lasting;
	PG_TRY();
	{
		image = load_image(o, &fresh);
		for (int n = 0; n < PARTS; n++)
		{
			parts[n].size = told->sizes[n];
			parts[n].data = told->sizes[n] == 0 ? NULL : image;
			image += TYPEALIGN(8, told->sizes[n]);
		}
		o->note = AllocSetContextCreate(lasting, "motjuste note", ALLOCSET_DEFAULT_SIZES);
		o->lasting_arena = (mj_arena) {more_lasting, o, NULL, NULL};
		o->note_arena = (mj_arena) {more_for_note, o, NULL, NULL};
		o->kept = aligned_block(lasting, KEPT);
		status = o->kept == NULL ? MJ_MEMORY
			: mj_open(&o->kernel, &o->lasting_arena, parts[0], parts[1], parts[2], fresh ? MJ_VERIFY : 0);
		if (status == MJ_OK)
			status = mj_make_reader(&o->reader, &o->lasting_arena, o->kernel);
		if (status != MJ_OK)
			failed(status);
		if (fresh)
			share_image(o);
	}
	PG_CATCH();
	{
		close_program(o);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return o;
}

/* ---- whether the tables were read already ---- */

#define OTHERS 32				/* transactions that run beside this one */

/* The snapshot, and the user, by which motjuste.kernel was read last; it says the same as long as both are the same. */
typedef struct Seen
{
	bool		valid;
	Oid			user;
	CommandId	command;
	TransactionId xmin,
				xmax;
	uint32		count;
	TransactionId others[OTHERS];
} Seen;

static Seen seen;

/* What this transaction wrote itself may be gone after these. */
static void
forget_at_end(XactEvent event, void *arg)
{
	seen.valid = false;
}

static void
forget_at_abort(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		seen.valid = false;
}

static bool
is_seen(Snapshot now)
{
	return seen.valid && seen.user == GetUserId() && seen.command == now->curcid && seen.xmin == now->xmin && seen.xmax == now->xmax
		&& seen.count == now->xcnt && memcmp(seen.others, now->xip, seen.count * sizeof *seen.others) == 0;
}

static void
remember_seen(Snapshot now)
{
	static bool registered = false;

	if (now->snapshot_type != SNAPSHOT_MVCC || now->takenDuringRecovery || now->xcnt > OTHERS)
		return;
	if (!registered)
	{
		RegisterXactCallback(forget_at_end, NULL);
		RegisterSubXactCallback(forget_at_abort, NULL);
		registered = true;
	}
	seen.user = GetUserId();
	seen.command = now->curcid;
	seen.xmin = now->xmin;
	seen.xmax = now->xmax;
	seen.count = now->xcnt;
	memcpy(seen.others, now->xip, seen.count * sizeof *seen.others);
	seen.valid = true;
}

/* The program that the database has now, opened. */
static Opened *
the_program(void)
{
	Told		told;
	bool		found;
	bool		pushed = !ActiveSnapshotSet();

	if (pushed)
		PushActiveSnapshot(GetTransactionSnapshot());
	else if (opened != NULL && is_seen(GetActiveSnapshot()))
		return opened;
	seen.valid = false;
	found = read_told(&told);
	if (!found)
		ereport(ERROR, (errcode(ERRCODE_NO_KERNEL),
						errmsg("motjuste_kernel: there is no program in this database"), errhint("motjuste install")));
	if (told.format != MJ_FORMAT || GetDatabaseEncoding() != PG_UTF8)
		ereport(ERROR, (errcode(ERRCODE_NO_KERNEL),
						errmsg("motjuste_kernel reads programs of format %d, this one is of format %d", MJ_FORMAT, told.format),
						errhint("Install the extension and motjuste in one version.")));
	if (opened == NULL || memcmp(opened->told.digest, told.digest, DIGEST) != 0
		|| memcmp(opened->told.sizes, told.sizes, sizeof told.sizes) != 0)
	{
		Opened	   *before = opened;

		opened = NULL;
		if (before != NULL)
			close_program(before);
		opened = open_program(&told);
	}
	remember_seen(GetActiveSnapshot());
	if (pushed)
		PopActiveSnapshot();
	return opened;
}

/* ---- finding ---- */

/* Whether to come back and let an interrupt happen. One that ends nothing must not keep a note from its end. */
static int
interrupted(void *owner)
{
	Opened	   *o = owner;

	return o->patience > 0 ? InterruptPending : QueryCancelPending || ProcDiePending;
}

/* What is found in a text; it stays until the next. A database of motjuste is in UTF-8: 10_schema.sql sees to it. */
static mj_status
find(Opened *o, const char *text, int size, mj_result *result)
{
	mj_status	status;

	o->patience = PATIENCE;
	mj_stop(o->reader, interrupted, o);
	do
	{
		rewind_note(o);
		CHECK_FOR_INTERRUPTS();
		status = mj_find(o->reader, &o->note_arena, text, (size_t) size, result);
		o->patience--;
	} while (status == MJ_STOPPED);
	if (status != MJ_OK)
		rewind_note(o);
	if (status == MJ_DAMAGED)
		failed(status);
	return status;
}

static Datum
name_datum(mj_name name)
{
	return PointerGetDatum(cstring_to_text_with_len(name.text, (int) name.size));
}

/* clean(note) -> boolean: whether a note was read and nothing was found in it. */
Datum
motjuste_kernel_clean(PG_FUNCTION_ARGS)
{
	Opened	   *o = the_program();
	text	   *note = PG_GETARG_TEXT_PP(0);
	mj_result	result;
	bool		clean;

	/* of a note that cannot be read nothing is known: found() says why, and of which */
	clean = find(o, VARDATA_ANY(note), (int) VARSIZE_ANY_EXHDR(note), &result) == MJ_OK && result.count == 0;
	rewind_note(o);
	PG_FREE_IF_COPY(note, 0);
	PG_RETURN_BOOL(clean);
}

/* found(notes) -> (i, rule_id, category, level, start, length): as motjuste.found. */
Datum
motjuste_kernel_found(PG_FUNCTION_ARGS)
{
	ArrayType  *notes = PG_GETARG_ARRAYTYPE_P(0);
	ReturnSetInfo *answer = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext row = AllocSetContextCreate(CurrentMemoryContext, "motjuste rows", ALLOCSET_DEFAULT_SIZES);
	Opened	   *o;
	ArrayIterator each;
	Datum		note;
	bool		is_null;
	int32		number = 0;

	InitMaterializedSRF(fcinfo, 0);
	o = the_program();
	each = array_create_iterator(notes, 0, NULL);
	while (array_iterate(each, &note, &is_null))
	{
		MemoryContext before = MemoryContextSwitchTo(row);

		number++;
		if (!is_null)
		{
			text	   *one = DatumGetTextPP(note);
			mj_result	result;
			mj_status	status = find(o, VARDATA_ANY(one), (int) VARSIZE_ANY_EXHDR(one), &result);

			if (status != MJ_OK)
				failed(status);
			for (size_t n = 0; n < result.count; n++)
			{
				const mj_finding *f = &result.found[n];
				bool		nulls[6] = {false};
				Datum		values[6];

				values[0] = Int32GetDatum(number);
				values[1] = name_datum(mj_rule_id(o->kernel, f->rule));
				values[2] = name_datum(mj_rule_category(o->kernel, f->rule));
				values[3] = CStringGetTextDatum(f->level == MJ_BLOCK ? "block" : "watch");
				values[4] = Int32GetDatum((int32) f->start);
				values[5] = Int32GetDatum((int32) f->length);
				tuplestore_putvalues(answer->setResult, answer->setDesc, values, nulls);
			}
			rewind_note(o);
		}
		MemoryContextSwitchTo(before);
		MemoryContextReset(row);
	}
	array_free_iterator(each);
	return (Datum) 0;
}

/* format() -> integer: the format of the programs that are read. */
Datum
motjuste_kernel_format(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(MJ_FORMAT);
}
