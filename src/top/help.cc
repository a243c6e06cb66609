#include "top/help.h"

namespace leptir::top {

std::vector<std::string> helpLines() {
  return {
      "Move",
      "  Tab, Shift-Tab   the next, the previous pane; page of tasks: the next state",
      "  j k, arrows      the next, the previous row; PgUp PgDn Home End go further",
      "  Enter            a task: its record, response and stderr; a queue: its tasks",
      "  Esc              back; ends a filter",
      "  i                the instances of all machines",
      "  b                the buried tasks of the selected queue, or of all queues",
      "  < >              the earlier and the next page of tasks",
      "",
      "Arrange",
      "  /                only rows that contain a text: a name, an id, a host",
      "  s S              sort by the next column; reverse the order",
      "  + -              ask the stores less often, more often",
      "  Space            freeze the screen; once more: go on",
      "  Ctrl-L           ask all stores now, and draw everything again",
      "",
      "Change (each asks first)",
      "  c                cancel the task",
      "  r                revive the buried task",
      "  d                delete the task from its queue; its record stays",
      "  n                run the scheduled task now",
      "  a                push the task again, as a new one",
      "  m                page of tasks: the next c r d n a changes all of the name, or all",
      "  p                pause the selected queue or task name; once more: resume",
      "  D                drain the instance; once more: resume",
      "",
      "On the page of a task",
      "  l                its log; while its end is shown, it is followed",
      "  t                the stack of the running task; each key press takes it anew",
      "  Enter            its record",
      "",
      "  q, Ctrl-C        quit          Ctrl-Z  suspend, fg goes on",
  };
}

}  // namespace leptir::top
