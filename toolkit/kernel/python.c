/*
 * python.c - motjuste._kernel: the kernel for Python, in the limited API, so that one file serves all versions from 3.11 on.
 *
 * Kernel(program, own, settings) opens; Kernel.find(texts) answers for many texts at once, in numbers, without the interpreter's
 * lock. motjuste/engine/kernel.py makes findings of these.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define KEPT ((size_t) 4 << 20)  /* bytes of blocks that stay with a worker from one text to the next */

typedef struct block block;
struct block {
    block *next;
    size_t size;
    /* the memory follows, aligned to 16 */
};

#define HEAD ((sizeof(block) + 15) / 16 * 16)

/* The memory of a kernel, or of a reader: blocks in use, and blocks that wait for the next text. */
typedef struct memory {
    mj_arena arena;
    block *used, *spare;
    size_t total;
} memory;

static void *
more(void *owner, size_t bytes)
{
    memory *m = owner;
    block **at = &m->spare, *one;

    while (*at != NULL && (*at)->size < bytes)
        at = &(*at)->next;
    if ((one = *at) != NULL)
        *at = one->next;
    else {
        if (bytes > SIZE_MAX - HEAD || (one = malloc(HEAD + bytes)) == NULL)
            return NULL;
        one->size = bytes;
        m->total += bytes;
    }
    one->next = m->used;
    m->used = one;
    return (char *) one + HEAD;
}

static void
freed(block *all)
{
    while (all != NULL) {
        block *next = all->next;

        free(all);
        all = next;
    }
}

static void
clear(memory *m)
{
    freed(m->used);
    freed(m->spare);
    m->used = m->spare = NULL;
    m->total = 0;
    m->arena.at = m->arena.end = NULL;
}

/* All blocks wait for the next text, unless they are many. */
static void
rewind_memory(memory *m)
{
    if (m->total > KEPT) {
        clear(m);
        return;
    }
    while (m->used != NULL) {
        block *one = m->used;

        m->used = one->next;
        one->next = m->spare;
        m->spare = one;
    }
    m->arena.at = m->arena.end = NULL;
}

static void
ready(memory *m)
{
    memset(m, 0, sizeof *m);
    m->arena.more = more;
    m->arena.owner = m;
}

/* What one thread works with; those that nobody uses wait in the kernel. */
typedef struct worker worker;
struct worker {
    worker *next;
    memory lasting, passing;
    size_t most;  /* bytes that a text took */
    mj_reader *reader;
    PyThreadState *state;
};

typedef struct Kernel {
    PyObject_HEAD
    Py_buffer buffers[3];
    int open;
    memory lasting;
    mj_kernel *kernel;
    worker *idle;
} Kernel;

static PyObject *
failed(mj_status status)
{
    if (status == MJ_MEMORY)
        return PyErr_NoMemory();
    if (status != MJ_STOPPED || !PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, mj_message(status));
    return NULL;
}

static void
fire(worker *w)
{
    clear(&w->lasting);
    clear(&w->passing);
    free(w);
}

static worker *
hired(Kernel *self)
{
    worker *w = self->idle;
    mj_status status;

    if (w != NULL) {
        self->idle = w->next;
        return w;
    }
    if ((w = malloc(sizeof *w)) == NULL) {
        failed(MJ_MEMORY);
        return NULL;
    }
    ready(&w->lasting);
    ready(&w->passing);
    w->most = 0;
    if ((status = mj_make_reader(&w->reader, &w->lasting.arena, self->kernel)) != MJ_OK) {
        fire(w);
        failed(status);
        return NULL;
    }
    return w;
}

static void
kernel_dealloc(PyObject *object)
{
    Kernel *self = (Kernel *) object;
    PyTypeObject *type = Py_TYPE(object);
    freefunc release = (freefunc) PyType_GetSlot(type, Py_tp_free);

    while (self->idle != NULL) {
        worker *w = self->idle;

        self->idle = w->next;
        fire(w);
    }
    clear(&self->lasting);
    for (int n = 0; n < self->open; n++)
        PyBuffer_Release(&self->buffers[n]);
    release(object);
    Py_DECREF(type);
}

static mj_bytes
bytes_of(const Py_buffer *buffer)
{
    mj_bytes found = {buffer->buf, (size_t) buffer->len};

    if (found.size == 0)
        found.data = NULL;
    return found;
}

static PyObject *
kernel_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    PyObject *given[3];
    Kernel *self;
    mj_status status;

    if (keywords != NULL && PyDict_Size(keywords) > 0) {
        PyErr_SetString(PyExc_TypeError, "Kernel takes no keywords");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "OOO:Kernel", &given[0], &given[1], &given[2]))
        return NULL;
    if ((self = (Kernel *) ((allocfunc) PyType_GetSlot(type, Py_tp_alloc))(type, 0)) == NULL)
        return NULL;
    ready(&self->lasting);
    for (; self->open < 3; self->open++) {
        if (PyObject_GetBuffer(given[self->open], &self->buffers[self->open], PyBUF_SIMPLE) < 0) {
            Py_DECREF(self);
            return NULL;
        }
    }
    status = mj_open(&self->kernel, &self->lasting.arena, bytes_of(&self->buffers[0]), bytes_of(&self->buffers[1]), bytes_of(&self->buffers[2]), 0);
    if (status != MJ_OK) {
        Py_DECREF(self);
        return failed(status);
    }
    return (PyObject *) self;
}

/* Whether a signal waits to be handled, and says that all is to end. */
static int
interrupted(void *owner)
{
    worker *w = owner;
    int found;

    PyEval_RestoreThread(w->state);
    found = PyErr_CheckSignals() != 0;
    w->state = PyEval_SaveThread();
    return found;
}

enum { FIELDS = 5 };

/* What is found, as rows of numbers: text, start, length, rule, level. */
typedef struct rows { int32_t *at; size_t n, room; } rows;

static mj_status
take_in(rows *to, size_t text, const mj_finding *found, size_t count)
{
    if (to->n + count > to->room) {
        size_t room = 2 * to->room + count + 16;
        int32_t *at = realloc(to->at, room * FIELDS * sizeof *at);

        if (at == NULL)
            return MJ_MEMORY;
        to->at = at;
        to->room = room;
    }
    for (size_t n = 0; n < count; n++) {
        int32_t *one = to->at + FIELDS * to->n++;

        one[0] = (int32_t) text;
        one[1] = (int32_t) found[n].start;
        one[2] = (int32_t) found[n].length;
        one[3] = (int32_t) found[n].rule;
        one[4] = found[n].level;
    }
    return MJ_OK;
}

static mj_status
find_all(worker *w, const mj_bytes *texts, size_t count, rows *found, rows *outweighed)
{
    mj_status status = MJ_OK;

    for (size_t n = 0; n < count && status == MJ_OK; n++) {
        mj_result result;

        status = mj_find(w->reader, &w->passing.arena, texts[n].data, texts[n].size, &result);
        w->most = w->passing.total > w->most ? w->passing.total : w->most;
        if (status == MJ_OK && result.count > 0)
            status = take_in(found, n, result.found, result.count);
        if (status == MJ_OK && result.outweighed_count > 0)
            status = take_in(outweighed, n, result.outweighed, result.outweighed_count);
        rewind_memory(&w->passing);
    }
    return status;
}

/* The UTF-8 of a text, which lives as long as what is put into `held`. */
static bool
utf8(PyObject *text, mj_bytes *found, PyObject *held)
{
    Py_ssize_t size;
    PyObject *encoded;
    char *letters;
    bool done = false;

    if ((found->data = PyUnicode_AsUTF8AndSize(text, &size)) != NULL) {
        found->size = (size_t) size;
        return true;
    }
    if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
        return false;
    PyErr_Clear();
    if ((encoded = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass")) == NULL)
        return false;
    if (PyBytes_AsStringAndSize(encoded, &letters, &size) == 0 && PyList_Append(held, encoded) == 0) {
        *found = (mj_bytes) {letters, (size_t) size};
        done = true;
    }
    Py_DECREF(encoded);
    return done;
}

PyDoc_STRVAR(find_doc,
    "find(texts) -> (found, outweighed)\n\n"
    "What is found in some texts, and what is outweighed: rows of five integers of four bytes: text, start, length, rule, level.");

static PyObject *
kernel_find(PyObject *object, PyObject *argument)
{
    Kernel *self = (Kernel *) object;
    PyObject *all = PySequence_Tuple(argument), *held = NULL, *answer = NULL;
    Py_ssize_t count = all != NULL ? PyTuple_Size(all) : -1;
    mj_bytes *texts = NULL;
    rows found = {NULL, 0, 0}, outweighed = {NULL, 0, 0};
    worker *w;
    mj_status status;

    if (count < 0 || (held = PyList_New(0)) == NULL)
        goto end;
    if (count > INT32_MAX || (texts = malloc(((size_t) count + 1) * sizeof *texts)) == NULL) {
        PyErr_NoMemory();
        goto end;
    }
    for (Py_ssize_t n = 0; n < count; n++)
        if (!utf8(PyTuple_GetItem(all, n), &texts[n], held))
            goto end;
    if ((w = hired(self)) == NULL)
        goto end;
    mj_stop(w->reader, interrupted, w);
    w->state = PyEval_SaveThread();
    status = find_all(w, texts, (size_t) count, &found, &outweighed);
    PyEval_RestoreThread(w->state);
    w->next = self->idle;
    self->idle = w;
    if (status != MJ_OK)
        failed(status);
    else
        answer = Py_BuildValue(
            "(y#y#)", found.at != NULL ? (const char *) found.at : "", (Py_ssize_t) (found.n * FIELDS * sizeof *found.at),
            outweighed.at != NULL ? (const char *) outweighed.at : "", (Py_ssize_t) (outweighed.n * FIELDS * sizeof *outweighed.at));
end:
    free(found.at);
    free(outweighed.at);
    free(texts);
    Py_XDECREF(held);
    Py_XDECREF(all);
    return answer;
}

PyDoc_STRVAR(work_doc,
    "work() -> (steps, bytes)\n\n"
    "What was done so far, in words looked at or as much work, and what memory one text took at most.");

static PyObject *
kernel_work(PyObject *object, PyObject *nothing)
{
    unsigned long long steps = 0, most = 0;

    (void) nothing;
    for (const worker *w = ((Kernel *) object)->idle; w != NULL; w = w->next) {
        steps += mj_steps(w->reader);
        most = w->most > most ? w->most : most;
    }
    return Py_BuildValue("(KK)", steps, most);
}

static PyMethodDef kernel_methods[] = {
    {"find", kernel_find, METH_O, find_doc},
    {"work", kernel_work, METH_NOARGS, work_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot kernel_slots[] = {
    {Py_tp_doc, "Kernel(program, own, settings): an opened program, with a user's own beside it (b\"\": none)."},
    {Py_tp_new, kernel_new},
    {Py_tp_dealloc, kernel_dealloc},
    {Py_tp_methods, kernel_methods},
    {0, NULL},
};

static PyType_Spec kernel_spec = {"motjuste._kernel.Kernel", sizeof(Kernel), 0, Py_TPFLAGS_DEFAULT, kernel_slots};

static int
module_exec(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&kernel_spec);
    int done;

    if (type == NULL)
        return -1;
    done = PyModule_AddObjectRef(module, "Kernel", type);
    Py_DECREF(type);
    return done < 0 ? done : PyModule_AddIntConstant(module, "FORMAT", MJ_FORMAT);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_kernel", "Finding, in C: see toolkit/kernel/kernel.h.", 0, NULL, module_slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__kernel(void);

PyMODINIT_FUNC
PyInit__kernel(void)
{
    return PyModuleDef_Init(&module);
}
