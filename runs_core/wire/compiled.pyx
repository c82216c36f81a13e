# cython: language_level=3, boundscheck=False, wraparound=False
# cython: embedsignature=True, embedsignature.format=clinic
"""The rules of event streams again, line by line, in C terms.

`_sse_frames` finds ways to leave work out; this does all of it, because C is fast
enough. A line that has come whole is read in place, in the chunk. Of one that is split,
only the value is kept, so that a long event is copied once.
"""

from sys import maxsize
from types import MemberDescriptorType

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_INCREF
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.string cimport memchr, memcmp

from runs_core.wire._sse_blocks import read_retry
from runs_core.wire._sse_state import as_bytes, checked_limit, closed, flushes, too_large
from runs_core.wire.sse import MAX_EVENT_BYTES, ServerSentEvent

__all__ = ["EventStreamDecoder"]

include "_buffer.pxi"

cdef extern from "Python.h":
    object PyType_GenericAlloc(PyTypeObject *, Py_ssize_t)
    ctypedef struct PyMemberDef:
        Py_ssize_t offset
    ctypedef struct PyMemberDescrObject:
        PyMemberDef *d_member


cdef enum Field:
    UNREAD  # its name has not ended
    DATA
    EVENT
    ID
    RETRY
    IGNORED  # a comment, or any other name


cdef enum:
    LONGEST = 5  # name of a field, in bytes
    KEPT = 80  # up to this many bytes, the name of an event is kept for the next one


cdef const char *BOM = b"\xef\xbb\xbf"

# Events are made by filling slots that are known to be empty, without looking them up
# by name: this takes half the time.
cdef object event_class = ServerSentEvent
cdef Py_ssize_t EVENT_AT = place_of("event")
cdef Py_ssize_t DATA_AT = place_of("data")
cdef Py_ssize_t ID_AT = place_of("id")
cdef Py_ssize_t RETRY_AT = place_of("retry")


cdef Py_ssize_t place_of(str name) except -1:
    """Return where in an event the slot with that name is."""
    member = vars(event_class)[name]
    if type(member) is not MemberDescriptorType:
        raise TypeError(f"ServerSentEvent.{name} is no slot")
    return (<PyMemberDescrObject *>member).d_member.offset


cdef inline void put(object event, Py_ssize_t place, object value) noexcept:
    Py_INCREF(value)
    (<PyObject **>(<char *><PyObject *>event + place))[0] = <PyObject *>value


cdef Field field_called(const char *name, Py_ssize_t size) noexcept:
    if size == 4 and memcmp(name, b"data", 4) == 0:
        return DATA
    if size == 5 and memcmp(name, b"event", 5) == 0:
        return EVENT
    if size == 2 and memcmp(name, b"id", 2) == 0:
        return ID
    if size == 5 and memcmp(name, b"retry", 5) == 0:
        return RETRY
    return IGNORED


cdef class EventStreamDecoder:
    """A decoder that does as `runs_core.wire.sse.EventStreamDecoder` does.

    Events, errors, limits and `offset` are the same for every stream, however split.
    """

    cdef Py_ssize_t _limit
    cdef bint _flush
    cdef bint _closed
    # Whether an event was too large, which is the one that begins at `_start`.
    cdef bint _fault
    # How many bytes have been fed before the chunk that is being read.
    cdef Py_ssize_t _fed
    # How many bytes of a byte order mark have come; 3, too, if there is none.
    cdef int _bom
    # Whether the last byte was a CR: an LF after it belongs to the same line end.
    cdef bint _after_cr

    # The unfinished block: where it begins, what its lines count, and their values.
    cdef Py_ssize_t _start
    cdef Py_ssize_t _size
    cdef Buffer _data
    cdef str _event
    cdef object _retry
    # Of the stream.
    cdef str _id

    # The unfinished line: whether there is one, its field, its name or value as far as
    # it has come (the value of data is in `_data`), and whether a space may be left out.
    cdef bint _cut
    cdef Field _field
    cdef Buffer _value
    cdef bint _space

    # The last short name of an event, as it came.
    cdef bytes _name
    cdef str _named

    def __cinit__(self):
        self._id = ""
        self._name = b""
        self._named = ""

    def __init__(self, max_event_bytes=MAX_EVENT_BYTES, *, on_eof="discard"):
        self._limit = min(checked_limit(max_event_bytes), maxsize)
        self._flush = flushes(on_eof)

    def __dealloc__(self):
        Py_CLEAR(self._data.held)
        Py_CLEAR(self._value.held)

    @property
    def offset(self):
        """How many bytes of the stream have been fed."""
        return self._fed

    def feed(self, data):
        """Return the events that these bytes complete.

        Raises `EventTooLarge` for an event in the bytes before these, and `UsageError`
        after `close`.
        """
        cdef bytes chunk = data if type(data) is bytes else as_bytes(data)
        cdef list events = []
        if self._fault:
            raise too_large(self._limit, self._start)
        if self._closed:
            raise closed()
        self._read(PyBytes_AS_STRING(chunk), PyBytes_GET_SIZE(chunk), events)
        self._fed += PyBytes_GET_SIZE(chunk)
        return events

    def close(self):
        """End the stream; return the last event, if `on_eof` asks for it.

        Raises `EventTooLarge` if that was found. Can be called again, and returns
        nothing then.
        """
        cdef list events = []
        if self._flush and not (self._closed or self._fault):
            if self._cut:
                self._end_of_line()
            if not self._fault:
                self._end_of_block(events)
        if self._fault:
            raise too_large(self._limit, self._start)
        self._closed = True
        self._let_go()
        return events

    cdef int _read(self, const char *chunk, Py_ssize_t size, list events) except -1:
        cdef const char *at = chunk
        cdef const char *end = chunk + size
        cdef const char *lf
        cdef const char *cr
        cdef const char *eol
        cdef bint blank
        if self._bom < 3:
            at = self._skip_bom(at, end)
        if self._after_cr and at < end:
            self._after_cr = False
            if at[0] == c'\n':
                at += 1
                if self._start == self._fed:
                    self._start += 1
        # Each is looked for once, and again when the lines have reached it.
        lf = <const char *>memchr(at, b"\n", end - at)
        cr = <const char *>memchr(at, b"\r", end - at)
        while at < end and not self._fault:
            if lf != NULL and lf < at:
                lf = <const char *>memchr(at, b"\n", end - at)
            if cr != NULL and cr < at:
                cr = <const char *>memchr(at, b"\r", end - at)
            eol = cr if cr != NULL and (lf == NULL or cr < lf) else lf
            if eol == NULL:
                self._part_of_line(at, end - at)
                break
            blank = eol == at and not self._cut
            if self._cut:
                self._part_of_line(at, eol - at)
                self._end_of_line()
            elif not blank:
                self._line(at, eol - at)
            at = eol + 1
            if eol == cr:
                if at == end:
                    self._after_cr = True
                elif at == lf:
                    at += 1
            if blank:
                self._end_of_block(events)
                self._start = self._fed + (at - chunk)
        if self._fault:
            self._let_go()
        return 0

    cdef const char *_skip_bom(self, const char *at, const char *end) noexcept:
        while at < end and self._bom < 3:
            if at[0] != BOM[self._bom]:
                if self._bom:
                    # What looked like a byte order mark begins a line.
                    self._cut = True
                    self._field = IGNORED
                self._bom = 3
                return at
            self._bom += 1
            at += 1
        if self._bom == 3:
            self._start = 3
        return at

    cdef int _line(self, const char *at, Py_ssize_t size) except -1:
        """Read a line that has come whole, without its end."""
        cdef const char *end = at + size
        cdef const char *value
        cdef Field field
        if size > 4 and memcmp(at, b"data:", 5) == 0:
            field = DATA
            value = at + 5
        else:
            value = <const char *>memchr(at, b":", size)
            if value == NULL:
                field = field_called(at, size)
                value = end
            else:
                field = field_called(at, value - at)
                value += 1
            if field == IGNORED:
                return 0
        if value < end and value[0] == c' ':
            value += 1
        self._join(field)
        self._count(end - value)
        if field == DATA:
            append(&self._data, value, end - value)
        else:
            self._set(field, value, end - value)
        return 0

    cdef int _part_of_line(self, const char *at, Py_ssize_t size) except -1:
        """Read on in a line of which more may come."""
        cdef const char *colon
        if not size:
            return 0
        self._cut = True
        if self._field == UNREAD:
            colon = <const char *>memchr(at, b":", size)
            if colon == NULL:
                # Enough to know that no field has this name.
                append(&self._value, at, min(size, LONGEST + 1))
                if self._value.size > LONGEST:
                    Py_CLEAR(self._value.held)
                    self._field = IGNORED
                return 0
            append(&self._value, at, min(colon - at, LONGEST + 1))
            self._end_of_name()
            self._space = True
            size -= colon + 1 - at
            at = colon + 1
        if not size or self._field == IGNORED:
            return 0
        if self._space:
            self._space = False
            if at[0] == c' ':
                at += 1
                size -= 1
        self._count(size)
        append(&self._data if self._field == DATA else &self._value, at, size)
        return 0

    cdef int _end_of_name(self) except -1:
        self._field = field_called(start_of(self._value.held), self._value.size)
        Py_CLEAR(self._value.held)
        self._join(self._field)
        return 0

    cdef int _end_of_line(self) except -1:
        """Take the line that came in parts as complete."""
        cdef Field field
        if self._field == UNREAD:
            self._end_of_name()
        field = self._field
        self._cut = False
        self._field = UNREAD
        if field == IGNORED:
            return 0
        self._count(0)
        if field == DATA:
            append(&self._data, NULL, 0)
        else:
            append(&self._value, NULL, 0)
            self._set(field, start_of(self._value.held), self._value.size)
            Py_CLEAR(self._value.held)
        return 0

    cdef int _join(self, Field field) except -1:
        """Separate a line of data from the one before it."""
        if field == DATA and self._data.held != NULL:
            self._size += 1
            append(&self._data, b"\n", 1)
        return 0

    cdef void _count(self, Py_ssize_t size) noexcept:
        """Count the values that an event holds against the limit."""
        self._size += size
        if self._size > self._limit:
            self._fault = True

    cdef int _set(self, Field field, const char *value, Py_ssize_t size) except -1:
        """Take the value of a field other than data."""
        if field == EVENT and size > KEPT:
            self._event = PyUnicode_DecodeUTF8(value, size, "replace")
        elif field == EVENT:
            if (
                size != PyBytes_GET_SIZE(self._name)
                or memcmp(value, PyBytes_AS_STRING(self._name), size) != 0
            ):
                self._named = PyUnicode_DecodeUTF8(value, size, "replace")
                self._name = PyBytes_FromStringAndSize(value, size)
            self._event = self._named
        elif field == ID:
            if memchr(value, 0, size) == NULL:
                self._id = PyUnicode_DecodeUTF8(value, size, "replace")
        elif field == RETRY:
            line = PyBytes_FromStringAndSize(value, size)
            self._retry = read_retry(line, self._retry)
        return 0

    cdef int _end_of_block(self, list events) except -1:
        """Append the block's event, if it has data; then forget the block."""
        if self._data.held != NULL:
            data = take(&self._data)
            event = PyType_GenericAlloc(<PyTypeObject *>event_class, 0)
            put(event, EVENT_AT, self._event if self._event else "message")
            put(event, DATA_AT, data)
            put(event, ID_AT, self._id)
            put(event, RETRY_AT, self._retry)
            events.append(event)
        self._event = None
        self._retry = None
        self._size = 0
        return 0

    cdef void _let_go(self) noexcept:
        Py_CLEAR(self._data.held)
        Py_CLEAR(self._value.held)
