#include "top/top.h"

#include <poll.h>
#include <unistd.h>

#include <utility>

#include "top/controller.h"
#include "top/terminal.h"
#include "top/view.h"

namespace leptir::top {
namespace {

constexpr auto kMaxRedrawPause = std::chrono::milliseconds(1'000);  // ages on the screen grow each second
constexpr auto kMaxWaitForPollersAtExit = std::chrono::milliseconds(300);
constexpr auto kMaxActionWaitAtExit = std::chrono::seconds(3);
constexpr int kMaxReadsWithoutKey = 3;  // so often a readable terminal may give no key: an unfinished sequence does

class ScreenLoop {
 public:
  ScreenLoop(Sources sources, Model::Options options, TerminalSignals& signals, Wake& wake,
             std::unique_ptr<Terminal> terminal)
      : signals_(signals),
        wake_(wake),
        terminal_(std::move(terminal)),
        interval_(options.interval),
        model_(std::make_unique<Model>(std::move(sources), std::move(options), wake)) {
    ui_.encoding = terminal_->encoding();
    ui_.interval = interval_;
  }

  ScreenExit show() {
    ScreenExit screenExit;
    while (!wantsToEnd_ && !terminalIsGone_ && signals_.terminationSignal() == 0) {
      obeySignals();
      draw();
      waitForEvent();
    }
    terminal_.reset();
    if (terminalIsGone_) screenExit.end = End::TerminalIsGone;
    if (const int signal = signals_.terminationSignal(); signal != 0 && signal != SIGINT)
      screenExit = {End::BySignal, signal};
    screenExit.isWaitingForStore = !model_->end(kMaxWaitForPollersAtExit, kMaxActionWaitAtExit);
    if (screenExit.isWaitingForStore) static_cast<void>(model_.release());
    return screenExit;
  }

 private:
  void obeySignals() {
    if (signals_.takeStopAsked()) {
      terminal_->restore();
      signals_.stopProcess();
    }
    // A process that was stopped by STOP has not given the terminal back: the shell has changed its modes since.
    if (signals_.takeContinued()) {
      terminal_->restore();
      terminal_->resize();
    }
    if (signals_.takeResized()) terminal_->resize();
  }

  void draw() {
    updateSnapshot();
    adjustUi(ui_, snapshot_, terminal_->size());
    terminal_->draw(render(ui_, snapshot_, terminal_->size()));
  }

  // A frozen screen goes on to show what the operator asks for: news of actions, and pages.
  void updateSnapshot() {
    auto now = model_->snapshot();
    if (!ui_.isFrozen) {
      snapshot_ = std::move(now);
      return;
    }
    snapshot_.news = std::move(now.news);
    snapshot_.count = std::move(now.count);
    snapshot_.text = std::move(now.text);
    snapshot_.rows = std::move(now.rows);
  }

  void waitForEvent() {
    pollfd events[] = {{STDIN_FILENO, POLLIN, 0}, {wake_.descriptor(), POLLIN, 0}};
    if (::poll(events, 2, static_cast<int>(kMaxRedrawPause.count())) <= 0) return;
    if (events[1].revents != 0) wake_.clear();
    if ((events[0].revents & POLLIN) != 0) readKeys();
    if ((events[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) terminalIsGone_ = true;
  }

  void readKeys() {
    bool hasKey = false;
    while (const auto key = terminal_->read()) {
      hasKey = true;
      for (const auto& request : handleKey(ui_, snapshot_, terminal_->size(), *key))
        std::visit([this](const auto& wanted) { perform(wanted); }, request);
      if (wantsToEnd_) return;
    }
    readsWithoutKey_ = hasKey || signals_.terminationSignal() != 0 ? 0 : readsWithoutKey_ + 1;
    if (readsWithoutKey_ >= kMaxReadsWithoutKey) terminalIsGone_ = true;
  }

  void perform(const request::Quit&) { wantsToEnd_ = true; }
  void perform(const request::Act& wanted) { model_->act(wanted.action); }
  void perform(const request::Count& wanted) { model_->count(wanted.countId, wanted.action); }
  void perform(const request::OpenTaskText& wanted) {
    model_->openTaskText(wanted.textQuery);
    updateSnapshot();
  }
  void perform(const request::List& wanted) {
    model_->list(wanted.query);
    updateSnapshot();
  }
  void perform(const request::LeavePage&) { model_->stopAskingForPage(); }
  void perform(const request::SetInterval& wanted) { model_->setInterval(wanted.interval); }
  void perform(const request::Redraw&) {
    terminal_->invalidate();
    model_->askNow();
  }

  TerminalSignals& signals_;
  Wake& wake_;
  std::unique_ptr<Terminal> terminal_;
  const Duration interval_;
  std::unique_ptr<Model> model_;
  Ui ui_;
  Snapshot snapshot_;
  bool wantsToEnd_ = false, terminalIsGone_ = false;
  int readsWithoutKey_ = 0;
};

}  // namespace

Result<ScreenExit> run(Sources sources, Model::Options options) {
  // On the heap, and never deleted if a thread still waits for a store: that thread may ring it until the process ends.
  auto wake = std::make_unique<Wake>();
  TerminalSignals signals(*wake);
  auto terminal = Terminal::open(signals);
  if (!terminal) return terminal.error();
  const auto screenExit =
      ScreenLoop(std::move(sources), std::move(options), signals, *wake, std::move(*terminal)).show();
  if (screenExit.isWaitingForStore) static_cast<void>(wake.release());
  return screenExit;
}

}  // namespace leptir::top
