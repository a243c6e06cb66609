#include "top/controller.h"

#include <algorithm>
#include <utility>

#include "top/choices.h"
#include "top/movement.h"
#include "top/prompts.h"

namespace leptir::top {
namespace {

using Key = KeyPress::Key;

constexpr ListedState kStates[] = {ListedState::Due,    ListedState::Scheduled, ListedState::Leased,
                                   ListedState::Buried, ListedState::Failed,    ListedState::Cancelled,
                                   ListedState::Done};
constexpr PaneKind kOverviewPanes[] = {PaneKind::Queues, PaneKind::Running, PaneKind::Failures};
constexpr Duration kMinPollInterval = std::chrono::milliseconds(500), kMaxPollInterval = std::chrono::seconds(64);

template <class Value, std::size_t n>
Value stepped(const Value (&values)[n], Value from, bool forwards) {
  const auto at = static_cast<std::size_t>(std::ranges::find(values, from) - std::begin(values));
  return values[(at + (forwards ? 1 : n - 1)) % n];
}

// One key press.
class Controller {
 public:
  Controller(Ui& ui, const Snapshot& snapshot, Size size) : ui_(ui), snapshot_(snapshot), size_(size) {}

  Requests handle(const KeyPress& key) {
    ui_.notice.clear();
    ui_.noticeShownSince.reset();
    if (key.key == Key::Redraw) return only(request::Redraw{});
    if (ui_.prompt.kind != Prompt::Kind::None) return answerPrompt(ui_, snapshot_, key);
    return key.key == Key::Text ? onText(key.text) : onSpecialKey(key.key);
  }

 private:
  Requests onText(const std::string& text) {
    if (text.size() != 1) return {};
    const char key = text[0];
    if (const auto action = actionOf(key, ui_, snapshot_)) return askToConfirm(*action);
    switch (key) {
      case 'q':
        return quit();
      case 'j':
        return onSpecialKey(Key::Down);
      case 'k':
        return onSpecialKey(Key::Up);
      case '?':
        return showHelp();
      case 'i':
        return showPage(Page::Instances);
      case 'b':
        return listTasks(ListedState::Buried);
      case '/':
        return beginFilter();
      case 'm':
        return changeScope();
      case 's':
      case 'S':
        return sort(key == 'S');
      case '<':
      case '>':
        return turnPage(key == '>');
      case '+':
      case '-':
        return changeInterval(key == '+');
      case ' ':
        ui_.isFrozen = !ui_.isFrozen;
        return {};
      case 'l':
      case 't':
        return showAspect(key == 'l' ? TaskAspect::Log : TaskAspect::Stack);
      default:
        return {};
    }
  }

  Requests onSpecialKey(Key key) {
    switch (key) {
      case Key::Enter:
        return openSelected();
      case Key::Escape:
      case Key::Backspace:
        return goBack();
      case Key::Tab:
      case Key::BackTab:
        return switchPaneOrState(key == Key::Tab);
      case Key::Left:
      case Key::Right:
        return ui_.page == Page::Tasks ? switchPaneOrState(key == Key::Right) : Requests();
      default:
        move(ui_, snapshot_, size_, key);
        return {};
    }
  }

  Requests askToConfirm(const Result<Action>& action) {
    if (!action) {
      ui_.notice = action.error().message();
      return {};
    }
    ui_.prompt = {.kind = Prompt::Kind::Confirm, .action = *action};
    if (!action->selection) return {};
    ui_.prompt.countId = ++ui_.lastCountId;
    return only(request::Count{ui_.prompt.countId, *action});
  }

  Requests quit() {
    if (!snapshot_.news || snapshot_.news->kind != ActionNews::Kind::Running) return only(request::Quit{});
    ui_.prompt.kind = Prompt::Kind::ConfirmQuit;
    return {};
  }

  Requests showHelp() {
    if (ui_.page == Page::Help) return {};
    ui_.pageBeforeHelp = ui_.page;
    ui_.page = Page::Help;
    ui_.textLine = 0;
    return {};
  }

  Requests showPage(Page page) {
    ui_.page = page;
    return only(request::LeavePage{});
  }

  Requests goBack() {
    if (const auto pane = ui_.activePane(); pane && !ui_.stateOf(*pane).filter.empty()) {
      ui_.stateOf(*pane).filter.clear();
      return {};
    }
    ui_.textLine = 0;
    if (ui_.page == Page::Help) {
      ui_.page = ui_.pageBeforeHelp;
      return {};
    }
    const auto page = ui_.page == Page::Text ? ui_.pageBeforeText : Page::Overview;
    auto requests = showPage(page);
    if (page == Page::Tasks) requests.push_back(request::List{ui_.query});
    return requests;
  }

  Requests switchPaneOrState(bool forwards) {
    if (ui_.page == Page::Overview) {
      ui_.overviewPane = stepped(kOverviewPanes, ui_.overviewPane, forwards);
    } else if (ui_.page == Page::Tasks) {
      return listTasks(stepped(kStates, ui_.query.state, forwards));
    }
    return {};
  }

  Requests openSelected() {
    const auto subject = subjectOf(ui_, snapshot_);
    if (!subject) return {};
    if (!subject->broker.empty()) return listTasks(ListedState::Due);
    if (subject->id.empty()) return {};
    if (ui_.page != Page::Text) ui_.pageBeforeText = ui_.page;
    ui_.page = Page::Text;
    ui_.task = *subject;
    return showAspect(TaskAspect::Details);
  }

  Requests showAspect(TaskAspect aspect) {
    if (ui_.page != Page::Text) {
      ui_.notice = "Press Enter on a task first: then l shows its log, and t its stack.";
      return {};
    }
    ui_.aspect = aspect;
    ui_.textLine = 0;
    ui_.isAtEndOfLog = false;
    return only(request::OpenTaskText{{.id = ui_.task.id, .aspect = aspect}});
  }

  // Opened from the overview with the queues' pane active, the list is restricted to the selected queue. Lists of
  // records are never restricted to one queue.
  Requests listTasks(ListedState state) {
    if (ui_.page != Page::Tasks) {
      const bool isOfQueue = ui_.page == Page::Overview && ui_.overviewPane == PaneKind::Queues;
      ui_.queueOfTasks = isOfQueue ? ui_.stateOf(PaneKind::Queues).selected : "";
    }
    ui_.page = Page::Tasks;
    ui_.query = {.broker = isInQueue(state) ? ui_.queueOfTasks : "", .state = state};
    ui_.earlierCursors.clear();
    ui_.scope = Scope::Task;
    ui_.stateOf(PaneKind::Tasks) = {};
    return only(request::List{ui_.query});
  }

  Requests changeScope() {
    constexpr Scope kScopes[] = {Scope::Task, Scope::SameName, Scope::List};
    if (ui_.page == Page::Tasks) ui_.scope = stepped(kScopes, ui_.scope, true);
    return {};
  }

  Requests turnPage(bool forwards) {
    if (ui_.page != Page::Tasks) return {};
    if (forwards && snapshot_.rows.next.empty()) {
      ui_.notice = "This is the last page.";
      return {};
    }
    if (!forwards && ui_.earlierCursors.empty()) {
      ui_.notice = "This is the first page.";
      return {};
    }
    if (forwards) {
      ui_.earlierCursors.push_back(std::exchange(ui_.query.cursor, snapshot_.rows.next));
    } else {
      ui_.query.cursor = ui_.earlierCursors.back();
      ui_.earlierCursors.pop_back();
    }
    return only(request::List{ui_.query});
  }

  Requests beginFilter() {
    const auto pane = ui_.activePane();
    if (pane) ui_.prompt = {.kind = Prompt::Kind::Filter, .filterBefore = ui_.stateOf(*pane).filter};
    return {};
  }

  Requests sort(bool reverses) {
    const auto pane = ui_.activePane();
    if (!pane) return {};
    auto& state = ui_.stateOf(*pane);
    if (reverses) {
      state.isReversed = !state.isReversed;
      return {};
    }
    const auto columns = static_cast<int>(columnsOf(*pane).size());
    state.sortedBy = state.sortedBy + 1 < columns ? state.sortedBy + 1 : -1;
    state.isReversed = false;
    return {};
  }

  Requests changeInterval(bool longer) {
    ui_.interval = std::clamp(longer ? ui_.interval * 2 : ui_.interval / 2, kMinPollInterval, kMaxPollInterval);
    return only(request::SetInterval{ui_.interval});
  }

  Ui& ui_;
  const Snapshot& snapshot_;
  const Size size_;
};

}  // namespace

Requests handleKey(Ui& ui, const Snapshot& snapshot, Size size, const KeyPress& key) {
  auto requests = Controller(ui, snapshot, size).handle(key);
  adjustUi(ui, snapshot, size);
  return requests;
}

}  // namespace leptir::top
