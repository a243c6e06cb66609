#include "top/prompts.h"

#include <utility>

#include "base/utf8.h"

namespace leptir::top {
namespace {

using Key = KeyPress::Key;

void editFilter(Ui& ui, const KeyPress& key) {
  auto& filter = ui.stateOf(*ui.activePane()).filter;
  if (key.key == Key::Text) {
    filter += key.text;
  } else if (key.key == Key::Backspace) {
    filter = std::string(base::utf8Prefix(filter, filter.empty() ? 0 : filter.size() - 1));
  } else if (key.key == Key::Enter || key.key == Key::Escape) {
    if (key.key == Key::Escape) filter = ui.prompt.filterBefore;
    ui.prompt = {};
  }
}

bool canBeConfirmed(const Prompt& prompt, const Snapshot& snapshot) {
  if (prompt.countId == 0) return true;
  const auto& count = snapshot.count;
  return count && count->countId == prompt.countId && count->error.empty() && count->preview.count > 0;
}

Requests answer(Ui& ui, const Snapshot& snapshot, const KeyPress& key) {
  const bool counted = canBeConfirmed(ui.prompt, snapshot);
  const auto prompt = std::exchange(ui.prompt, {});
  if (!counted || key.key != Key::Text || (key.text != "y" && key.text != "Y")) {
    ui.notice = "Nothing was done.";
    return {};
  }
  if (prompt.kind == Prompt::Kind::ConfirmQuit) return only(request::Quit{});
  ui.scope = Scope::Task;  // `m` holds for one action
  return only(request::Act{prompt.action});
}

}  // namespace

Requests answerPrompt(Ui& ui, const Snapshot& snapshot, const KeyPress& key) {
  if (ui.prompt.kind != Prompt::Kind::Filter) return answer(ui, snapshot, key);
  editFilter(ui, key);
  return {};
}

}  // namespace leptir::top
