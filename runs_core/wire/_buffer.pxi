# Bytes that grow: a part of `compiled.pyx`.

from cpython.object cimport PyObject
from libc.string cimport memcpy

cdef extern from "Python.h":
    # Bytes whose references are counted by hand: `_PyBytes_Resize` takes the only one.
    PyObject *new_bytes "PyBytes_FromStringAndSize"(char *, Py_ssize_t) except NULL
    char *start_of "PyBytes_AS_STRING"(PyObject *)
    Py_ssize_t room_of "PyBytes_GET_SIZE"(PyObject *)
    int _PyBytes_Resize(PyObject **, Py_ssize_t) except -1
    void Py_CLEAR(PyObject *)


cdef struct Buffer:
    PyObject *held  # NULL if there is nothing, not even an empty value
    Py_ssize_t size  # how much of it is filled


cdef int append(Buffer *buffer, const char *start, Py_ssize_t size) except -1:
    if buffer.held == NULL:
        buffer.held = new_bytes(NULL, size)
        buffer.size = 0
    cdef Py_ssize_t needed = buffer.size + size
    if needed > room_of(buffer.held):
        # By an eighth more, so that all bytes are moved a bounded number of times.
        _PyBytes_Resize(&buffer.held, needed + (needed >> 3) + 32)
    if size:
        memcpy(start_of(buffer.held) + buffer.size, start, size)
    buffer.size = needed
    return 0


cdef bytes take(Buffer *buffer):
    """Return what is in a buffer, and leave nothing there."""
    if room_of(buffer.held) != buffer.size:
        _PyBytes_Resize(&buffer.held, buffer.size)
    taken = <bytes>buffer.held
    Py_CLEAR(buffer.held)
    return taken
