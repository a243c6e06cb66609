/* Pushes tasks from C: one, and a thousand in one operation.
 * Usage: c_push [CONFIGURATION]. Without one, the tasks go into the default database of this user, which
 * `leptir start` runs. Build it with: cc push.c $(pkg-config --cflags --libs leptir-c) */
#include <leptir/leptir.h>
#include <stdio.h>

enum { kTasks = 1000 };

static int fail(const char* what) {
  fprintf(stderr, "c_push: %s: %s\n", what, leptir_error_text());
  return 1;
}

/* One attempt more if it fails, and not before a second has passed. */
static int push_one(leptir_broker* broker) {
  char id[LEPTIR_ID_SIZE];
  leptir_push_options options = LEPTIR_PUSH_OPTIONS_INIT;
  options.max_attempts = 2;
  options.delay = 1;
  if (leptir_push(broker, "sleep", "{\"seconds\": 1}", &options, id) != LEPTIR_OK) return fail("cannot push");
  printf("%s\n", id);
  return 0;
}

static int push_many(leptir_broker* broker) {
  static leptir_task tasks[kTasks];
  static char parameters[kTasks][32];
  int i;
  for (i = 0; i < kTasks; ++i) {
    snprintf(parameters[i], sizeof(parameters[i]), "{\"number\": %d}", i);
    tasks[i].name = "noop";
    tasks[i].parameters = parameters[i];
  }
  if (leptir_push_many(broker, tasks, kTasks, NULL) != LEPTIR_OK) return fail("cannot push many");
  return 0;
}

int main(int argc, char** argv) {
  leptir_broker* broker = NULL;
  int status;
  if (leptir_open(argc > 1 ? argv[1] : NULL, &broker) != LEPTIR_OK) return fail("cannot open");
  status = push_one(broker);
  if (status == 0) status = push_many(broker);
  leptir_close(broker);
  return status;
}
