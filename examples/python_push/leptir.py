"""Pushes tasks of leptir from Python, through the C library libleptir.so.0 (leptir/c.h)."""
import ctypes
import json

ID_SIZE = 256


class Options(ctypes.Structure):
    """leptir_push_options; zero and None are the defaults."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("time_of_execution", ctypes.c_double),  # Unix seconds
        ("delay", ctypes.c_double),  # seconds
        ("expires", ctypes.c_double),  # Unix seconds
        ("expires_after", ctypes.c_double),  # seconds
        ("priority", ctypes.c_int64),
        ("time_limit", ctypes.c_int64),  # seconds
        ("max_attempts", ctypes.c_int64),
        ("id", ctypes.c_char_p),
        ("broker", ctypes.c_char_p),
    ]


class Task(ctypes.Structure):
    """leptir_task."""

    _fields_ = [("name", ctypes.c_char_p), ("parameters", ctypes.c_char_p), ("options", ctypes.POINTER(Options))]


class LeptirError(Exception):
    """What failed. `code` is a leptir_code: 1, the store is down, try again; 2, the input or configuration is wrong."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


def _library():
    library = ctypes.CDLL("libleptir.so.0")
    library.leptir_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
    library.leptir_push_many.argtypes = [ctypes.c_void_p, ctypes.POINTER(Task), ctypes.c_size_t, ctypes.c_void_p]
    library.leptir_wait.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_double, ctypes.POINTER(ctypes.c_void_p)]
    library.leptir_free.argtypes = [ctypes.c_void_p]
    library.leptir_free.restype = None
    library.leptir_close.argtypes = [ctypes.c_void_p]
    library.leptir_close.restype = None
    library.leptir_error_text.restype = ctypes.c_char_p
    return library


def _options(options):
    texts = {key: value.encode() for key, value in options.items() if isinstance(value, str)}
    return Options(**{**options, **texts, "size": ctypes.sizeof(Options)})


class Broker:
    """All queues of a configuration file (None: the default configuration). Any thread may use it."""

    def __init__(self, config=None):
        self._library = _library()
        self._handle = ctypes.c_void_p()
        self._check(self._library.leptir_open(config and str(config).encode(), ctypes.byref(self._handle)))

    def push(self, name, parameters=None, **options):
        """Pushes one task; `options` are the fields of Options. Returns its id."""
        return self.push_many([(name, parameters, options)])[0]

    def push_many(self, tasks):
        """Pushes tuples (name, parameters, options), with one operation for each store. Returns the ids in order."""
        tasks = [(name, json.dumps(parameters or {}), _options(options)) for name, parameters, options in tasks]
        array = (Task * len(tasks))()
        for task, (name, parameters, options) in zip(array, tasks):
            task.name, task.parameters, task.options = name.encode(), parameters.encode(), ctypes.pointer(options)
        ids = (ctypes.c_char * ID_SIZE * len(tasks))()
        self._check(self._library.leptir_push_many(self._handle, array, len(tasks), ids))
        return [id.value.decode() for id in ids]

    def wait(self, id, timeout):
        """The record of the task with this id, as a dictionary, once the task is over. `timeout` is in seconds; a task
        that is not over by then is a LeptirError with the code 9."""
        record = ctypes.c_void_p()
        self._check(self._library.leptir_wait(self._handle, id.encode(), timeout, ctypes.byref(record)))
        try:
            return json.loads(ctypes.string_at(record))
        finally:
            self._library.leptir_free(record)

    def close(self):
        self._library.leptir_close(self._handle)
        self._handle = ctypes.c_void_p()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _check(self, code):
        # The text belongs to this thread, and holds until its next call.
        if code != 0:
            raise LeptirError(code, self._library.leptir_error_text().decode())
