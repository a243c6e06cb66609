// Where the operator is: the page, the selected rows, and what is being typed. The controller changes it, and the view
// shows it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "top/action.h"
#include "top/model.h"
#include "top/rows.h"
#include "top/screen.h"

namespace leptir::top {

enum class Page { Overview, Instances, Tasks, Text, Help };

// What the line above the keys asks for.
struct Prompt {
  enum class Kind { None, Filter, Confirm, ConfirmQuit } kind = Kind::None;
  Action action{};             // of Confirm
  std::uint64_t countId = 0;   // of an action on many tasks: the answer comes once these are counted
  std::string filterBefore{};  // of Filter: what Esc goes back to
};

// What the keys change on the page of tasks: the selected task, all of its name, or all of the list.
enum class Scope { Task, SameName, List };

struct Ui {
  Page page = Page::Overview;
  PaneKind overviewPane = PaneKind::Running;  // which pane of the overview has the keys
  std::array<PaneState, kPaneCount> panes{};
  Prompt prompt{};
  std::string notice{};                    // of the last key; the next key removes it, or ten seconds
  std::optional<Time> noticeShownSince{};  // since when

  Subject task{};  // which the text page is about
  TaskAspect aspect = TaskAspect::Details;
  std::size_t textLine = 0;                   // the first line of text that is shown
  bool isAtEndOfLog = false;                  // the last line is shown, too
  TaskQuery query{};                          // of the tasks page
  std::string queueOfTasks{};                 // empty: all queues
  Scope scope = Scope::Task;                  // of the tasks page
  std::uint64_t lastCountId = 0;              // the number of the newest count request; 0: none yet
  std::vector<std::string> earlierCursors{};  // of the pages before this one
  Page pageBeforeText = Page::Overview;       // to which Esc goes back from a text; from other pages it is the overview
  Page pageBeforeHelp = Page::Overview;

  bool isFrozen = false;
  Duration interval = kDefaultPollInterval;
  Encoding encoding = Encoding::Utf8;

  // The pane that has the keys; none: the page has no pane.
  std::optional<PaneKind> activePane() const;
  PaneState& stateOf(PaneKind pane) { return panes[static_cast<std::size_t>(pane)]; }
  const PaneState& stateOf(PaneKind pane) const { return panes[static_cast<std::size_t>(pane)]; }
};

// Where the parts of a page lie, in lines from the top.
struct Layout {
  struct Area {
    PaneKind pane{};
    std::size_t top = 0, rows = 0;  // the heading included
  };
  std::size_t header = 0;  // lines of the header
  std::size_t footer = 0;
  std::size_t body = 0;
  std::vector<Area> panes{};  // none: the body is text
};
Layout layoutOf(const Ui& ui, const Snapshot& snapshot, Size size);

// Sentences about stores that do not answer or that answer with an error.
std::vector<std::string> problemsOf(const Snapshot& snapshot);

// Makes the selections and scroll positions fit the rows that there are now. Call it before render and handleKey.
void adjustUi(Ui& ui, const Snapshot& snapshot, Size size);

// What the selected row of the active pane, or the text page, is about; none: there is no row.
std::optional<Subject> subjectOf(const Ui& ui, const Snapshot& snapshot);

// The lines of the text page or the help page, as they fit the screen.
std::vector<std::string> textPageLines(const Ui& ui, const Snapshot& snapshot, Size size);

}  // namespace leptir::top
