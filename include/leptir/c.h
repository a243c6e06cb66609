/* The C interface of leptir: pushes tasks from C, and from every language that can call functions of C. The library is
 * libleptir.so (CMake: leptir::c, pkg-config: leptir-c). An instance of leptir, or a program with leptir::runMain, runs
 * the tasks.
 *
 * Texts are UTF-8 and end with a zero byte. A function keeps no pointer that it was given; what it returns in a buffer
 * of the caller belongs to the caller. leptir_close frees what leptir_open made, leptir_free what leptir_wait returned.
 *
 * A function that can fail returns LEPTIR_OK, or a code that says what the caller should do. leptir_error_text then
 * says what happened. A null pointer where none is allowed is an error (LEPTIR_INVALID). No C++ exception leaves a
 * function.
 *
 * Any thread may call any function, also with the same broker at the same time; but no call may use a broker during or
 * after its leptir_close. A child process after fork must open its own broker.
 *
 * Programs that were compiled with this header work with later libraries libleptir.so.0: functions and codes stay, and
 * a structure with the field `size` grows only at its end. */
#ifndef LEPTIR_C_H
#define LEPTIR_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the caller should do after an error. A later version may return further codes. */
typedef enum leptir_code {
  LEPTIR_OK = 0,
  LEPTIR_UNAVAILABLE = 1, /* wait, then try again: the store is down or cannot be opened now */
  LEPTIR_INVALID = 2,     /* correct the input or the configuration */
  LEPTIR_TOO_LARGE = 3,   /* make the input smaller */
  LEPTIR_NOT_FOUND = 4,   /* the file does not exist */
  LEPTIR_LOST = 5,        /* another session has it now (no function of this header returns it) */
  LEPTIR_CORRUPT = 6,     /* the data of the store is damaged: tell an operator */
  LEPTIR_UNSUPPORTED = 7, /* the store cannot do this, or the library lacks its backend */
  LEPTIR_INTERNAL = 8,    /* out of memory, or a bug in leptir: report it */
  LEPTIR_TIMED_OUT = 9    /* not over within the time that the caller gave: wait again, or look later */
} leptir_code;

/* All queues of a configuration. */
typedef struct leptir_broker leptir_broker;

/* Bytes of the longest task id, with the zero byte after it. */
#define LEPTIR_ID_SIZE 256

/* How a task is pushed. Initialize it with LEPTIR_PUSH_OPTIONS_INIT, then set fields; zero and null are defaults. */
typedef struct leptir_push_options {
  size_t size;              /* sizeof(leptir_push_options): which fields the caller knows */
  double time_of_execution; /* Unix seconds; 0: at once. Not together with `delay` */
  double delay;             /* seconds from now, with a fraction if wanted; at most 1e11 */
  double expires;           /* Unix seconds; the task is not run if it has not begun by then; 0: it does not expire */
  double expires_after;     /* seconds from now, instead of `expires` */
  int64_t priority;         /* chooses the broker: the first whose priority is at least this one, else the last */
  int64_t time_limit;       /* seconds; 0: the instance that runs the task uses its task_execution_time */
  int64_t max_attempts;     /* 0: max_attempts of the task name in the instance's configuration, else 1 */
  const char* id;           /* null: the push makes a new id */
  const char* broker;       /* the name of a broker, which then gets the task whatever its priority; null: none */
  const char* traceparent;  /* the span that pushes the task, in the form of W3C Trace Context; null: none */
} leptir_push_options;

#define LEPTIR_PUSH_OPTIONS_INIT {.size = sizeof(leptir_push_options)}

/* One task of leptir_push_many. This structure never grows. */
typedef struct leptir_task {
  const char* name;
  const char* parameters;             /* see leptir_push */
  const leptir_push_options* options; /* null: the defaults */
} leptir_task;

/* Reads a configuration file (YAML or JSON; null: the default configuration, one SQLite database of this user), and
 * sets *broker, which leptir_close frees. It opens no store; the first push does. Errors, with *broker null:
 * LEPTIR_INVALID: the text has one line for each mistake in the file. LEPTIR_NOT_FOUND: there is no such file.
 * LEPTIR_TOO_LARGE. */
leptir_code leptir_open(const char* config_file, leptir_broker** broker);

/* Pushes one task. `parameters`: the JSON text of an object, which the task gets byte for byte; null: none. `options`:
 * null: the defaults. `id`: a buffer of LEPTIR_ID_SIZE bytes that gets the id of the task, or an empty text after an
 * error; null: the id is not wanted.
 *
 * A push with options->id can be repeated: while a task with that id is in the queue, a second push adds nothing.
 * LEPTIR_INVALID: the name, the id, the parameters or an option break a rule. LEPTIR_TOO_LARGE: the task exceeds 16
 * MiB. LEPTIR_UNAVAILABLE: the task was not added, unless the store's answer was lost: push again with the same id. */
leptir_code leptir_push(leptir_broker* broker, const char* name, const char* parameters,
                        const leptir_push_options* options, char* id);

/* Pushes `count` tasks with one operation for each store. `ids`: `count` buffers in a row, of LEPTIR_ID_SIZE bytes
 * each, as `id` of leptir_push; null: the ids are not wanted. All tasks are checked and all stores are opened before
 * the first task is added. When a store fails after that, the error text says how many tasks may not have been added.
 */
leptir_code leptir_push_many(leptir_broker* broker, const leptir_task* tasks, size_t count,
                             char (*ids)[LEPTIR_ID_SIZE]);

/* Waits until the task is over, and sets *record to its record: JSON text (docs/wire-format.md, "Meta record"), which
 * leptir_free frees. A task is over when leptir runs it no more by itself: it succeeded (`retC` 1 or 2), failed for
 * good, was cancelled, discarded or buried. A retry that waits is not the end. An id that is not known is waited for as
 * well. `timeout`: seconds, with a fraction if wanted; 0: looks once. Errors, with *record null: LEPTIR_TIMED_OUT: the
 * task is not over. LEPTIR_INVALID: the configuration has no meta_storage, or the id or the timeout is no valid one.
 * LEPTIR_CORRUPT: the record is damaged. Any number of threads may wait at once; they block no push. */
leptir_code leptir_wait(leptir_broker* broker, const char* id, double timeout, char** record);

/* Frees a text that leptir_wait returned. Null is allowed. */
void leptir_free(char* text);

/* What the last function that failed in this thread says of its error, in lower case, without a final period: where,
 * what, and what to do next. Empty: none has failed. The text is valid until the next call of a function of this header
 * that can fail, or until the thread ends. Calls of other threads do not change it. */
const char* leptir_error_text(void);

/* Closes the stores and frees the broker. Null is allowed. The error text stays. */
void leptir_close(leptir_broker* broker);

/* The version of the library, such as "0.1.0". */
const char* leptir_version(void);

#ifdef __cplusplus
}
#endif

#endif
