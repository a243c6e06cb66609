/* The C interface as a program in C uses it: compiled as C11 without extensions, linked with libleptir.so alone.
 * Arguments: the name of a test, and the configuration of the queue. Exit status 0: the test passed. */
#include <leptir/leptir.h>
#include <stdio.h>
#include <string.h>

#define CHECK(condition)                                                                                   \
  do {                                                                                                     \
    if (!(condition)) {                                                                                    \
      fprintf(stderr, "line %d: %s; the error text is '%s'\n", __LINE__, #condition, leptir_error_text()); \
      return 1;                                                                                            \
    }                                                                                                      \
  } while (0)

static int contains(const char* text, const char* part) {
  return strstr(text, part) != NULL;
}

static int push_returns_the_id_of_the_task(leptir_broker* broker) {
  char id[LEPTIR_ID_SIZE];
  CHECK(leptir_push(broker, "noop", "{\"width\": 640}", NULL, id) == LEPTIR_OK);
  CHECK(strlen(id) == 36);
  printf("%s\n", id);
  return 0;
}

static int push_takes_options(leptir_broker* broker) {
  char id[LEPTIR_ID_SIZE];
  leptir_push_options options = LEPTIR_PUSH_OPTIONS_INIT;
  options.id = "mine";
  options.delay = 3600;
  CHECK(leptir_push(broker, "noop", NULL, &options, id) == LEPTIR_OK);
  CHECK(strcmp(id, "mine") == 0);
  CHECK(leptir_push(broker, "noop", NULL, &options, NULL) == LEPTIR_OK);
  return 0;
}

static int a_pushed_task_may_expire(leptir_broker* broker) {
  char id[LEPTIR_ID_SIZE];
  leptir_push_options options = LEPTIR_PUSH_OPTIONS_INIT;
  options.expires = 1000000000;
  CHECK(leptir_push(broker, "noop", NULL, &options, NULL) == LEPTIR_INVALID);
  CHECK(contains(leptir_error_text(), "has expired already"));
  options.expires = 0;
  options.expires_after = 0.001;
  CHECK(leptir_push(broker, "noop", NULL, &options, id) == LEPTIR_OK);
  printf("%s\n", id);
  return 0;
}

static int push_many_returns_the_ids_in_order(leptir_broker* broker) {
  static char ids[3][LEPTIR_ID_SIZE];
  leptir_push_options second = LEPTIR_PUSH_OPTIONS_INIT;
  leptir_task tasks[3] = {{"noop", NULL, NULL}, {"noop", "{}", NULL}, {"noop", "{\"a\": 1}", NULL}};
  second.id = "second";
  tasks[1].options = &second;
  CHECK(leptir_push_many(broker, tasks, 3, ids) == LEPTIR_OK);
  CHECK(strlen(ids[0]) == 36 && strlen(ids[2]) == 36 && strcmp(ids[1], "second") == 0);
  CHECK(leptir_push_many(broker, tasks, 3, NULL) == LEPTIR_OK);
  CHECK(leptir_push_many(broker, NULL, 0, NULL) == LEPTIR_OK);
  return 0;
}

static int one_bad_task_of_many_adds_none(leptir_broker* broker) {
  static char ids[2][LEPTIR_ID_SIZE];
  const leptir_task tasks[2] = {{"noop", NULL, NULL}, {"noop", "{", NULL}};
  memset(ids, '?', sizeof(ids));
  CHECK(leptir_push_many(broker, tasks, 2, ids) == LEPTIR_INVALID);
  CHECK(ids[0][0] == '\0' && ids[1][0] == '\0');
  return 0;
}

static int null_pointers_are_errors(leptir_broker* broker) {
  const leptir_task task = {NULL, NULL, NULL};
  CHECK(leptir_push(NULL, "noop", NULL, NULL, NULL) == LEPTIR_INVALID);
  CHECK(contains(leptir_error_text(), "'broker' is null"));
  CHECK(leptir_push(broker, NULL, NULL, NULL, NULL) == LEPTIR_INVALID);
  CHECK(contains(leptir_error_text(), "'name' is null"));
  CHECK(leptir_push_many(broker, NULL, 1, NULL) == LEPTIR_INVALID);
  CHECK(contains(leptir_error_text(), "'tasks' is null"));
  CHECK(leptir_push_many(broker, &task, 1, NULL) == LEPTIR_INVALID);
  CHECK(contains(leptir_error_text(), "task 0 of 1: argument 'name' is null"));
  CHECK(leptir_open(NULL, NULL) == LEPTIR_INVALID);
  CHECK(contains(leptir_error_text(), "'broker' is null"));
  leptir_close(NULL);
  return 0;
}

static int bad_input_is_named(leptir_broker* broker) {
  leptir_broker* none = broker;
  CHECK(leptir_push(broker, "noop", "[1", NULL, NULL) == LEPTIR_INVALID);
  CHECK(contains(leptir_error_text(), "parameters: not JSON at byte 2"));
  CHECK(leptir_push(broker, "no\nname", NULL, NULL, NULL) == LEPTIR_INVALID);
  CHECK(leptir_push(broker, "noop", "\"text\"", NULL, NULL) == LEPTIR_INVALID);
  CHECK(contains(leptir_error_text(), "must be a JSON object"));
  CHECK(leptir_open("/none/leptir.yaml", &none) == LEPTIR_NOT_FOUND);
  CHECK(none == NULL);
  CHECK(contains(leptir_error_text(), "/none/leptir.yaml"));
  return 0;
}

static int the_wait_for_an_unknown_task_times_out(leptir_broker* broker) {
  char something = '?';
  char* record = &something;
  CHECK(leptir_wait(broker, "unknown", 0.05, &record) == LEPTIR_TIMED_OUT);
  CHECK(record == NULL);
  CHECK(leptir_wait(broker, "unknown", -1, &record) == LEPTIR_INVALID);
  CHECK(contains(leptir_error_text(), "timeout must be"));
  CHECK(leptir_wait(broker, NULL, 0, &record) == LEPTIR_INVALID);
  CHECK(leptir_wait(broker, "unknown", 0, NULL) == LEPTIR_INVALID);
  CHECK(leptir_wait(NULL, "unknown", 0, &record) == LEPTIR_INVALID);
  leptir_free(NULL);
  return 0;
}

/* While an instance runs. */
static int a_wait_returns_the_record(leptir_broker* broker) {
  char id[LEPTIR_ID_SIZE];
  char* record = NULL;
  CHECK(leptir_push(broker, "noop", NULL, NULL, id) == LEPTIR_OK);
  CHECK(leptir_wait(broker, id, 60, &record) == LEPTIR_OK);
  CHECK(contains(record, id) && contains(record, "\"retC\":1"));
  leptir_free(record);
  return 0;
}

static int the_version_is_that_of_the_header(leptir_broker* broker) {
  (void)broker;
  CHECK(strcmp(leptir_version(), LEPTIR_EXPECTED_VERSION) == 0);
  return 0;
}

static const struct {
  const char* name;
  int (*run)(leptir_broker*);
} tests[] = {
    {"push_returns_the_id_of_the_task", push_returns_the_id_of_the_task},
    {"push_takes_options", push_takes_options},
    {"a_pushed_task_may_expire", a_pushed_task_may_expire},
    {"push_many_returns_the_ids_in_order", push_many_returns_the_ids_in_order},
    {"one_bad_task_of_many_adds_none", one_bad_task_of_many_adds_none},
    {"null_pointers_are_errors", null_pointers_are_errors},
    {"bad_input_is_named", bad_input_is_named},
    {"the_wait_for_an_unknown_task_times_out", the_wait_for_an_unknown_task_times_out},
    {"a_wait_returns_the_record", a_wait_returns_the_record},
    {"the_version_is_that_of_the_header", the_version_is_that_of_the_header},
};

int main(int argc, char** argv) {
  leptir_broker* broker = NULL;
  int result = 1;
  size_t i;
  if (argc != 3 || leptir_open(argv[2], &broker) != LEPTIR_OK) {
    fprintf(stderr, "arguments: TEST CONFIGURATION; %s\n", leptir_error_text());
    return 1;
  }
  for (i = 0; i < sizeof(tests) / sizeof(tests[0]); ++i) {
    if (strcmp(tests[i].name, argv[1]) == 0) result = tests[i].run(broker);
  }
  leptir_close(broker);
  return result;
}
