// For tests of this module: a fleet as the screen knows it, and screens as text.
#pragma once

#include <gmock/gmock.h>

#include <clocale>
#include <string>
#include <vector>

#include "top/controller.h"
#include "top/view.h"

namespace leptir::top {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

inline const Time kNow = Time(1'700'000'000s);

class ScreenTest : public ::testing::Test {
 protected:
  ScreenTest() { std::setlocale(LC_CTYPE, "C.UTF-8"); }  // the widths of characters

  static QueueView queue(const std::string& name, TaskCounts counts) {
    return {.name = name, .type = "memory", .counts = counts};
  }
  static RunningTask running(const std::string& id, const std::string& name, Duration since = 12s) {
    return {.id = id, .name = name, .began = kNow - since};
  }
  static InstanceView withTasks(InstanceView view, std::vector<RunningTask> tasks, const std::string& broker) {
    view.runningTasks = tasks.size();
    view.running = std::move(tasks);
    for (auto& task : view.running) task.broker = broker;
    view.runningAt = {{.broker = broker, .tasks = view.runningTasks}};
    return view;
  }
  static InstanceView instance(const std::string& host, std::vector<RunningTask> tasks) {
    InstanceView view{.instance = std::string(28, 'a') + host, .brokers = {"local"}, .host = host, .pid = 7};
    view.version = "0.1.0";
    view.workers = 4;
    view.hasCard = true;
    view.state = "running";
    view.since = kNow - 2h;
    view.lastSeen = kNow - 1s;
    return withTasks(std::move(view), std::move(tasks), "local");
  }
  static ListedTask failure(const std::string& id, const std::string& name, Duration ago, const std::string& response) {
    ListedTask task{.id = id, .name = name, .state = ListedState::Failed, .time = kNow - ago};
    task.reason = response;
    task.record = {{"cause", "threw"}};
    return task;
  }
  // Two queues, three running tasks on two machines, two failures.
  static Snapshot fleet() {
    Snapshot snapshot{.now = kNow};
    snapshot.answers = {{.store = "local", .answered = kNow}, {.store = "records", .answered = kNow}};
    snapshot.queues = {queue("local", {.due = 1'234, .scheduled = 5, .leased = 3, .buried = 2}), queue("bulk", {})};
    snapshot.queues[0].oldestDue = 90s;
    auto sending = running("01aaaaaaaaaaaaaa", "sendMail");
    sending.progress = 0.5;
    sending.progressText = "half of them";
    snapshot.instances = {instance("web1", {sending, running("02bbbbbbbbbbbbbb", "resize", 3min)}),
                          instance("web2", {running("03cccccccccccccc", "report", 1s)})};
    snapshot.failures = {failure("04dddddddddddddd", "sendMail", 20s, "no such mailbox"),
                         failure("05eeeeeeeeeeeeee", "resize", 2h, "out of memory")};
    snapshot.rates = Rates{12.3, 0.5};
    snapshot.history = {{0, 5, 10, 20}, {0, 0, 1, 0}};
    return snapshot;
  }

  std::vector<std::string> lines(const Snapshot& snapshot, Size size = {80, 24}) {
    adjustUi(ui, snapshot, size);
    std::vector<std::string> lines;
    for (const auto& line : render(ui, snapshot, size)) lines.push_back(line.text());
    return lines;
  }
  std::string shown(const Snapshot& snapshot, Size size = {80, 24}) {
    std::string text;
    for (const auto& line : lines(snapshot, size)) text += line + "\n";
    return text;
  }
  // Presses keys one after the other: "c", "y", or a key by its kind.
  std::vector<Request> press(const Snapshot& snapshot, const std::vector<KeyPress>& keys) {
    adjustUi(ui, snapshot, {80, 24});
    std::vector<Request> requests;
    for (const auto& key : keys) {
      for (auto& request : handleKey(ui, snapshot, {80, 24}, key)) requests.push_back(std::move(request));
    }
    return requests;
  }
  static KeyPress text(const std::string& text) { return {KeyPress::Key::Text, text}; }
  static std::vector<KeyPress> typed(const std::string& word) {
    std::vector<KeyPress> keys;
    for (const char c : word) keys.push_back(text(std::string(1, c)));
    return keys;
  }

  Ui ui;
};

}  // namespace leptir::top
