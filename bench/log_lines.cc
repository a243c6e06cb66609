// What the two log lines of a task cost, as text and as JSON, measured in CPU time, so that other programs on the
// machine do not count: the text alone, and written into a file as a worker writes it, with all system calls. Formats
// take turns in short slices; the medians are printed. Arguments: a folder for the log (default /tmp), the number of
// slices (default 60).
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "leptir/logger.h"
#include "log/log_line.h"

namespace {

using namespace leptir;

constexpr int kTasksInSlice = 10'000;
constexpr LogTask kTask{.id = "01a2301d-2544-751c-a103-f7d2c8724660", .name = "noop", .attempt = 1};
constexpr std::string_view kBegin = "Task started.", kEnd = "Task is done. Execution time: 0.0001 seconds.";

double cpuSeconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

// Nanoseconds of CPU time that one call of `logTask` takes.
template <class LogOfTask>
double nanosecondsOf(LogOfTask logOfTask) {
  const auto began = cpuSeconds();
  for (int i = 0; i < kTasksInSlice; ++i) logOfTask();
  return (cpuSeconds() - began) * 1e9 / kTasksInSlice;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// One log in one format.
struct Case {
  Case(const char* caseTitle, LogFormat logFormat, std::string logPath)
      : title(caseTitle), format(logFormat), path(std::move(logPath)) {}

  void measure() {
    formatted.push_back(nanosecondsOf([this] {
      for (const auto message : {kBegin, kEnd})
        bytes +=
            log::formatLine(format, {.time = systemClock().now(), .message = message, .task = kTask}, source).size();
    }));
    auto logger = Logger::open({{.type = LogSinkConfig::Type::File, .path = path, .format = format}}).value();
    logger.setSource("6f20f246953614bdb4ec9bf3ee64f844", "worker 2");
    written.push_back(nanosecondsOf([&] {
      for (const auto message : {kBegin, kEnd}) logger.log(LogLevel::Info, message, kTask);
    }));
    std::filesystem::remove(path);
  }
  void print() const {
    fmt::print("{}: {:.0f} ns to format both lines of a task, {:.0f} ns with writing them, {} bytes\n", title,
               median(formatted), median(written), bytes / (formatted.size() * kTasksInSlice));
  }

  const char* title;
  LogFormat format;
  std::string path;
  std::string source = log::sourceFields("6f20f246953614bdb4ec9bf3ee64f844", "worker 2");
  std::vector<double> formatted{}, written{};
  std::size_t bytes = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder = argc > 1 ? argv[1] : "/tmp";
  const int slices = argc > 2 ? std::atoi(argv[2]) : 60;
  Case text("text", LogFormat::Text, folder / "bench_log.text"),
      json("JSON", LogFormat::JsonLines, folder / "bench_log.json");
  for (int i = 0; i < std::max(slices, 1); ++i) {
    text.measure();
    json.measure();
  }
  text.print();
  json.print();
}
